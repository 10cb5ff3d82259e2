# SPDX-License-Identifier: Apache-2.0
"""AF_XDP or AF_PACKET: what is chosen and why, what AF_XDP would lose elsewhere, and what it leaves behind."""

import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess

import frames
import pytest
from lab.box import built
from lab.namespaces import wait_until
from wirelab import BOUND, Tap, inside

END = frames.marker(0)
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000  # linux/if_tun.h


@pytest.fixture
def dpdks_driver(wire):
    """Forwards as DPDK does by itself, with the driver that our port stands in for; a function starts it."""
    started = []

    def start():
        log = wire.folder / "testpmd.out"
        ports = [f"net_af_xdp{i},iface={name},busy_budget=0" for i, name in enumerate(("routers", "server"))]
        with open(log, "w") as out:
            started.append(subprocess.Popen(
                [*wire.box.enter(), "dpdk-testpmd", "--no-huge", "-m", "256", "--no-pci", "--no-shconf", "--no-telemetry",
                 "--lcores", "0@0,1@0", "--vdev", ports[0], "--vdev", ports[1], "--", "--forward-mode=io", "--auto-start",
                 "--total-num-mbufs=16384", "--mbuf-size=3712", "--no-mlockall", "--stats-period=0", "--interactive"],
                stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT))

        def forwards():
            assert started[-1].poll() is None, log.read_text()
            return "testpmd> " in log.read_text()  # the prompt comes when frames flow
        wait_until(forwards, lambda: f"DPDK to forward: {log.read_text()}", BOUND)
        return started[-1]

    def stop():
        started[-1].communicate(b"quit\n", timeout=BOUND)
        wire.box.ip("link", "set", "routers", "promisc", "off")  # which it leaves on
        wire.box.ip("link", "set", "server", "promisc", "off")
    start.stop = stop
    yield start
    for process in started:
        process.kill()
        process.wait()


def programme_on(wire, port="routers"):
    found = re.search(r"prog/xdp id \d+ name (\S+)", wire.box.ip("-details", "link", "show", "dev", port))
    return found and found[1]


def is_promiscuous(wire, port="routers"):
    return "promiscuity 0" not in wire.box.ip("-details", "link", "show", "dev", port)


def drivers(wire):
    return [wire.daemon.port(side)["driver"] for side in ("routers", "server")]


def refused(wire, *words):
    """The one line that it says when it refuses to start."""
    done = subprocess.run([*wire.box.enter(), built("relaysieved"), "--routers", "routers", "--server", "server", *words,
                           "--control", str(wire.folder / "refused.sock")], capture_output=True, text=True, timeout=BOUND)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("relaysieved: ").removesuffix("\n")


def crosses(wire, sent):
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    left.send(*sent, END)
    return right.until(END)


def several_queues(wire):
    """Two queues in both directions on both sides; the senders spread their flows over them."""
    for namespace, interface in ((wire.left, "eth0"), (wire.box, "routers"), (wire.box, "server"), (wire.right, "eth0")):
        namespace.run("ethtool", "-L", interface, "rx", "2", "tx", "2")


def flows():
    return [frames.ipv4(17, struct.pack("!HHHH", port, 2049, 40, 0) + bytes(32)) for port in range(1024, 1088)]


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


def test_several_queues(wire, dpdks_driver):
    """A driver that binds one queue misses the flows of the other; ours is not chosen, or has a worker for each."""
    several_queues(wire)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    dpdks_driver()
    left.send(*flows())
    heard = [right.receive()]
    while select.select([right], [], [], 1)[0]:
        heard.append(right.receive())
    assert 0 < len(heard) < len(flows()), "one queue was all"
    dpdks_driver.stop()
    right.close()

    reason = "it has 2 receive queues for 1 worker; --workers 2 would fit"
    assert refused(wire, "--driver", "af_xdp") == f"port routers: not with AF_XDP: {reason}"
    wire.start()
    assert drivers(wire) == ["af_packet", "af_packet"]
    assert f"port routers: not af_xdp: {reason}" in wire.daemon.err
    assert crosses(wire, flows()) == flows()
    wire.daemon.end(signal.SIGTERM)
    wire.daemon.kill()

    right = wire.tap(wire.right)
    wire.start("--workers", "2")
    assert drivers(wire) == ["af_xdp", "af_xdp"]
    left.send(*flows())
    assert sorted(right.receive() for _ in flows()) == sorted(flows())  # flows are not kept in order to each other


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


def tagged_through_a_switch(wire):
    """A bridge on the way moves the outer tag of a frame beside it, as NICs do."""
    wire.left.bridge("switch")
    wire.left.ip("link", "add", "name", "host", "type", "veth", "peer", "name", "port")
    wire.left.plug("port", "switch")
    wire.left.plug("eth0", "switch")
    wire.left.ip("link", "set", "host", "up")
    return Tap(wire.left, "host")


def test_tags_beside_a_frame_are_put_back(wire, dpdks_driver):
    host, right = tagged_through_a_switch(wire), wire.tap(wire.right)
    sent = [frame for _, frame in frames.tagged()]
    dpdks_driver()
    host.send(*sent, END)
    assert sum(one != other for one, other in zip(sent, right.until(END))) == 8, "net_af_xdp no longer loses tags"
    dpdks_driver.stop()

    wire.start("--driver", "af_xdp")
    host.send(*sent, END)
    assert right.until(END) == sent
    host.close()


def test_frames_for_a_dead_cable_are_refused_and_not_sent_late(wire, dpdks_driver):
    left = wire.tap(wire.left)

    def sent_late(all_taken):
        wire.box.ip("link", "set", "server", "down")
        left.send(*[frames.sized(100)] * 40)
        wait_until(all_taken, "40 frames", BOUND)
        wire.box.ip("link", "set", "server", "up")
        wire.wait_for_carrier(wire.right, "eth0", True)
        right = wire.tap(wire.right)
        left.send(END)
        return len(right.until(END))

    dpdks_driver()
    before = received_by(wire.box, "routers")
    assert sent_late(lambda: received_by(wire.box, "routers") == before + 40) > 0, "net_af_xdp no longer sends late"
    dpdks_driver.stop()
    wire.start("--driver", "af_xdp", "--link-loss", "ignore")
    assert sent_late(lambda: wire.daemon.port("routers")["rx_frames"] == 40) == 0
    assert wire.daemon.end(signal.SIGTERM) == (41, 1, 0, 40)


def received_by(namespace, interface):
    statistics = json.loads(namespace.run("ip", "-json", "-statistics", "link", "show", "dev", interface))
    return statistics[0]["stats64"]["rx"]["packets"]


def test_anothers_programme_stays(wire, dpdks_driver):
    """DPDK's driver leaves one behind when it is killed. It is not ours to remove."""
    process = dpdks_driver()
    process.kill()
    process.wait()
    name = programme_on(wire)
    assert name is not None
    assert refused(wire, "--driver", "af_xdp") == "port routers: not with AF_XDP: another XDP programme is on it"
    wire.start()
    assert drivers(wire) == ["af_packet", "af_packet"] and programme_on(wire) == name
    assert "port routers: not af_xdp: another XDP programme is on it" in wire.daemon.err
    assert crosses(wire, [frames.sized(60)]) == [frames.sized(60)]


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
