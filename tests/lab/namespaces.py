# SPDX-License-Identifier: Apache-2.0
"""Network namespaces and the programs that run in them.

Names hold the pid of the process that made them, so labs run side by side, and what a killed one left behind
is recognised and swept. When a lab is killed the kernel kills its programs, but for those that gave up privileges.
"""

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

# dnsmasq with nothing on but what is added: it serves, relays and advertises in the lab.
DNSMASQ = ("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--port=0", "--pid-file=",
           "--log-facility=-")

_PREFIX = "rslab"
_serial = itertools.count(1)


class LabError(Exception):
    """The lab itself failed, with one sentence that says at what."""


def wait_until(condition, what, seconds=30.0):
    """Polls until `condition()` is true and returns its value; LabError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise LabError(f"waited {seconds:g} s in vain for {what() if callable(what) else what}")
        time.sleep(0.01)
    return value


def unwind_on_sigterm():
    """SIGTERM unwinds through every `finally`, as Ctrl-C does, so that what was made is cleaned up."""
    def interrupt(*_):
        raise KeyboardInterrupt
    return signal.signal(signal.SIGTERM, interrupt)


def run(*argv, check=True, timeout=60):
    """Runs a command to its end; returns what it printed on standard output."""
    try:
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{argv[0]}: {error}") from error
    if check and done.returncode != 0:
        raise LabError(f"`{' '.join(map(str, argv))}` ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def unconfined(program, folder):
    """A copy of a program that AppArmor confines by its path to files outside the lab."""
    copy = folder / program
    if not copy.exists():
        shutil.copy(shutil.which(program), copy)
    return copy


class Program:
    """A program in a namespace that runs until it is stopped. What it prints goes to a log file."""

    def __init__(self, namespace, argv, log, env=None):
        self.name = Path(str(argv[0])).name
        self.log = Path(log)
        with open(self.log, "wb") as out:
            self._process = subprocess.Popen(
                [*namespace.enter(), *map(str, argv)], stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})

    @property
    def output(self):
        return self.log.read_text(errors="replace")

    def last_words(self):
        return "\n".join(self.output.splitlines()[-12:])

    @property
    def running(self):
        return self._process.poll() is None

    def wait_for(self, pattern, seconds=30.0):
        """Waits until the program has printed `pattern` (a regular expression)."""
        def seen():
            ended = not self.running  # asked first: what a program printed before it ended counts
            found = re.search(pattern, self.output)
            if ended and not found:
                raise LabError(f"{self.name} ended before it said {pattern!r}:\n{self.last_words()}")
            return found
        return wait_until(seen, lambda: f"{pattern!r} from {self.name}:\n{self.last_words()}", seconds)

    def wait_for_end(self, seconds=60.0):
        """Waits until the program has ended by itself; returns its exit status."""
        wait_until(lambda: not self.running, lambda: f"the end of {self.name}:\n{self.last_words()}", seconds)
        return self._process.returncode

    def signal(self, number):
        self._process.send_signal(number)

    def stop(self):
        """Asks the program to end; insists after five seconds. Returns its exit status."""
        if self.running:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        return self._process.returncode


class Namespace:
    """One network namespace: a host, a router or a switch of the lab."""

    def __init__(self, role):
        self.role = role
        self.name = f"{_PREFIX}{os.getpid()}-{next(_serial)}-{role}"
        self._programs = []
        run("ip", "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")
        self.sysctl("net.ipv4.conf.all.rp_filter", 0)  # some tests route asymmetrically
        self.sysctl("net.ipv4.conf.default.rp_filter", 0)
        for which in ("all", "default"):  # no neighbour discovery between the frames that are counted
            self.sysctl(f"net.ipv6.conf.{which}.disable_ipv6", 1, check=False)

    def enter(self):
        return ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.name]

    def run(self, *argv, check=True, timeout=60):
        return run(*self.enter(), *argv, check=check, timeout=timeout)

    def start(self, argv, log, env=None):
        program = Program(self, argv, log, env)
        self._programs.append(program)
        return program

    def ip(self, *words, check=True):
        return run("ip", "-n", self.name, *words, check=check)

    def sysctl(self, key, value, check=True):
        self.run("sysctl", "-qw", f"{key}={value}", check=check)

    def up(self, interface, *addresses):
        """Sets the interface up; checksums are finished in software, since no NIC will do it on the way."""
        self.run("ethtool", "-K", interface, "tx", "off", check=False)
        for address in addresses:
            self.ip("address", "add", address, "dev", interface)
        self.ip("link", "set", interface, "up")

    def speak_ipv6(self, interface, *addresses):
        """Addresses can be used at once: nobody else has them (RFC 4862 s5.4)."""
        self.sysctl(f"net.ipv6.conf.{interface}.accept_dad", 0)
        self.sysctl(f"net.ipv6.conf.{interface}.disable_ipv6", 0)
        for address in addresses:
            self.ip("address", "add", address, "dev", interface, "nodad")

    def bridge(self, name):
        number = next(_serial)
        mac = f"02:00:00:ff:{number >> 8:02x}:{number & 255:02x}"  # or it would change with every port, and drop neighbours
        self.ip("link", "add", "name", name, "address", mac, "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
        self.ip("link", "set", name, "up")

    def plug(self, interface, bridge):
        """Makes an interface a port of a bridge."""
        self.ip("link", "set", interface, "up", "master", bridge)

    def send(self, text, address, port):
        """Sends one UDP datagram."""
        self.run("bash", "-c", f"echo {text} >/dev/udp/{address}/{port}")

    def delete(self):
        for program in reversed(self._programs):
            program.stop()
        run("ip", "netns", "delete", self.name, check=False)


def wire(one, one_name, other, other_name, mac=None):
    """A cable between two namespaces; `mac` is the address of the first end."""
    address = ["address", mac] if mac else []
    one.ip("link", "add", "name", one_name, *address, "type", "veth", "peer", "name", other_name, "netns", other.name)


def sweep():
    """Ends the programs and deletes the namespaces of labs whose own process is gone."""
    for line in run("ip", "netns", "list").splitlines():
        found = re.match(rf"{_PREFIX}(\d+)-\S+", line)
        if not found or Path("/proc", found[1]).exists():
            continue
        for pid in run("ip", "netns", "pids", found[0], check=False).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        run("ip", "netns", "delete", found[0], check=False)


def why_not():
    """None where this machine lets us build the lab, else the reason in one sentence."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        sweep()
        probe = Namespace("probe")
        try:
            probe.bridge("lan")
            wire(probe, "one", probe, "other")
        finally:
            probe.delete()
    except LabError as error:
        return f"network namespaces are not allowed here: {error}"
    return None
