# SPDX-License-Identifier: Apache-2.0
"""AF_XDP or AF_PACKET: what is chosen and why, what it takes, and what it leaves behind."""

import fcntl
import os
import signal
import struct

import frames
import pytest
from drivers import END, crosses, drivers, is_promiscuous, programme_on, refused
from lab.namespaces import wait_until
from wirelab import BOUND, inside

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000  # linux/if_tun.h


def test_one_queue_and_one_worker_is_af_xdp(wire):
    wire.start()
    assert drivers(wire) == ["af_xdp", "af_xdp"]
    assert "port routers: af_xdp" in wire.daemon.err and "not af_xdp" not in wire.daemon.err
    assert programme_on(wire) == "relaysieve"
    assert crosses(wire, frames.of_all_kinds()) == frames.of_all_kinds()


def test_another_driver_can_be_forced(wire):
    wire.start("--driver", "af_packet")
    assert drivers(wire) == ["af_packet", "af_packet"]
    assert programme_on(wire) is None and "af_xdp" not in wire.daemon.err


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind(wire, end):
    wire.start("--driver", "af_xdp")
    assert programme_on(wire) == "relaysieve" and is_promiscuous(wire)
    wire.daemon.process.send_signal(end)
    wire.daemon.wait_for_end()
    assert programme_on(wire) is None and not is_promiscuous(wire)
    wire.daemon.kill()
    wire.start("--driver", "af_xdp")
    assert crosses(wire, [frames.sized(60)]) == [frames.sized(60)]


def test_an_mtu_too_large(wire):
    wire.set_mtu(9000)
    reason = "its MTU is 9000, and no more than 3506 fits"
    assert refused(wire, "--driver", "af_xdp") == f"port routers: not with AF_XDP: {reason}"
    wire.start()
    assert drivers(wire) == ["af_packet", "af_packet"]
    assert f"port routers: not af_xdp: {reason}" in wire.daemon.err


def test_the_driver_itself_may_refuse(wire):
    """A veth does where its peer's frames are too long. The other port is not spoilt by it."""
    wire.left.ip("link", "set", "eth0", "mtu", "9000")
    reason = "its driver refuses an XDP programme"
    assert refused(wire, "--driver", "af_xdp").startswith(f"port routers: not with AF_XDP: {reason}")
    wire.start()
    assert drivers(wire) == ["af_packet", "af_xdp"]
    assert f"port routers: not af_xdp: {reason}" in wire.daemon.err
    assert crosses(wire, frames.of_all_kinds()) == frames.of_all_kinds()


def test_the_largest_mtu_of_a_veth(wire):
    wire.set_mtu(3506)
    wire.start("--driver", "af_xdp")
    sent = [frames.sized(3520), frames.sized(3524, [(0x8100, 5)]), frames.sized(14), frames.sized(15)]
    assert crosses(wire, sent) == sent


def test_a_tap(wire):
    """As a virtual machine has one: its frames are bytes from a program, with nothing beside them."""
    with inside(wire.box):
        tap = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", b"tap", IFF_TAP | IFF_NO_PI))
    try:
        wire.box.ip("link", "set", "tap", "up")
        wire.start(routers="tap")
        assert drivers(wire) == ["af_xdp", "af_xdp"]
        right = wire.tap(wire.right)
        sent = frames.of_all_kinds()
        for frame in [*sent, END]:
            os.write(tap, frame)
        assert right.until(END) == sent
        right.send(*sent[:100], END)
        heard = []
        while (frame := os.read(tap, 2048)) != END:
            heard.append(frame)
        assert heard == sent[:100]
    finally:
        os.close(tap)


def test_without_the_right_to_it(wire):
    without = ("setpriv", "--bounding-set", "-bpf,-sys_admin")
    wire.start(before=without)
    assert drivers(wire) == ["af_packet", "af_packet"]
    assert "port routers: not af_xdp: not allowed: it takes root, or CAP_BPF" in wire.daemon.err
    assert crosses(wire, [frames.sized(60)]) == [frames.sized(60)]


def test_with_no_more_rights_than_it_takes(wire):
    wire.start("--driver", "af_xdp", before=("setpriv", "--bounding-set", "-all,+bpf,+net_admin,+net_raw,+ipc_lock"))
    assert crosses(wire, [frames.sized(60)]) == [frames.sized(60)]


def test_what_is_changed_later_is_told(wire):
    wire.start("--driver", "af_xdp")
    assert "receive queues" not in wire.daemon.err
    wire.box.run("ethtool", "-L", "routers", "rx", "2", "tx", "2")
    said = "port routers: it has 2 receive queues now for 1 worker: the frames of the others are lost"
    wait_until(lambda: said in wire.daemon.err, "a warning", BOUND)
    wire.box.run("ethtool", "-L", "routers", "rx", "1", "tx", "1")
    wait_until(lambda: "port routers: all of its frames are seen again" in wire.daemon.err, "its end", BOUND)
    wire.box.ip("link", "set", "server", "mtu", "9000")
    wait_until(lambda: "port server: its MTU is 9000 now" in wire.daemon.err, "a warning", BOUND)
