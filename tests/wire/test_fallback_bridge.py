# SPDX-License-Identifier: Apache-2.0
"""deploy/fallback-bridge: what it takes, what it leaves alone, what it mends. What it is for: test_fallback.py."""

from pathlib import Path

import frames
import pytest
from fallback import BRIDGE, asked, bridge, refused

UP = ("up", BRIDGE, "routers", "server")


@pytest.fixture
def settings(tmp_path):
    file = tmp_path / "wire.toml"
    file.write_text('routers = ["routers"]\nserver = "server"\n')
    return file


def carries(wire):
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    left.send(frames.marker(1))
    right.send(frames.marker(2))
    assert right.until(frames.marker(1)) == left.until(frames.marker(2)) == []


def test_the_way_to_this_machine_is_not_taken(wire):
    address, way = "10.9.9.1/24", "10.9.9.2"
    default_route = "server: carries the default route of this machine"
    wire.box.ip("address", "add", address, "dev", "server")
    assert refused(wire, *UP) == f"server: has an address: {address}"
    wire.box.ip("route", "add", "default", "via", way)
    assert refused(wire, *UP) == default_route
    wire.box.ip("address", "flush", "dev", "server")
    wire.box.sysctl("net.ipv6.conf.server.disable_ipv6", 0)
    wire.box.ip("link", "add", "link", "server", "name", "way", "up", "type", "macvlan")
    for family, way in (("-4", ("dev", "way")), ("-4", ("nexthop", "dev", "server", "nexthop", "dev", "lo")), ("-6", ("dev", "server"))):
        wire.box.ip(family, "route", "add", "default", *way)
        assert refused(wire, *UP) == default_route
        wire.box.ip(family, "route", "flush", "default")
    wire.box.ip("link", "delete", "way")
    bridge(wire, *UP)
    carries(wire)


def test_what_is_in_use_or_not_there_is_refused(wire):
    assert refused(wire, "up", BRIDGE, "routers", "nowhere") == "nowhere: no such interface"
    assert refused(wire, "up", "a-name-too-long-for-it", "routers", "server").startswith("a-name-too-long-for-it: not a name")
    assert asked(wire, *UP, "third")[0] == 2  # two cables of one side may end in one switch: a loop
    bridge(wire, *UP)
    assert refused(wire, "up", "other", "routers", "server") == f"routers: belongs to {BRIDGE}"
    assert refused(wire, *UP) == f"{BRIDGE}: exists already"


def test_only_its_own_bridges_are_taken_down(wire, settings):
    wire.box.bridge("theirs")
    for words in (("down", "theirs"), ("down", "nobody")):
        assert refused(wire, *words) == f"{words[1]}: no fall-back bridge"
    assert refused(wire, "keep", "theirs", settings) == "theirs: is there already, and is no fall-back bridge"
    for _ in range(2):
        bridge(wire, *UP)
        carries(wire)
        bridge(wire, "down", BRIDGE)
    wire.box.ip("link", "show", "dev", "theirs")


def test_keep_makes_it_and_mends_it(wire, settings):
    bridge(wire, "keep", BRIDGE, settings)
    carries(wire)
    wire.box.ip("link", "set", "routers", "nomaster")
    wire.box.ip("link", "set", "server", "down")
    wire.box.ip("link", "set", BRIDGE, "down")
    bridge(wire, "keep", BRIDGE, settings)
    carries(wire)


def test_keep_refuses_what_would_be_a_loop(wire, settings):
    for text in ('routers = ["routers", "more"]\nserver = "server"\n', 'wire = ["routers,server", "more,others"]\n'):
        settings.write_text(text)
        assert refused(wire, "keep", BRIDGE, settings) == f"{settings}: not one wire of two ports"


def test_it_is_a_cable_whoever_is_behind_which_end(wire):
    """A bridge that learnt would keep back what goes to an address that it has once heard on the side where it is sent."""
    bridge(wire, *UP)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    moved = frames.ethernet(frames.EXPERIMENTAL, bytes(50), src=frames.SERVER, dst=frames.A)
    left.send(moved, frames.marker(1))
    assert right.until(frames.marker(1)) == [moved]
    to_it = frames.ethernet(frames.EXPERIMENTAL, bytes(50), src=frames.A, dst=frames.SERVER)
    left.send(to_it, frames.marker(2))
    assert right.until(frames.marker(2)) == [to_it]


def test_it_warns_of_a_firewall_that_sees_its_frames(wire):
    key = "net.bridge.bridge-nf-call-iptables"
    if not Path("/proc/sys/net/bridge").exists():
        pytest.skip("br_netfilter is not there")
    for which in (key, "net.bridge.bridge-nf-call-ip6tables"):
        wire.box.sysctl(which, 0)
    assert bridge(wire, *UP) == ""
    bridge(wire, "down", BRIDGE)
    wire.box.sysctl(key, 1)
    assert bridge(wire, *UP) == f"fallback-bridge: warning: this machine's firewall sees what the bridge passes on: {key} is not 0\n"
