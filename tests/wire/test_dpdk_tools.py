# SPDX-License-Identifier: Apache-2.0
"""dpdk-dumpcap, dpdk-pdump and dpdk-telemetry.py, the real ones, on a running relaysieved: what they show."""

import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import frames
import pcapfile
import pytest
from lab.namespaces import wait_until
from sight import IN, OUT, PAGES, ROUTERS, SERVER, Sight, shown, watch
from wirelab import BOUND

END = frames.marker(0)
NO_HUGE_PAGES = ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs none {PAGES.parent} && exec "$@"', "sh")
WHOLE = ("-s", 9216)  # dumpcap's own limit cuts at 2,176 bytes
pytestmark = pytest.mark.usefixtures("dpdk_tools")


@pytest.fixture
def short_folder():
    """dpdk-pdump knows no path of more than 63 characters."""
    with tempfile.TemporaryDirectory(prefix="pdump") as folder:
        yield Path(folder)


@pytest.mark.parametrize("driver, mtu", [("af_packet", 9000), ("af_xdp", 1500)])
def test_dumpcap_shows_what_came_in_and_what_went_out(wire, sight, driver, mtu):
    """Second copies come in on the routers' side, and do not go out on the server's. Tags and long frames are whole."""
    wire.set_mtu(mtu)
    wire.start("--driver", driver, before=sight.inside)
    assert "to watch: dpdk-dumpcap --file-prefix=relaysieve -i PORT (-D lists the ports)" in wire.daemon.err
    listed = sight.run("dpdk-dumpcap", "--file-prefix=relaysieve", "-D")
    assert ROUTERS in listed.stdout + listed.stderr and SERVER in listed.stdout + listed.stderr

    left, right = wire.tap(wire.left), wire.tap(wire.right)
    pairs = [frames.hsrp_pair(xid) for xid in range(100)]
    others = frames.of_all_kinds(mtu + 14)
    requests = [copy for pair in pairs for copy in pair] + others
    replies = frames.random_frames(100, mtu + 14, seed=2)
    routers, server = watch(sight, *WHOLE)
    left.send(*requests, END)
    arrived = right.until(END)
    assert arrived == [first for first, _ in pairs] + others
    right.send(*replies, END)
    assert left.until(END) == replies

    seen = routers.wait_for(len(requests) + len(replies) + 2).end()
    assert shown(seen, IN) == [*requests, END]
    assert shown(seen, OUT) == [*replies, END]
    seen = server.wait_for(len(arrived) + len(replies) + 2).end()
    assert shown(seen, OUT) == [*arrived, END]
    assert shown(seen, IN) == [*replies, END]
    assert wire.daemon.end(signal.SIGTERM) == (
        len(requests) + len(replies) + 2, len(arrived) + len(replies) + 2, len(pairs), 0)


def test_frames_that_were_refused_are_not_shown_as_sent(wire, sight):
    wire.start("--link-loss", "ignore", before=sight.inside)
    left = wire.tap(wire.left)
    routers, server = watch(sight)
    wire.right.ip("link", "set", "eth0", "down")
    wire.wait_for_carrier(wire.box, "server", False)
    left.send(frames.sized(100))
    wait_until(lambda: wire.daemon.port("server")["refused"] == 1, "the frame to be refused", BOUND)
    assert shown(routers.wait_for(1).end(), IN) == [frames.sized(100)]
    assert server.end() == []


def test_a_snapshot_length_cuts_what_is_shown_only(wire, sight):
    wire.set_mtu(9000)
    wire.start(before=sight.inside)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    watcher = sight.watch("-i", ROUTERS, "-s", 100).wait_for(0)
    left.send(frames.sized(9014), END)
    assert right.until(END) == [frames.sized(9014)]
    captured = watcher.wait_for(2).end()
    assert [(frame.length, len(frame.data)) for frame in captured] == [(9014, 100), (len(END), len(END))]


def test_all_workers_are_shown(wire, sight):
    wire.start("--workers", "2", before=sight.inside)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    routers, server = watch(sight)
    flows = [frames.ipv4(17, bytes(100), source=f"10.30.{at // 200}.{at % 200 + 2}", identification=at) for at in range(600)]
    left.send(*flows)
    assert Counter(right.receive() for _ in flows) == Counter(flows)
    assert min(worker["busy_rounds"] for worker in wire.daemon.status()["workers"]) > 0, "one worker got all flows"
    assert Counter(shown(routers.wait_for(len(flows)).end(), IN)) == Counter(flows)
    assert Counter(shown(server.wait_for(len(flows)).end(), OUT)) == Counter(flows)


def test_pdump_writes_what_came_in_and_what_went_out(wire, sight, short_folder):
    wire.start(before=sight.inside)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    files = {side: short_folder / f"{side}.pcap" for side in ("rx", "tx")}
    pdump = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *sight.inside, "stdbuf", "-oL", "dpdk-pdump", "--file-prefix=relaysieve", "--", "--pdump",
         f"device_id={ROUTERS},queue=*,rx-dev={files['rx']},tx-dev={files['tx']}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = ""
        while "capture for" not in said:
            line = pdump.stdout.readline()
            assert line, f"dpdk-pdump ended: {said}"
            said += line
        copies = frames.hsrp_pair(1)
        left.send(*copies, END)
        assert right.until(END) == [copies[0]]
        right.send(END)
        assert left.until(END) == []
    finally:
        pdump.send_signal(signal.SIGINT)
        rest, _ = pdump.communicate(timeout=BOUND)
    assert pdump.returncode == 0, rest
    assert [frame.data for frame in pcapfile.read(files["rx"])] == [*copies, END]
    assert [frame.data for frame in pcapfile.read(files["tx"])] == [END]


def test_telemetry_tells_what_status_tells(wire, sight):
    """With and without huge pages: it needs none."""
    wire.start(before=sight.inside)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    copies = frames.hsrp_pair(1)
    left.send(*copies, END)
    assert right.until(END) == [copies[0]]
    check_telemetry(wire, sight)


def check_telemetry(wire, sight):
    listed = sight.run("dpdk-telemetry.py", "--list").stdout
    assert "\nrelaysieve\n" in listed
    assert "/relaysieve/stats" in sight.telemetry("/")
    stats, status = sight.telemetry("/relaysieve/stats"), wire.daemon.status()
    assert stats["totals"] == status["totals"] == {"received": 3, "forwarded": 2, "dropped": 1, "refused": 0}
    assert stats["reasons"] == status["reasons"]
    assert (stats["version"], stats["mode"]) == (status["version"], status["mode"])
    ports = [{**port, "link": int(port["link"])} for port in status["ports"]]
    assert list(stats["ports"].values()) == ports


def test_telemetry_without_huge_pages(wire, tmp_path):
    sight = Sight(tmp_path)
    try:
        wire.start(before=(*sight.inside, *NO_HUGE_PAGES))
        assert "of free huge pages: slower" in wire.daemon.err
        left, right = wire.tap(wire.left), wire.tap(wire.right)
        copies = frames.hsrp_pair(1)
        left.send(*copies, END)
        assert right.until(END) == [copies[0]]
        check_telemetry(wire, sight)
    finally:
        wire.daemon.kill()
        sight.close()
