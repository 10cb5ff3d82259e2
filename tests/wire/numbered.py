# SPDX-License-Identifier: Apache-2.0
"""Numbered frames in both directions, one every 0.5 ms: what is lost, what comes twice, how long nothing comes.

Of what was sent each frame has to come once; a gap is a run of frames that never came, and lasts as long as it took to
send them.
"""

import struct
import threading
import time
from dataclasses import dataclass

import frames
from lab.namespaces import wait_until
from wirelab import BOUND

PACE = 0.0005            # s
AROUND = 400             # frames before and after
LAST = 2**64 - 1         # a number that ends it
LONGEST = 0.050          # s, with AF_PACKET
ATTEMPTS = 5


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


def shortest_of(attempts, driver):
    """The shortest of their longest gaps: who is busy with something else makes them longer, nothing makes them shorter."""
    best = None
    for losses in attempts:
        gap = max(loss.gap for loss in losses)
        best = gap if best is None else min(best, gap)
        if driver != "af_packet" or best <= LONGEST:
            break
    assert driver != "af_packet" or best <= LONGEST
