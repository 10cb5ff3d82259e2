# SPDX-License-Identifier: Apache-2.0
"""relaysieve top on a terminal of its own (a pty): what it shows, its keys, and that it leaves the terminal as it was."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import frames
import pytest
from control import command
from lab.box import built
from lab.namespaces import wait_until
from wirelab import BOUND

END = frames.marker(0)
REDRAW = "\x0c"  # Ctrl-L; else only what has changed is drawn
LEAVE = b"\x1b[?1049l"  # rmcup of an xterm: back to the screen that was there before


class Screen:
    """A terminal of so many rows and columns with `relaysieve top` on it."""

    def __init__(self, daemon, *words, rows=40, columns=120):
        self.here, there = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.here)
        self.text = b""
        self.process = subprocess.Popen([built("relaysieve"), "top", *words, "--control", daemon.control], stdin=there, stdout=there,
                                        stderr=subprocess.PIPE, env={**os.environ, "TERM": "xterm"}, start_new_session=True)
        os.close(there)

    def resize(self, rows, columns):
        fcntl.ioctl(self.here, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, key):
        os.write(self.here, key.encode())

    def read(self):
        while select.select([self.here], [], [], 0.01)[0]:
            try:
                piece = os.read(self.here, 65536)
            except OSError:  # EIO: nobody has it open any more
                break
            if not piece:
                break
            self.text += piece

    def wait_for(self, pattern):
        """Waits for what is drawn from here on; forgets what was drawn up to its end."""
        def seen():
            self.read()
            return re.search(pattern, self.text)
        found = wait_until(seen, lambda: f"{pattern!r} on the screen: {self.text[-4000:]!r}", BOUND)
        self.text = self.text[found.end():]
        return found

    def end(self):
        """(exit status, what it said on standard error), the terminal being as it was."""
        def ended():
            self.read()
            return self.process.poll() is not None
        wait_until(ended, "the end of top", BOUND)
        self.read()
        assert LEAVE in self.text, self.text[-2000:]
        assert termios.tcgetattr(self.here) == self.before
        return self.process.returncode, self.process.stderr.read().decode()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        os.close(self.here)


@contextlib.contextmanager
def top(daemon, *words, **size):
    screen = Screen(daemon, *words, **size)
    try:
        screen.wait_for(rb"relaysieved \d")
        assert termios.tcgetattr(screen.here) != screen.before  # keys come one by one
        yield screen
    finally:
        screen.close()


def test_keys_order_and_q_ends(wire):
    wire.start()
    with top(wire.daemon) as screen:
        screen.wait_for(rb"\[c copies\]")
        for key, word in (("d", "dropped"), ("l", "late"), ("r", "recent"), ("c", "copies")):
            screen.press(key + REDRAW)
            screen.wait_for(rb"\[" + f"{key} {word}".encode() + rb"\]")
        screen.press("x")  # no key
        screen.press("q")
        assert screen.end() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it(wire, number):
    wire.start()
    with top(wire.daemon) as screen:
        screen.process.send_signal(number)
        assert screen.end() == (0, "")


def test_a_daemon_that_vanishes(wire):
    wire.start()
    with top(wire.daemon) as screen:
        wire.daemon.end(signal.SIGTERM)
        assert screen.end() == (1, f"relaysieve: control socket {wire.daemon.control}: no relaysieved answers\n")


def test_the_window_changes(wire):
    wire.start()
    with top(wire.daemon, rows=40, columns=120) as screen:
        screen.wait_for(rb"\x1b\[40;1H|\x1b\[40d")  # the footer stands on the last row
        screen.resize(20, 60)
        screen.process.send_signal(signal.SIGWINCH)  # which a terminal sends to who is in front of it
        screen.wait_for(rb"\x1b\[20;1H|\x1b\[20d")
        screen.press("q")
        assert screen.end()[0] == 0


def test_it_shows_relays_and_clients_live(wire):
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    with top(wire.daemon) as screen:
        xid, deadline = 0, time.monotonic() + BOUND
        while not all(words in screen.text for words in (b"10.30.0.2", b"10.30.0.3", b"DISCOVER")):
            assert time.monotonic() < deadline, screen.text[-4000:]
            xid += 1
            left.send(*frames.hsrp_pair(xid), END)
            right.until(END)
            screen.read()
        screen.press("q")
        assert screen.end()[0] == 0


def test_once_needs_no_terminal(wire):
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    left.send(*frames.hsrp_pair(1), END)
    right.until(END)
    status, out, err = command(wire.daemon, "top", "--once")
    assert (status, err) == (0, "")
    assert out.startswith("relaysieved ") and "\x1b" not in out and "q quit" not in out
    assert re.search(r"^10\.30\.0\.2 ", out, re.M) and re.search(r"^10\.30\.0\.3 ", out, re.M)
    status, out, err = command(wire.daemon, "top", "--once", "--json")
    said = json.loads(out)
    assert (status, err) == (0, "") and set(said) == {"status", "relays", "clients"}
    assert said["status"]["requests"] == {"forwarded": 1, "dropped": 1} and len(said["relays"]["relays"]) == 2


def test_wrong_words(wire):
    wire.start()
    for words, said in ((("top",), "relaysieve: this is no terminal: --once prints one screen\n"),
                        (("top", "--json"), "relaysieve: --json: only with --once\n")):
        assert command(wire.daemon, *words) == (2, "", said)
    assert command(wire.daemon, "top", "--once", "--interval", "0")[0] == 2
    wire.daemon.end(signal.SIGTERM)
    assert command(wire.daemon, "top", "--once") == (1, "", f"relaysieve: control socket {wire.daemon.control}: no relaysieved answers\n")
