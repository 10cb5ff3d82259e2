# SPDX-License-Identifier: Apache-2.0
"""Numbered frames in both directions, one every 0.5 ms: what is lost, what comes twice or back, how long nothing comes.

A gap lasts from when the first frame was sent that the other side has not got until the next one has come there.
"""

import statistics
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
        self.sent, self.came, self.back = [], [], 0  # when, s; (number, when); frames that the sink itself had sent
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._receive)]
        for thread in self._threads:
            thread.start()

    def _send(self):
        due = time.monotonic()
        while not self._over.is_set():
            number = len(self.sent)
            self.sent.append(time.monotonic())
            self._source.send(numbered(number, *self._macs))
            due = max(due + PACE, time.monotonic() - PACE)  # a sender that was held up does not make up for it
            time.sleep(max(due - time.monotonic(), 0))

    def _receive(self):
        mine, others = (numbered(0, *macs)[:22] for macs in (self._macs, self._macs[::-1]))
        while (frame := self._sink.receive()) is not None:
            now = time.monotonic()
            self.back += frame[:22] == others
            if frame[:22] != mine:
                continue
            number = struct.unpack("!Q", frame[22:30])[0]
            if number == LAST:
                return
            self.came.append((number, now))

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
    sent: int
    seconds: float  # that it took to send them
    lost: int
    doubled: int
    back: int
    gap: float      # s

    @classmethod
    def of(cls, stream):
        first, last = stream.came[0][0], max(number for number, _ in stream.came)
        numbers = {number for number, _ in stream.came}
        gap, expected = 0, first
        for number, when in stream.came:
            if number >= expected:
                gap, expected = max(gap, when - stream.sent[expected]), number + 1
        return cls(last + 1, stream.sent[last] - stream.sent[0], last + 1 - len(numbers), len(stream.came) - len(numbers),
                   stream.back, gap)

    def __str__(self):
        return (f"{self.sent:,}, one each {1000 * self.seconds / self.sent:.2f} ms: {self.lost} lost, {self.doubled} doubled, "
                f"{self.back} back, longest gap {1000 * self.gap:.1f} ms")


class Streams:
    """Both directions, while `with` lasts."""

    def __init__(self, left, right):
        self._taps = left, right

    def __enter__(self):
        left, right = self._taps
        self.both = (Stream(left, right, frames.A, frames.SERVER), Stream(right, left, frames.SERVER, frames.A))
        try:
            self.flow()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for stream in self.both:
            stream.stop_sending()
        for stream in self.both:
            stream.end()

    def flow(self):
        for stream in self.both:
            stream.flows()

    def longest_gap(self, told, what):
        """Of both directions, s; nothing has come twice, and nothing back to who sent it."""
        losses = [Loss.of(stream) for stream in self.both]
        told(f"{what}: to the server {losses[0]}; to the routers {losses[1]}")
        assert all(loss.doubled == loss.back == 0 for loss in losses)
        return max(loss.gap for loss in losses)


def stays_short(told, attempts, driver, longest=LONGEST):
    """Most of the attempts' longest gaps are short: who is busy with something else makes single ones longer. AF_XDP's may be longer:
    the kernel takes its program from the port first."""
    gaps = sorted(attempts)
    told(f"{driver}: longest gaps of {len(gaps)} attempts, ms: " + ", ".join(f"{1000 * gap:.1f}" for gap in gaps))
    assert statistics.median(gaps) < (longest if driver == "af_packet" else 10 * LONGEST)
