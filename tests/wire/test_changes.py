# SPDX-License-Identifier: Apache-2.0
"""Settings that change ten times a second while thousands of frames a second cross: none is lost or delayed."""

import contextlib
import multiprocessing
import signal
import socket
import statistics
import struct
import time

import frames
import pytest
from control import Caller
from hold import held, threads

END = frames.marker(0)
TICK = 0.005  # s
BATCH = 5  # pairs and fillers each tick: 3,000 frames a second to the server, 1,000 back
ROUNDS = 6  # of every kind of change
PERIOD = 0.075  # s; ten of thirteen periods begin with a change: ten a second
SEEN = 0.06  # s; of each period: what is sent at its end may be delayed by the next one's doing
HOLD = 0.02  # s; what the test must be able to see

SO_TIMESTAMPNS = 35
KINDS = {
    "mode": [{"mode": "monitor"}, {"mode": "bypass"}, {"mode": "enforce"}],
    "window": [{"window": "300ms"}, {"window": "1s"}],
    "echo_window": [{"echo_window": "50ms"}, {"echo_window": "100ms"}],
    # No turn comes in this time. One that is due just when the scope changes may be held back by two workers: for one relay by
    # the old scope, for the other by the new one (deploy/OPERATING.md, Limits).
    "turn_after": [{"turn_after": "0"}, {"turn_after": "30s"}],
    "scope": [{"scope": "exact"}, {"scope": "subnet"}],
    "match": [{"match": "identity"}, {"match": "content"}],
    "relay_groups": [{"relay_groups": {"lan": ["10.20.0.0/24"]}}, {"relay_groups": {}}],
    "server_groups": [{"server_groups": {"wds": ["10.30.0.10", "10.30.0.11"]}}, {"server_groups": {}}],
    "trusted_relays": [{"trusted_relays": ["10.20.0.0/16", "10.30.0.0/16"]}, {"trusted_relays": []}],
    "flush": [None],
    # For comparison, and among the others: whatever else this machine does meanwhile hits all of them.
    "nothing": [None],
    "nothing again": [None],
    "held": [None],
}
# The box has its cores to itself; here it comes first.
FIRST = ("nice", "-n", "-15")


def filler(number, source):
    """Numbered, and bearing the moment of its sending."""
    return frames.ethernet(frames.EXPERIMENTAL, struct.pack("!QQ", number, time.time_ns()) + bytes(30), src=source)


def send(tap, seconds, pairs, source):
    """Every tick a batch of fillers, and between them the pairs of a request; then the end marker."""
    tick = time.monotonic()
    for begin in range(0, round(seconds / TICK) * BATCH, BATCH):
        for number in range(begin, begin + BATCH):
            tap.send(filler(number, source))
            if pairs:
                tap.send(*frames.hsrp_pair(number))
        tick += TICK
        time.sleep(max(0, tick - time.monotonic()))
    tap.send(END)


class Heard:
    """All that came in on a tap up to the end marker."""

    def __init__(self, tap):
        self.fillers = []  # numbers
        self.delays = []  # (when sent, how long it took), s
        self.copies = {frames.A: [], frames.B: []}  # xids
        while (frame := self._receive(tap._socket)) != END:
            if frame[12:14] != struct.pack("!H", frames.EXPERIMENTAL):
                self.copies[frame[6:12]].append(int.from_bytes(frame[46:50], "big"))
                continue
            number, sent = struct.unpack_from("!QQ", frame, 14)
            self.fillers.append(number)
            self.delays.append((sent / 1e9, (self._when - sent) / 1e9))

    def _receive(self, tap):
        frame, notes, _, _ = tap.recvmsg(65536, 256)
        for _, kind, note in notes:
            if kind == SO_TIMESTAMPNS and len(note) == 16:
                seconds, nanoseconds = struct.unpack("qq", note)
                self._when = seconds * 1_000_000_000 + nanoseconds
        return frame

    @property
    def count(self):
        return len(self.fillers) + sum(map(len, self.copies.values())) + 1

    def longest(self, begin, end):
        """The longest delay of a frame sent in this time."""
        return max((delay for sent, delay in self.delays if begin <= sent < end), default=0)


def change_everything(daemon):
    """[(kind, when)]"""
    made = []
    caller = Caller(daemon)
    tick = time.monotonic()
    for step in range(ROUNDS):
        for kind, values in KINDS.items():
            made.append((kind, time.time()))
            if kind == "flush":
                caller.ask("POST", "/v1/flush")
            elif kind == "held":
                hold_workers(daemon)
            elif values[0] is None:
                caller.ask("GET", "/v1/settings")
            else:
                caller.ask("PATCH", "/v1/settings", values[step % len(values)])
            tick += PERIOD
            time.sleep(max(0, tick - time.monotonic()))
    caller.close()
    return made


def hold_workers(daemon):
    """For as long as the test must be able to see."""
    with contextlib.ExitStack() as all_of_them:
        for worker in threads(daemon.process.pid, "worker"):
            all_of_them.enter_context(held(worker))
        time.sleep(HOLD)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_change_loses_and_delays_nothing(wire, workers):
    wire.start("--workers", workers, before=FIRST)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    for tap in (left, right):
        tap._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        tap._socket.settimeout(60)
    seconds = 1 + ROUNDS * len(KINDS) * PERIOD + 1
    fork = multiprocessing.get_context("fork")  # senders of their own, which no Python lock holds up
    senders = [fork.Process(target=send, args=(left, seconds, True, frames.A), daemon=True),
               fork.Process(target=send, args=(right, seconds, False, frames.SERVER), daemon=True)]
    for sender in senders:
        sender.start()
    time.sleep(1)
    changes = change_everything(wire.daemon)
    server, routers = Heard(right), Heard(left)
    for sender in senders:
        sender.join(60)
        assert sender.exitcode == 0

    # Nothing is lost, and nothing overtakes its like.
    sent = round(seconds / TICK) * BATCH
    assert routers.fillers == list(range(sent)) and routers.count == sent + 1
    assert server.fillers == list(range(sent))
    once, again = server.copies.values()
    assert once == sorted(once) and again == sorted(again)
    assert set(once) | set(again) == set(range(sent)), "a transmission that passed nothing"

    # Both ends count what the daemon counts.
    status = wire.daemon.status()
    dropped = 2 * sent - len(once) - len(again)
    assert status["totals"] == {"received": 4 * sent + 2, "forwarded": server.count + routers.count, "dropped": dropped, "refused": 0}
    assert sum(port["missed"] + port["refused"] for port in status["ports"]) == 0
    assert sum(status["reasons"].values()) == 4 * sent + 2
    # Each mode was in force for a while: in some second copies passed, in the others they did not.
    reasons = status["reasons"]
    assert dropped == sum(reasons[drop] for drop in ("second_copy", "echo", "turn_passed", "second_copy_rewritten"))
    assert reasons["second_copy"] > sent / 20
    assert reasons["would_drop_second_copy"] > 0 < reasons["bypassed"]
    assert reasons["twin_other_scope"] > 0, "scope exact"
    wire.daemon.end(signal.SIGTERM)

    # The longest delay in a period, and the median of these: first the trouble, then that no change causes it.
    for heard in (server, routers):
        delays = {kind: statistics.median(heard.longest(at, at + SEEN) for made, at in changes if made == kind) for kind in KINDS}
        print(workers, {kind: f"{delay * 1e3:.2f} ms" for kind, delay in delays.items()})
        assert delays["held"] > HOLD / 2
        bound = max(5 * delays["nothing"], 5 * delays["nothing again"], delays["held"] / 2)
        assert all(delay < bound for kind, delay in delays.items() if kind != "held")
