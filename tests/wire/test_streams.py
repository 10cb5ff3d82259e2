# SPDX-License-Identifier: Apache-2.0
"""Answers that do not end: who reads slowly, goes away or is one too many disturbs nobody."""

import contextlib
import json
import signal
import time

import frames
from control import ask, command, connect
from watching import Watcher
from wirelab import BOUND

CLIENT = "02:aa:00:00:00:01"
END = frames.marker(0)


def call(daemon, path):
    """A connection that has asked, and reads nothing."""
    caller = connect(daemon)
    caller.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return caller


def test_one_who_never_reads(wire):
    """For longer than an idle caller may stay, too. And the daemon ends all the same."""
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    with contextlib.closing(call(wire.daemon, "/v1/capture?verdict=all")) as idle, \
            Watcher(wire.daemon, "trace", CLIENT, "--json") as watcher:
        watcher.wait_until_it_looks()
        sent, began = 0, time.monotonic()
        burst = [frames.sized(1514)] * 50
        while sent < 6000 or time.monotonic() - began < 12:  # 9 MB; idle callers are cut off after 10 s
            left.send(*burst, END)
            assert len(right.until(END)) == len(burst)
            sent += len(burst) + 1
        left.send(*frames.hsrp_pair(1), END)
        assert len(right.until(END)) == 1
        sent += 3
        said = [json.loads(line) for line in watcher.read(lines=3).splitlines()[1:]]
        assert [line["reason"] for line in said] == ["first_copy", "second_copy"]  # and none is missing
        begin = time.monotonic()
        received, forwarded, dropped, refused = wire.daemon.end(signal.SIGTERM)
        assert (received, dropped, refused) == (forwarded + 1, 1, 0) and received >= sent
        assert time.monotonic() - begin < BOUND
        assert idle.recv(12) == b"HTTP/1.1 200"  # it was never cut off before


def test_one_more_than_may_look_is_refused_until_another_has_gone(wire):
    wire.start()
    with contextlib.ExitStack() as watchers:
        open_ones = [watchers.enter_context(Watcher(wire.daemon, "trace", CLIENT)) for _ in range(8)]
        for watcher in open_ones:
            watcher.wait_until_it_looks()
        said = "too many are watching frames: at most 8 at once"
        assert ask(wire.daemon, "/v1/capture") == (503, {"errors": [said]})
        assert command(wire.daemon, "trace", CLIENT) == (1, "", f"relaysieve: {said}\n")
        open_ones[0].process.kill()  # says nothing, and nothing is said to it
        end = time.monotonic() + BOUND
        while (done := command(wire.daemon, "trace", CLIENT, "--seconds", 1))[0] != 0:
            assert time.monotonic() < end, done
            time.sleep(0.1)
    wire.daemon.end(signal.SIGTERM)


def test_a_quiet_stream_is_alive(wire):
    """An empty line every 5 s; the command line does not show it."""
    wire.start()
    with contextlib.closing(call(wire.daemon, f"/v1/trace?client={CLIENT}&seconds=12")) as caller, \
            Watcher(wire.daemon, "trace", CLIENT, "--json", "--seconds", 12) as watcher:
        said = b""
        while piece := caller.recv(65536):
            said += piece
        head, _, body = said.partition(b"\r\n\r\n")
        assert b"Content-Type: application/x-ndjson" in head
        assert body.count(b"1\r\n\n\r\n") == 2 and body.endswith(b"0\r\n\r\n"), body
        assert watcher.ended().count(b"\n") == 1  # that it is watching
