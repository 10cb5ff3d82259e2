# SPDX-License-Identifier: Apache-2.0
"""What the wire loses when the daemon ends: a bridge over both ports takes over, and gives the wire back.

Both hosts send numbered frames (numbered.py).
"""

import signal
import subprocess
from pathlib import Path

import frames
import pytest
from numbered import AROUND, ATTEMPTS, Streams, shortest_of
from wirelab import BOTH_DRIVERS, BOUND

pytestmark = BOTH_DRIVERS

BRIDGE = "fallback"
TOOL = Path(__file__).resolve().parents[2] / "deploy" / "fallback-bridge"


def bridge(wire, *words):
    wire.box.run(TOOL, *words)


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
    wire.box.sysctl("net.ipv6.conf.server.disable_ipv6", 0)
    wire.box.ip("link", "add", "link", "server", "name", "way", "up", "type", "macvlan")
    for family, way in (("-4", ("dev", "way")), ("-4", ("nexthop", "dev", "server", "nexthop", "dev", "lo")), ("-6", ("dev", "server"))):
        wire.box.ip(family, "route", "add", "default", *way)
        assert refused("up", BRIDGE, "routers", "server") == (1, "server: carries the default route of this machine")
        wire.box.ip(family, "route", "flush", "default")
    wire.box.ip("link", "delete", "way")
    wire.box.sysctl("net.ipv6.conf.server.disable_ipv6", 1)
    bridge(wire, "up", BRIDGE, "routers", "server")
    assert refused("up", "other", "routers", "server") == (1, f"routers: belongs to {BRIDGE}")
    assert refused("up", BRIDGE, "routers", "server") == (1, f"{BRIDGE}: exists already")
    assert refused("down", "nobody") == (1, "nobody: no such bridge")
    bridge(wire, "down", BRIDGE)
    bridge(wire, "up", BRIDGE, "routers", "server")
