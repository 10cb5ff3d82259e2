# SPDX-License-Identifier: Apache-2.0
"""What the wire loses when the daemon ends: a bridge over both ports takes over, and gives the wire back.

Both hosts send numbered frames (numbered.py).
"""

import os
import shutil
import signal

import frames
import pytest
from fallback import BRIDGE, bridge
from numbered import AROUND, ATTEMPTS, Streams, stays_short
from wirelab import BOTH_DRIVERS, built

pytestmark = BOTH_DRIVERS


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
def test_the_bridge_takes_over(wire, driver, end, told):
    bridge(wire, "up", BRIDGE, "routers", "server")
    left, right = wire.tap(wire.left), wire.tap(wire.right)

    def attempt():
        wire.start()
        with Streams(left, right) as streams:
            wire.daemon.process.send_signal(end)
            wire.daemon.wait_for_end()
            streams.flow()
        return streams.longest_gap(told, "the end")
    stays_short(told, [attempt() for _ in range(ATTEMPTS)], driver)


def install(wire):
    """As a package does: the new file takes the old one's place at once."""
    wire.program = wire.folder / "relaysieved"
    new = wire.folder / "relaysieved.new"
    shutil.copy(built("relaysieved"), new)
    new.rename(wire.program)


@pytest.mark.parametrize("what", ["restart", "upgrade"])
def test_a_restart_gives_the_wire_to_the_bridge_and_back(wire, driver, what, told):
    install(wire)
    bridge(wire, "up", BRIDGE, "routers", "server")
    left, right = wire.tap(wire.left), wire.tap(wire.right)

    def attempt():
        wire.start()
        with Streams(left, right) as streams:
            if what == "upgrade":
                install(wire)
                assert os.readlink(f"/proc/{wire.daemon.process.pid}/exe").endswith(" (deleted)"), "it runs the new one already"
            wire.daemon.end(signal.SIGTERM)
            streams.flow()
            wire.start()
            streams.flow()
        assert wire.daemon.end(signal.SIGTERM)[0] > 2 * AROUND  # it was the daemon that carried the last ones
        return streams.longest_gap(told, what)
    stays_short(told, [attempt() for _ in range(ATTEMPTS)], driver)
