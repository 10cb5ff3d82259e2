# SPDX-License-Identifier: Apache-2.0
"""Two hosts with relaysieved between them, and packet sockets at the hosts' ends.

    left eth0 -- routers [box] server -- eth0 right
"""

import contextlib
import ctypes
import hashlib
import json
import os
import re
import select
import socket
import struct
import subprocess
import time

import pytest
from lab.box import built
from lab.namespaces import Namespace, run, wait_until, wire

BOUND = 30.0  # s for anything that has to happen, on a loaded machine

# A mark for tests that are to hold whichever way the daemon opens its network interfaces.
BOTH_DRIVERS = pytest.mark.parametrize("driver", ["af_packet", "af_xdp"], indirect=True)
LONGEST_MTU = {"af_packet": 9000, "af_xdp": 3500}  # with room for a second VLAN tag

# linux/if_packet.h; socket(7)
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
SO_RCVBUFFORCE = 33
TP_STATUS_VLAN_VALID = 0x10
ETH_P_ALL = 3

_libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def inside(namespace):
    """The calling thread's new sockets belong to this namespace."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace.name}", os.O_RDONLY)
    try:
        if _libc.setns(there, 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        _libc.setns(here, 0)
        os.close(here)
        os.close(there)


class Tap:
    """A host's end of the cable: sends frames as they are, and hears what comes in."""

    def __init__(self, namespace, interface):
        with inside(namespace):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self._socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self._socket.bind((interface, ETH_P_ALL))

    def send(self, *frames):
        for frame in frames:
            self._socket.send(frame)

    def receive(self):
        """The next frame, with the VLAN tag that the kernel took off it; None when nothing comes."""
        if not select.select([self._socket], [], [], BOUND)[0]:
            return None
        return self.receive_now()

    def receive_now(self):
        """The same of what is there; BlockingIOError where nothing is."""
        data, notes, _, _ = self._socket.recvmsg(65536, 64, socket.MSG_DONTWAIT)
        for level, kind, note in notes:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", note)
                if status & TP_STATUS_VLAN_VALID:
                    data = data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
        return data

    def drain(self):
        """Forgets what has come so far."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.receive_now()

    def until(self, last):
        """All frames up to this one."""
        frames = []
        while (frame := self.receive()) != last:
            assert frame is not None, f"waited {BOUND} s; {len(frames)} other frames came: {[frame.hex() for frame in frames[-3:]]}"
            frames.append(frame)
        return frames

    def fileno(self):
        return self._socket.fileno()

    def close(self):
        self._socket.close()


def digest(frames):
    """SHA-256 of a sequence of frames, each with its length."""
    whole = hashlib.sha256()
    for frame in frames:
        whole.update(struct.pack("!I", len(frame)) + frame)
    return whole.hexdigest()


class Relaysieved:
    """The daemon, with its two outputs apart."""

    def __init__(self, namespace, folder, words, before=(), program=None):
        self.control = folder / "control.sock"
        self._out = open(folder / "relaysieved.out", "w+")
        self._err = open(folder / "relaysieved.err", "w+")
        words = [*words, "--control", self.control]
        self.process = subprocess.Popen(
            [*namespace.enter(), *before, program or built("relaysieved"), *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=self._out, stderr=self._err)

    @staticmethod
    def _text(file):
        with open(file.name) as text:
            return text.read()

    @property
    def out(self):
        return self._text(self._out)

    @property
    def err(self):
        return self._text(self._err)

    def wait_until_ready(self):
        def ready():
            assert self.process.poll() is None, f"relaysieved ended with {self.process.returncode}: {self.err}"
            return "relaysieved: ready\n" in self.out
        wait_until(ready, lambda: f"ready from relaysieved: {self.out}{self.err}", BOUND)
        return self

    def status(self):
        return json.loads(run(built("relaysieve"), "status", "--json", "--control", self.control))

    def port(self, side):
        return next(port for port in self.status()["ports"] if port["side"] == side)

    def wait_for_end(self):
        return self.process.wait(BOUND)

    def end(self, number):
        """Ends it with a signal; checks its last words, which the law rules. Returns what it counted."""
        self.process.send_signal(number)
        assert self.process.wait(BOUND) == 0, self.err
        received, forwarded, dropped, refused = self.sums(self.out)
        assert received == forwarded + dropped + refused, self.out
        return received, forwarded, dropped, refused

    @staticmethod
    def sums(text):
        found = re.search(r"^received (\d+) = forwarded (\d+) \+ dropped (\d+) \+ refused (\d+)$", text, re.M)
        assert found, text
        return tuple(map(int, found.groups()))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._out.close()
        self._err.close()


class Wire:
    def __init__(self, folder, driver="auto"):
        self.folder = folder
        self.driver = driver
        self.program = None  # another relaysieved than the one built
        self.daemon = None
        self._namespaces = []
        self._taps = []

    def build(self):
        for role in ("left", "box", "right"):
            namespace = Namespace(role)
            self._namespaces.append(namespace)
            setattr(self, role, namespace)
        wire(self.box, "routers", self.left, "eth0")
        wire(self.box, "server", self.right, "eth0")
        for host in (self.left, self.right):
            host.up("eth0")
        for port in ("routers", "server"):
            self.box.ip("link", "set", port, "up")

    def set_mtu(self, mtu):
        for namespace, interface in ((self.left, "eth0"), (self.right, "eth0"), (self.box, "routers"), (self.box, "server")):
            namespace.ip("link", "set", interface, "mtu", mtu)

    def tap(self, host):
        tap = Tap(host, "eth0")
        self._taps.append(tap)
        return tap

    def start(self, *words, routers="routers", server="server", before=()):
        """Starts relaysieved and waits until frames flow."""
        if "--driver" not in words:
            words = (*words, "--driver", self.driver)
        self.launch("--routers", routers, "--server", server, *words, before=before)
        return self.daemon.wait_until_ready()

    def launch(self, *words, before=()):
        self.daemon = Relaysieved(self.box, self.folder, words, before, self.program)
        return self.daemon

    def wait_for_carrier(self, namespace, interface, up):
        def reached():
            flags = run("ip", "-n", namespace.name, "link", "show", "dev", interface)
            return ("LOWER_UP" in flags) == up
        wait_until(reached, f"carrier of {interface}", BOUND)

    def close(self):
        for tap in self._taps:
            tap.close()
        if self.daemon is not None:
            self.daemon.kill()
        for namespace in self._namespaces:
            namespace.delete()


def cpu_seconds(pid):
    """User and system time of a process so far (proc(5))."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def clock():
    return time.monotonic()
