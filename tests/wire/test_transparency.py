# SPDX-License-Identifier: Apache-2.0
"""Everything that is no second copy crosses bit for bit, in order, both ways."""

import signal

import frames
import pytest
from wirelab import BOTH_DRIVERS, LONGEST_MTU, digest

pytestmark = BOTH_DRIVERS

END = frames.marker(0)


def cross(source, target, sent):
    """Sends frames at one end; what came out at the other before the end marker."""
    source.send(*sent, END)
    return target.until(END)


@pytest.mark.parametrize("direction", ["to_server", "to_routers"])
@pytest.mark.parametrize("mtu", [1500, "longest"])
def test_every_frame_crosses_bit_for_bit(wire, direction, mtu):
    mtu = LONGEST_MTU[wire.driver] if mtu == "longest" else mtu
    wire.set_mtu(mtu)
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    source, target = (left, right) if direction == "to_server" else (right, left)
    sent = frames.of_all_kinds(longest=mtu + 14)
    came = cross(source, target, sent)
    assert len(came) == len(sent)
    for number, (one, other) in enumerate(zip(sent, came), 1):
        assert one == other, f"frame {number}"
    assert digest(came) == digest(sent)
    received, forwarded, dropped, refused = wire.daemon.end(signal.SIGTERM)
    assert (received, forwarded, dropped, refused) == (len(sent) + 1, len(sent) + 1, 0, 0)


@pytest.mark.parametrize("name, frame", frames.tagged() + frames.control(), ids=lambda value: value if isinstance(value, str) else "")
def test_one_kind_of_frame_crosses(wire, name, frame):
    """The same, kind by kind: a kind that is harmed is named."""
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    assert cross(left, right, [frame]) == [frame]
    assert cross(right, left, [frame]) == [frame]


# Why a kernel interface is not opened with DPDK's own driver for packet sockets.
PMD = "vdev:net_af_packet{0},iface={1}"


@pytest.mark.parametrize("name, sent", [
    ("an 802.1ad tag", [dict(frames.tagged())["802.1ad"]]),
    ("IPv4 fragments", frames.fragments()),
], ids=["802.1ad", "fragments"])
def test_dpdks_driver_harms_what_our_port_does_not(wire, name, sent):
    wire.start(routers=PMD.format(0, "routers"), server=PMD.format(1, "server"))
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    assert cross(left, right, sent) != sent, f"net_af_packet no longer harms {name}: our own port has had its day"
    wire.daemon.end(signal.SIGTERM)
    wire.daemon.kill()
    wire.start()
    assert cross(left, right, sent) == sent


def test_a_frame_too_long_for_the_other_side_is_refused_and_counted(wire):
    longest = LONGEST_MTU[wire.driver]
    wire.set_mtu(longest)
    for namespace, interface in ((wire.box, "server"), (wire.right, "eth0")):  # AF_XDP is bound by the peer's only
        namespace.ip("link", "set", interface, "mtu", 1500)
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    too_long = [frames.sized(1514 + 4 + 1), frames.sized(longest + 14)]  # a veth lets a tag's worth more through
    assert cross(left, right, [frames.sized(1514), *too_long]) == [frames.sized(1514)]
    assert wire.daemon.port("server")["refused"] == 2
    assert wire.daemon.end(signal.SIGTERM) == (4, 2, 0, 2)


def test_a_checksum_left_to_a_nic_is_finished(wire):
    """A host on this machine leaves it to a NIC that is not there. DPDK's own driver hands on what nobody will take."""
    right = wire.tap(wire.right)
    wire.left.ip("address", "add", "10.1.0.1/24", "dev", "eth0")
    wire.left.ip("neighbour", "add", "10.1.0.2", "lladdr", "02:00:00:00:00:02", "dev", "eth0")
    wire.left.run("ethtool", "-K", "eth0", "tx", "on")

    def a_datagrams_checksum_is_right():
        wire.left.send("hello", "10.1.0.2", 9)
        return frames.udp_checksum_is_right(right.receive())
    wire.start(routers=PMD.format(0, "routers"))
    assert not a_datagrams_checksum_is_right()
    wire.daemon.end(signal.SIGTERM)
    wire.daemon.kill()
    wire.start()
    assert a_datagrams_checksum_is_right()
    assert wire.daemon.port("routers")["unfinished_checksums"] == 0
