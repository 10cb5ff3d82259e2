# SPDX-License-Identifier: Apache-2.0
"""Several workers, each with its own queue of every port, and one memory."""

import collections
import signal
import struct

import frames
from lab.namespaces import wait_until
from wirelab import BOUND

END = frames.marker(0)
TWO = ("--workers", "2", "--driver", "af_packet")


def crossed(wire, source, target, sent, passing):
    """Sends frames; what came out at the other end once the daemon has dealt with them all."""
    before = wire.daemon.status()["totals"]["received"]
    source.send(*sent)
    wait_until(lambda: wire.daemon.status()["totals"]["received"] == before + len(sent),
               lambda: f"{len(sent)} frames to be received: {wire.daemon.status()}", BOUND)
    came = [target.receive() for _ in range(passing)]
    source.send(END)
    assert target.until(END) == [], "more came than were to pass"
    return came


def both_worked(wire):
    return all(worker["busy_rounds"] > 0 for worker in wire.daemon.status()["workers"])


def test_of_two_copies_one_crosses_whichever_workers_they_meet(wire):
    """The two relays' flows lie on different queues for some of these servers, on one queue for others."""
    wire.start(*TWO)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    pairs = [frames.hsrp_pair(xid, to=f"10.30.0.{10 + xid % 100}") for xid in range(1000)]
    came = crossed(wire, left, right, [copy for pair in pairs for copy in pair], 1000)
    first_of = {copy: number for number, pair in enumerate(pairs) for copy in pair}
    assert sorted(first_of[frame] for frame in came) == list(range(1000))
    assert both_worked(wire)
    assert wire.daemon.status()["reasons"]["second_copy"] == 1000
    assert wire.daemon.end(signal.SIGTERM) == (2001, 1001, 1000, 0)


def flow(number, sequence):
    """A frame of one of many UDP flows."""
    return frames.ipv4(17, struct.pack("!HHHHI", 1000 + number, 2049, 12, 0, sequence),
                       source=f"10.{number % 7}.0.{1 + number % 250}", src=frames.A)


def test_frames_of_one_flow_keep_their_order(wire):
    """Both ways at once, over flows that lie on both queues."""
    wire.start(*TWO)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    sent = [flow(number, sequence) for sequence in range(100) for number in range(50)]
    for source, target in ((left, right), (right, left)):
        came = crossed(wire, source, target, sent, len(sent))
        order = collections.defaultdict(list)
        for frame in came:
            order[frame[:38]].append(frame)  # addresses and ports
        assert len(order) == 50
        for number in range(50):
            assert order[flow(number, 0)[:38]] == [flow(number, sequence) for sequence in range(100)], f"flow {number}"
    assert both_worked(wire)


def test_fragments_and_frames_of_no_flow_cross(wire):
    wire.start(*TWO)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    sent = frames.of_all_kinds()
    for source, target in ((left, right), (right, left)):
        assert sorted(crossed(wire, source, target, sent, len(sent))) == sorted(sent)
