# SPDX-License-Identifier: Apache-2.0
"""From the start to the end: signals, what was changed on the box and is changed back, memory, rest."""

import os
import re
import signal
import socket
from pathlib import Path

import frames
import pytest
from lab.box import built
from wirelab import BOTH_DRIVERS, BOUND

pytestmark = BOTH_DRIVERS

END = frames.marker(0)
PAGES = Path("/sys/kernel/mm/hugepages/hugepages-2048kB")
NO_HUGE_PAGES = ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs none {PAGES.parent} && exec "$@"', "sh")


def feature(wire, name):
    return re.search(rf"^{name}: (\w+)", wire.box.run("ethtool", "-k", "routers"), re.M)[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(wire, number):
    wire.box.run("ethtool", "-K", "routers", "gro", "on", "rx-udp-gro-forwarding", "on")
    wire.start()
    assert feature(wire, "generic-receive-offload") == feature(wire, "rx-udp-gro-forwarding") == "off"
    assert "promiscuity 1" in wire.box.ip("-details", "link", "show", "dev", "routers")
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    copies = frames.hsrp_pair(1)
    left.send(*copies, END)
    assert right.until(END) == [copies[0]]
    right.send(END)
    assert left.until(END) == []

    assert wire.daemon.end(number) == (4, 3, 1, 0)
    assert re.search(r"^ +1  drop +second_copy ", wire.daemon.out, re.M)
    assert re.search(rf"^routers +routers +{wire.driver} +up +3 +1 +0 +0$", wire.daemon.out, re.M)
    assert re.search(rf"^server +server +{wire.driver} +up +1 +2 +0 +0$", wire.daemon.out, re.M)
    assert feature(wire, "generic-receive-offload") == feature(wire, "rx-udp-gro-forwarding") == "on"
    assert "promiscuity 0" in wire.box.ip("-details", "link", "show", "dev", "routers")
    assert not wire.daemon.control.exists()


def test_what_was_off_before_stays_off(wire):
    wire.box.run("ethtool", "-K", "routers", "gro", "off")
    wire.start()
    wire.daemon.end(signal.SIGTERM)
    assert feature(wire, "generic-receive-offload") == "off"


def test_an_interface_that_is_down_is_brought_up(wire):
    wire.box.ip("link", "set", "server", "down")
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    wire.wait_for_carrier(wire.right, "eth0", True)
    left.send(END)
    assert right.until(END) == []
    assert f"port server: {wire.driver}, brought up" in wire.daemon.err


def test_it_ends_when_a_port_goes_away(wire):
    wire.start()
    wire.box.ip("link", "del", "server")
    assert wire.daemon.wait_for_end() == 1
    assert wire.daemon.err.endswith("relaysieved: port server: has gone away\n")
    assert wire.daemon.sums(wire.daemon.out)


def test_it_runs_without_huge_pages_and_says_what_is_lost(wire):
    wire.start(before=NO_HUGE_PAGES)
    assert re.search(r"no \d+ MiB of free huge pages: slower, and a NIC cannot be a DPDK port", wire.daemon.err)
    carries_traffic(wire)


def test_it_runs_on_huge_pages(wire):
    pages = PAGES / "nr_hugepages"
    before = pages.read_text()
    try:
        pages.write_text(str(int(before) + 256))
        if (free := int((PAGES / "free_hugepages").read_text())) < 64:
            pytest.skip(f"only {free} huge pages are free, 64 are needed")
        wire.start()
        assert "slower" not in wire.daemon.err
        maps = Path("/proc", str(daemon_pid(wire)), "smaps").read_text()
        assert sum(map(int, re.findall(r"^Private_Hugetlb: +(\d+) kB", maps, re.M))) >= 8 * 1024
        carries_traffic(wire)
    finally:
        if wire.daemon is not None:
            wire.daemon.kill()
        pages.write_text(before)


def daemon_pid(wire):
    """`ip netns exec` and `setpriv` have become the program itself."""
    pid = wire.daemon.process.pid
    assert os.path.samefile(f"/proc/{pid}/exe", built("relaysieved"))
    return pid


def carries_traffic(wire):
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    sent = frames.of_all_kinds()
    left.send(*sent, END)
    assert right.until(END) == sent
    assert wire.daemon.end(signal.SIGTERM) == (len(sent) + 1, len(sent) + 1, 0, 0)


def test_systemd_is_told(wire):
    path = wire.folder / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(BOUND)
        wire.start(before=("env", f"NOTIFY_SOCKET={path}"))
        assert manager.recv(100) == b"READY=1"
        wire.daemon.end(signal.SIGTERM)
        assert manager.recv(100) == b"STOPPING=1"


def test_two_daemons_run_side_by_side(wire, tmp_path):
    """Each with its own ports and control socket; nothing of one is in the other's way."""
    from wirelab import Relaysieved
    wire.start()
    wire.box.ip("link", "add", "name", "c", "type", "veth", "peer", "name", "d")
    folder = tmp_path / "other"
    folder.mkdir()
    other = Relaysieved(wire.box, folder, ["--routers", "c", "--server", "d"])
    try:
        other.wait_until_ready()
        left, right = wire.tap(wire.left), wire.tap(wire.right)
        left.send(END)
        assert right.until(END) == []
        other.end(signal.SIGTERM)
    finally:
        other.kill()
    left.send(END)
    assert right.until(END) == []


def rights(thread):
    """A thread's capabilities: effective, permitted, inheritable and bounding, and whether it can gain any (proc(5))."""
    status = dict(line.split(":\t", 1) for line in (thread / "status").read_text().splitlines() if ":\t" in line)
    return {name: int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapBnd")} | {
        "NoNewPrivs": int(status["NoNewPrivs"])}


def test_only_the_interfaces_and_its_settings_are_left_to_it(wire):
    CHOWN, DAC_OVERRIDE, FOWNER, NET_ADMIN = (1 << number for number in (0, 1, 3, 12))
    kept = CHOWN | DAC_OVERRIDE | FOWNER | NET_ADMIN
    everything = rights(Path("/proc/self"))
    assert everything["CapEff"] & ~kept
    wire.start()
    left = {"CapEff": kept, "CapPrm": kept, "CapInh": 0, "CapBnd": 0, "NoNewPrivs": 1}
    threads = {(task / "comm").read_text().strip(): rights(task)
               for task in Path(f"/proc/{wire.daemon.process.pid}/task").iterdir()}
    assert threads["relaysieved"] == threads["worker 0"] == left
    others = {name: its for name, its in threads.items() if its != left}
    assert all(name.startswith(("eal-", "rte_", "dpdk-", "telemetry")) for name in others), others
