# SPDX-License-Identifier: Apache-2.0
"""DPDK's tools come and go, are killed, find several daemons, or leave huge pages behind."""

import signal
import threading

import frames
import pytest
from lab.namespaces import wait_until
from lab.namespaces import wire as cable
from sight import IN, OUT, ROUTERS, SERVER, Sight, more_huge_pages, shown, watch
from wirelab import BOUND, Relaysieved, Tap

END = frames.marker(0)


class Stream:
    """Numbered frames from left to right, as long as the test likes; no more under way than any queue has room for."""

    def __init__(self, wire):
        self._left, self._right = wire.tap(wire.left), wire.tap(wire.right)
        self._stop = threading.Event()
        self._sent, self._arrived = [], []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set() and self._sent[-64:] == self._arrived[-64:]:
            burst = [frames.marker(len(self._sent) + at) for at in range(1, 65)]
            self._sent += burst
            self._left.send(*burst)
            self._arrived += [self._right.receive() for _ in burst]

    def end(self):
        """Every frame has arrived, once, in order; how many there were."""
        self._stop.set()
        self._thread.join()
        assert self._arrived == self._sent
        self._left.send(END)
        assert self._right.until(END) == []
        return len(self._sent)
pytestmark = pytest.mark.usefixtures("dpdk_tools")


def test_no_frame_is_lost_while_watchers_come_and_go(wire, sight):
    wire.start(before=sight.inside)
    stream = Stream(wire)
    for _ in range(5):
        routers, server = watch(sight)
        seen = shown(routers.wait_for(200).end(), IN)
        server.wait_for(200).end()
        first = int.from_bytes(seen[0][22:30], "big")
        assert seen == [frames.marker(first + at) for at in range(len(seen))]
    assert stream.end() > 1000


def test_a_watcher_that_is_killed_is_forgotten(wire, sight):
    """While another still watches, its port is not to be had; then it is, and its huge pages are free again."""
    wire.start(before=sight.inside)
    stream = Stream(wire)
    other = sight.watch("-i", SERVER).wait_for(200)
    taken = sight.taken()
    killed = sight.watch("-i", ROUTERS).wait_for(200)
    killed.kill()
    refused = sight.watch("-i", ROUTERS)
    assert refused.process.wait(BOUND) == 1 and "Packet dump enable failed" in refused.said
    assert sight.taken() > taken
    other.end()

    wait_until(lambda: sight.taken() <= taken, lambda: f"the pages of the dead: {wire.daemon.err}", BOUND)
    assert "who watched has been killed: taking the callbacks back" in wire.daemon.err
    for port, direction in ((ROUTERS, IN), (SERVER, OUT)):
        assert shown(sight.watch("-i", port).wait_for(200).end(), direction)
    assert stream.end() > 1000


def test_what_a_killed_daemon_leaves_is_removed_by_the_next(wire, sight):
    wire.start(before=sight.inside)
    taken = sight.taken()
    wire.daemon.kill()
    assert sight.taken() == taken > 0, "nothing was left behind"

    wire.start("--mode", "monitor", before=sight.inside)
    assert sight.telemetry("/relaysieve/stats")["mode"] == "monitor"
    assert sight.taken() == taken
    assert wire.daemon.end(signal.SIGTERM) == (0, 0, 0, 0)
    assert sight.names() == {"relaysieve": set()} and sight.taken() == 0


def test_daemons_side_by_side_have_names_of_their_own(wire, sight, tmp_path):
    wire.start(before=sight.inside)
    cable(wire.box, "c", wire.left, "eth1")
    cable(wire.box, "d", wire.right, "eth1")
    wire.left.up("eth1")
    folder = tmp_path / "other"
    folder.mkdir()
    other = Relaysieved(wire.box, folder, ["--routers", "c", "--server", "d"], sight.inside)
    try:
        other.wait_until_ready()
        assert "dpdk-dumpcap --file-prefix=relaysieve-2 " in other.err
        for prefix, port in (("relaysieve", "routers"), ("relaysieve-2", "c")):
            assert sight.telemetry("/relaysieve/stats", prefix)["ports"]["0"]["name"] == port
        watcher = sight.watch("-i", "net_ring_c", prefix="relaysieve-2").wait_for(0)
        wire.daemon.kill()
        tap = Tap(wire.left, "eth1")
        tap.send(END)
        tap.close()
        assert shown(watcher.wait_for(1).end(), IN) == [END]
    finally:
        other.kill()
    wire.start(before=sight.inside)
    assert "--file-prefix=relaysieve " in wire.daemon.err
    wire.daemon.end(signal.SIGTERM)
    assert sight.taken() == 0


def test_huge_pages_that_are_gone_at_the_last_moment_are_done_without(wire, tmp_path):
    """Free when it looks, and not to be had when it takes them: here because the hugetlbfs is too small."""
    with more_huge_pages(192) as enough:
        if not enough:
            pytest.skip("no 192 huge pages of 2 MiB are to be had")
        sight = Sight(tmp_path, options="size=4M")
        try:
            wire.start(before=sight.inside)
            assert "once more, without huge pages" in wire.daemon.err
            assert "of free huge pages: slower" in wire.daemon.err
            assert sight.taken() == 0
            left, right = wire.tap(wire.left), wire.tap(wire.right)
            copies = frames.hsrp_pair(1)
            left.send(*copies, END)
            assert right.until(END) == [copies[0]]
            assert sight.telemetry("/relaysieve/stats")["totals"] == wire.daemon.status()["totals"]
        finally:
            wire.daemon.kill()
            sight.close()
