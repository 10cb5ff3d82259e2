# SPDX-License-Identifier: Apache-2.0
"""Second copies on live ports; and what becomes of a first copy that could not be delivered."""

import signal

import frames
from lab.namespaces import wait_until
from wirelab import BOTH_DRIVERS, BOUND

pytestmark = BOTH_DRIVERS

END = frames.marker(0)


def test_of_two_copies_one_crosses(wire):
    """Without the daemon in between, on a plain bridge, both do."""
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    pairs = [frames.hsrp_pair(xid) for xid in range(100)]
    copies = [copy for pair in pairs for copy in pair]

    wire.box.bridge("cable")
    for port in ("routers", "server"):
        wire.box.plug(port, "cable")
    def bridged():
        left.send(END)
        return right.until(END) == []
    wait_until(bridged, "the bridge", BOUND)
    left.send(*copies, END)
    assert right.until(END) == copies
    wire.box.ip("link", "del", "cable")

    wire.start()
    left.send(*copies, END)
    assert right.until(END) == [first for first, _ in pairs]
    assert wire.daemon.status()["reasons"]["second_copy"] == 100
    assert wire.daemon.end(signal.SIGTERM) == (201, 101, 100, 0)


def test_copies_from_the_servers_side_are_nobodys_business(wire):
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    copies = list(frames.hsrp_pair(1))
    right.send(*copies, END)
    assert left.until(END) == copies


def test_a_first_copy_that_was_not_delivered_does_not_hold_back_the_second(wire):
    wire.start("--window", "5s", "--link-loss", "ignore")  # the copies come far apart here
    left = wire.tap(wire.left)
    first, second = frames.hsrp_pair(1)
    wire.right.ip("link", "set", "eth0", "down")
    wire.wait_for_carrier(wire.box, "server", False)
    left.send(first)
    wait_until(lambda: wire.daemon.port("server")["refused"] == 1, "the first copy to be refused", BOUND)

    wire.right.ip("link", "set", "eth0", "up")
    wire.wait_for_carrier(wire.box, "server", True)
    right = wire.tap(wire.right)
    left.send(second, first, END)
    assert right.until(END) == [second]
    reasons = wire.daemon.status()["reasons"]
    assert (reasons["first_copy"], reasons["second_copy"]) == (2, 1)
    assert wire.daemon.end(signal.SIGTERM) == (4, 2, 1, 1)
