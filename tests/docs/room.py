# SPDX-License-Identifier: Apache-2.0
"""A machine as a reader of our documents has it, and what he types there.

A machine with a real systemd (tests/machine) with relaysieve installed, the tree in /root/relaysieve, and four ports:

    one host  eth1 -- eth1 [machine]     two routers bring each request of a client into eth1,
              ...                        the server answers into eth2
              eth4 -- eth4
"""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import frames
from documents import ROOT, Command, missing
from lab.box import built
from lab.namespaces import Namespace
from machine import Machine
from wirelab import Tap

TREE = "/root/relaysieve"
PORTS = ("eth1", "eth2", "eth3", "eth4")
BOUND = 60.0   # s for one command
PAUSE = 0.05   # s between two requests
CLIENT, CLIENTS = bytes.fromhex("02aa00000001"), 16  # the first, and how many
# What shows things as they come, or serves, until it is ended.
STANDS = re.compile(r"^\S*relaysieved\b|^\S*relaysieve (trace|top|capture(?!.*--count)|events .*--follow)")
LOOKS = re.compile(r"^\S*relaysieve (status|relays|advise|events)\b")
EXACT = re.compile(r"^\S*relaysieve replay\b")  # always says the same
# What asks a running daemon.
ASKS = re.compile(r"relaysieve (status|relays|top|set|mode|reload|flush|trace|capture|events|config show|support)|relaysieve advise(?! \S)|/control.sock|:9467/")
# (what a block shows, how that comes about, and is no more)
PREPARED = [("the MTUs differ", "ip link set dev eth2 mtu 1400 && ip address add 10.0.0.5/24 dev eth1", "ip link set dev eth2 mtu 1500 && ip address flush dev eth1")]


class Wrong(AssertionError):
    pass


class Room:
    def __init__(self, folder):
        self._folder = folder
        self._machine = self._host = None
        self._taps, self._over, self._standing = [], threading.Event(), []
        self._traffic = threading.Thread(target=self._talk)

    def build(self):
        self._machine = Machine(self._folder)
        self._machine.install()
        names = subprocess.run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"], stdout=subprocess.PIPE, text=True, check=True)
        for name in filter(lambda name: (ROOT / name).is_file(), names.stdout.split("\n")):
            self._put(ROOT / name, f"{TREE}/{name}")
        self.write("/etc/relaysieve/relaysieve.toml", "")
        for program in ("relaysieve", "relaysieved"):
            self._put(built(program), f"{TREE}/build/control/{program}")
        self._host = Namespace("host")
        for port in PORTS:
            self._host.ip("link", "add", "name", port, "type", "veth", "peer", "name", port, "netns", self._machine.name)
            self._host.up(port)
            self._machine.ip("link", "set", port, "up")
        self._taps = [Tap(self._host, port) for port in PORTS[:2]]
        self._traffic.start()

    def _put(self, source, path):
        there = self._machine.file(path)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, there)

    def _talk(self):
        """Clients boot again and again: DISCOVER, OFFER, REQUEST, ACK, each request by two routers, and what is no DHCP."""
        routers, server = self._taps
        number = 0
        while not self._over.wait(PAUSE):
            boot, again = divmod(number, 2)
            xid, kind, client = 0x91980D6C + boot, 3 if again else 1, CLIENT[:5] + bytes([1 + boot % CLIENTS])
            copies = frames.hsrp_pair(xid, kind=kind)
            routers.send(*(copy.replace(CLIENT, client) for copy in copies), frames.sized(60))
            server.send(frames.dhcp_reply(xid, 5 if again else 2, chaddr=client))
            for tap in self._taps:
                tap.drain()
            number += 1

    def write(self, path, text):
        there = self._machine.file(path)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text)

    def run(self, words):
        return subprocess.run(self._shell(words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BOUND)

    def _shell(self, words):
        return [*self._machine.enter(), "bash", "-c", f"cd {TREE} && {words}"]

    def type(self, command):
        """Runs a command to its end, or until it has said what is shown of it. What only looks may look again: rates want a second."""
        deadline = time.monotonic() + BOUND
        while True:
            status, said = self._once(command, deadline)
            lost = missing(command.shown, said, exactly=bool(EXACT.search(command.words)))
            if status in (None, 0, 1 if " doctor" in command.words else 0) and lost is None:
                return
            if not LOOKS.search(command.words) or status != 0 or time.monotonic() > deadline:
                raise Wrong(f"line {command.line}: `{command.words}` ended with {status}"
                            + (f", and did not say `{lost}`" if lost is not None else "") + f":\n{said}")
            time.sleep(0.1)

    def _once(self, command, deadline):
        """(exit status, what it said); None for one that stands."""
        log = self._folder / f"said-{time.monotonic_ns()}"
        stands = STANDS.search(command.words)
        words = f"exec {command.words}" if stands and not re.search(r"[|&;]", command.words) else command.words
        with open(log, "wb") as out:
            process = subprocess.Popen(self._shell(words), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        shown = command.shown or (["relaysieved: ready"] if re.match(r"\S*relaysieved ", command.words) else [])
        while process.poll() is None and time.monotonic() < deadline:
            if stands and missing(shown, log.read_text(errors="replace")) is None:
                self._standing.append(process)
                return None, log.read_text(errors="replace")
            time.sleep(0.02)
        if process.poll() is None:
            process.kill()
            process.wait()
        return process.returncode, log.read_text(errors="replace")

    def follow(self, text, commands):
        """Types commands of a block. One that asks a daemon of which nothing is said finds one; who starts one by hand has stopped
        the service."""
        alone = any(re.search(r"relaysieved --", command.words) for command in commands)
        asks = any(ASKS.search(command.words) and "--control" not in command.words for command in commands)
        services = self.run("systemctl list-units --plain --no-legend 'relaysieved@*' | cut -d' ' -f1").stdout.split() if alone or asks else []
        prepared = [(do, undo) for sign, do, undo in PREPARED if sign in text]
        try:
            for words in [f"systemctl stop {' '.join(services)}"] * bool(services) + [do for do, _ in prepared]:
                self.type(Command(0, words, []))
            if asks and not alone:
                self.type(Command(0, "relaysieved --config /etc/relaysieve/relaysieve.toml --routers eth1 --server eth2", []))
            for command in commands:
                self.type(command)
        finally:
            self.end()
            for words in [undo for _, undo in prepared] + [f"systemctl start {' '.join(services)}"] * bool(services):
                self.type(Command(0, words, []))

    def end(self):
        for process in reversed(self._standing):
            inside, = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()  # nsenter's child
            os.kill(int(inside), signal.SIGTERM)
            process.wait(BOUND)
        self._standing.clear()

    def close(self):
        self._over.set()
        if self._traffic.is_alive():
            self._traffic.join()
        for tap in self._taps:
            tap.close()
        if self._machine is not None:
            self._machine.close()
        if self._host is not None:
            self._host.delete()
