# SPDX-License-Identifier: Apache-2.0
"""What the wire loses when the daemon ends: a bridge over both ports takes over, and gives the wire back.

Both hosts send a numbered frame every 0.5 ms. Of what was sent each frame has to come once; a gap is a run of frames that
never came, and lasts as long as it took to send them.
"""

import signal
import struct
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import frames
import pytest
from lab.namespaces import wait_until
from wirelab import BOTH_DRIVERS, BOUND

pytestmark = BOTH_DRIVERS

PACE = 0.0005            # s
AROUND = 400             # frames before and after
LONGEST = 0.050          # s, with AF_PACKET
ATTEMPTS = 5
LAST = 2**64 - 1         # a number that ends it
BRIDGE = "fallback"
TOOL = Path(__file__).resolve().parents[2] / "deploy" / "fallback-bridge"


def numbered(number, src, dst):
    return frames.ethernet(frames.EXPERIMENTAL, struct.pack("!QQ", 0x6E756D6265726564, number) + bytes(30), src=src, dst=dst)


class Stream:
    """Numbered frames in one direction."""

    def __init__(self, source, sink, src, dst):
        self._source, self._sink, self._macs = source, sink, (src, dst)
        self.sent, self.came = 0, []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._receive)]
        for thread in self._threads:
            thread.start()

    def _send(self):
        due = time.monotonic()
        while not self._over.is_set():
            self._source.send(numbered(self.sent, *self._macs))
            self.sent += 1
            due = max(due + PACE, time.monotonic() - PACE)  # a sender that was held up does not make up for it
            time.sleep(max(due - time.monotonic(), 0))

    def _receive(self):
        while (frame := self._sink.receive()) is not None:
            if frame[:22] != numbered(0, *self._macs)[:22]:
                continue
            number = struct.unpack("!Q", frame[22:30])[0]
            if number == LAST:
                return
            self.came.append(number)

    def flows(self, more=AROUND):
        """Waits until so many more frames have come."""
        goal = len(self.came) + more
        wait_until(lambda: len(self.came) >= goal, f"{more} frames", BOUND)

    def stop_sending(self):
        self._over.set()
        self._threads[0].join()

    def end(self):
        deadline = time.monotonic() + BOUND
        while self._threads[1].is_alive() and time.monotonic() < deadline:
            self._source.send(numbered(LAST, *self._macs))  # the wire may change hands just now
            self._threads[1].join(0.05)


@dataclass
class Loss:
    lost: int
    doubled: int
    gap: float   # s

    @classmethod
    def of(cls, stream):
        missing = sorted(set(range(stream.came[-1])) - set(stream.came))
        longest = run = 0
        for at, number in enumerate(missing):
            run = run + 1 if at and missing[at - 1] == number - 1 else 1
            longest = max(longest, run)
        return cls(len(missing), len(stream.came) - len(set(stream.came)), longest * PACE)


class Streams:
    """Both directions, while `with` lasts."""

    def __init__(self, left, right):
        self._taps = left, right

    def __enter__(self):
        left, right = self._taps
        self.both = (Stream(left, right, frames.A, frames.SERVER), Stream(right, left, frames.SERVER, frames.A))
        self.flow()
        return self

    def __exit__(self, *_):
        for stream in self.both:
            stream.stop_sending()
        for stream in self.both:
            stream.end()

    def flow(self):
        for stream in self.both:
            stream.flows()

    def losses(self, what, driver):
        found = [Loss.of(stream) for stream in self.both]
        for way, loss in zip(("to the server", "to the routers"), found):
            print(f"{what}, {driver}, {way}: lost {loss.lost}, doubled {loss.doubled}, longest gap {loss.gap * 1000:g} ms")
            assert loss.doubled == 0
        return found


def bridge(wire, *words):
    wire.box.run(TOOL, *words)


def shortest_of(attempts, driver):
    """The shortest of their longest gaps: who is busy with something else makes them longer, nothing makes them shorter."""
    best = None
    for losses in attempts:
        gap = max(loss.gap for loss in losses)
        best = gap if best is None else min(best, gap)
        if driver != "af_packet" or best <= LONGEST:
            break
    assert driver != "af_packet" or best <= LONGEST


def test_without_the_bridge_the_wire_is_cut(wire):
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    wire.start()
    left.send(frames.marker(1))
    right.until(frames.marker(1))
    wire.daemon.process.kill()
    wire.daemon.wait_for_end()
    left.send(frames.marker(2))
    bridge(wire, "up", BRIDGE, "routers", "server")
    left.send(frames.marker(3))
    assert right.until(frames.marker(3)) == []


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_the_bridge_takes_over(wire, driver, end):
    bridge(wire, "up", BRIDGE, "routers", "server")
    left, right = wire.tap(wire.left), wire.tap(wire.right)

    def attempt():
        wire.start()
        with Streams(left, right) as streams:
            wire.daemon.process.send_signal(end)
            wire.daemon.wait_for_end()
            streams.flow()
        return streams.losses(f"end by {end.name}", driver)
    shortest_of((attempt() for _ in range(ATTEMPTS)), driver)


def test_a_restart_gives_the_wire_to_the_bridge_and_back(wire, driver):
    bridge(wire, "up", BRIDGE, "routers", "server")
    left, right = wire.tap(wire.left), wire.tap(wire.right)

    def attempt():
        wire.start()
        with Streams(left, right) as streams:
            wire.daemon.end(signal.SIGTERM)
            streams.flow()
            wire.start()
            streams.flow()
        assert wire.daemon.end(signal.SIGTERM)[0] > 2 * AROUND  # it was the daemon that carried the last ones
        return streams.losses("restart", driver)
    shortest_of((attempt() for _ in range(ATTEMPTS)), driver)


def test_the_bridge_is_refused_where_it_would_do_harm(wire, driver):
    def refused(*words):
        done = subprocess.run([*wire.box.enter(), TOOL, *words], capture_output=True, text=True, timeout=BOUND)
        assert done.stdout == "" and len(done.stderr.splitlines()) == 1
        return done.returncode, done.stderr.strip().removeprefix("fallback-bridge: ")

    assert refused("up", BRIDGE, "routers", "nowhere") == (1, "nowhere: no such interface")
    wire.box.ip("address", "add", "10.9.9.1/24", "dev", "server")
    wire.box.ip("route", "add", "default", "via", "10.9.9.2")
    assert refused("up", BRIDGE, "routers", "server") == (1, "server: carries the default route of this machine")
    wire.box.ip("address", "flush", "dev", "server")
    bridge(wire, "up", BRIDGE, "routers", "server")
    assert refused("up", "other", "routers", "server") == (1, f"routers: belongs to {BRIDGE}")
    assert refused("up", BRIDGE, "routers", "server") == (1, f"{BRIDGE}: exists already")
    assert refused("down", "nobody") == (1, "nobody: no such bridge")
    bridge(wire, "down", BRIDGE)
    bridge(wire, "up", BRIDGE, "routers", "server")
