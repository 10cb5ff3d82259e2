# SPDX-License-Identifier: Apache-2.0
"""What AF_XDP would lose, change or keep under DPDK's own driver, and does not under ours."""

import json
import select
import signal
import subprocess

import frames
import pytest
from drivers import END, crosses, drivers, flows, programme_on, refused, several_queues
from lab.namespaces import wait_until
from wirelab import BOUND, Tap


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
