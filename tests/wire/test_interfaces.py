# SPDX-License-Identifier: Apache-2.0
"""What is switched off on the ports' interfaces, and on again; and what somebody changes there while the daemon runs."""

import os
import re
import signal
import socket
import struct

import pytest
from lab.namespaces import wait_until
from lab.namespaces import wire as cable
from links import SIDES, carries, plug_in, pull, said, wait_for_links
from wirelab import BOTH_DRIVERS, BOUND, Relaysieved, inside

SO_NETNS_COOKIE = 71


# What is switched off and on again.

def gro(wire, port="routers"):
    return re.search(r"^generic-receive-offload: (\w+)", wire.box.run("ethtool", "-k", port), re.M)[1]


@pytest.fixture
def notes(wire):
    """The folder that the daemon started with `.before` takes for /run/relaysieve/ports."""
    class Notes:
        folder = wire.folder / "run" / "ports"
        before = ("unshare", "--mount", "sh", "-c",
                  f'mkdir -p /run/relaysieve && mount --bind {folder.parent} /run/relaysieve && exec "$@"', "sh")

        def names(self):
            return sorted(path.name for path in self.folder.iterdir())
    Notes.folder.mkdir(parents=True)
    return Notes()


def note_of(wire, port):
    with inside(wire.box), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        cookie, = struct.unpack("Q", any_socket.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8))
        return f"{cookie}-{socket.if_nametoindex(port)}-{port}"


def kill_with_gro_off(wire, notes):
    wire.box.run("ethtool", "-K", "routers", "gro", "on")
    wire.start(before=notes.before)
    assert gro(wire) == "off" and notes.names() == [note_of(wire, "routers")]
    wire.daemon.kill()
    assert gro(wire) == "off"


@BOTH_DRIVERS
def test_the_next_start_makes_up_for_a_sigkill(wire, notes):
    kill_with_gro_off(wire, notes)
    wire.start(before=notes.before)
    assert "interface routers: rx-gro on again, which a relaysieved that was killed had left off" in wire.daemon.err
    assert gro(wire) == "off"
    wire.daemon.end(signal.SIGTERM)
    assert gro(wire) == "on" and notes.names() == []


def test_so_does_a_start_on_other_ports(wire, notes):
    kill_with_gro_off(wire, notes)
    wire.box.ip("link", "set", "routers", "down")
    wire.box.ip("link", "set", "routers", "name", "renamed")
    cable(wire.box, "other", wire.left, "eth1")
    wire.start(routers="other", before=notes.before)
    assert "interface renamed: rx-gro on again" in wire.daemon.err
    assert gro(wire, "renamed") == "on" and notes.names() == []


def test_what_a_living_daemon_switched_off_stays_off(wire, notes):
    wire.box.run("ethtool", "-K", "routers", "gro", "on")
    wire.start(before=notes.before)
    wire.box.ip("link", "add", "name", "c", "type", "veth", "peer", "name", "d")
    folder = wire.folder / "other"
    folder.mkdir()
    other = Relaysieved(wire.box, folder, ["--routers", "c", "--server", "d"], notes.before)
    try:
        other.wait_until_ready()
        assert gro(wire) == "off" and notes.names() == [note_of(wire, "routers")]
        assert "on again" not in other.err
    finally:
        other.kill()


def test_foreign_notes_do_no_harm(wire, notes):
    bad = {"README": b"hello\n", note_of(wire, "routers"): b"tx-checksum-ip-generic\n", note_of(wire, "server"): b"rx-gro"}
    for name, text in bad.items():
        (notes.folder / name).write_bytes(text)
    os.mkfifo(notes.folder / note_of(wire, "lo"))
    (notes.folder / "1-1-lo").symlink_to("/etc/passwd")  # of another namespace
    before = wire.box.run("ethtool", "-k", "routers")
    names = notes.names()
    wire.start(before=notes.before)
    warning, = [line for line in wire.daemon.err.splitlines() if "/run/relaysieve/ports" in line]
    foreign = ", ".join(sorted([*bad, note_of(wire, "lo")]))
    assert sorted(warning.rpartition(": ")[2].split(", ")) == foreign.split(", ")
    carries(wire)
    wire.daemon.end(signal.SIGTERM)
    assert notes.names() == names and wire.box.run("ethtool", "-k", "routers") == before


def test_without_a_place_for_notes_it_warns_once_and_goes_on(wire):
    for port in SIDES:
        wire.box.run("ethtool", "-K", port, "gro", "on")
    wire.start(before=("unshare", "--mount", "sh", "-c",
                       'mkdir -p /run/relaysieve && mount -t tmpfs -o ro none /run/relaysieve && exec "$@"', "sh"))
    assert wire.daemon.err.count("no note of what is switched off (/run/relaysieve/ports: ") == 1
    assert gro(wire) == gro(wire, "server") == "off"
    carries(wire)
    wire.daemon.end(signal.SIGTERM)
    assert gro(wire) == gro(wire, "server") == "on"


# What somebody changes while it runs.

@BOTH_DRIVERS
def test_merging_that_somebody_switches_on_is_switched_off_again(wire):
    wire.start()
    for _ in range(2):
        wire.box.run("ethtool", "-K", "routers", "gro", "on")
        wait_until(lambda: gro(wire) == "off", "gro to be off again", BOUND)
    assert wire.daemon.err.count("port routers: somebody switched rx-gro on, ") == 1


def test_an_mtu_that_does_not_fit_is_told_of_once(wire):
    wire.start("--driver", "af_packet")
    differ = "the MTUs of a wire differ, and frames too long for one of its ports are refused there: "
    assert differ not in wire.daemon.err
    wire.box.ip("link", "set", "server", "mtu", 9000)
    said(wire, differ + "routers 1500, server 9000\n")
    wire.box.ip("link", "set", "routers", "mtu", 20000)
    said(wire, "port routers: its MTU is 20000 now: frames for more than 10090 are lost\n",
         differ + "routers 20000, server 9000\n")
    wire.box.ip("link", "set", "routers", "mtu", 9000)
    pull(wire, "server")
    said(wire, "port server: link down")
    assert wire.daemon.err.count(differ) == 2 and wire.daemon.err.count("are lost") == 1


def lost_messages(pid):
    """How many messages the kernel could not give to the rtnetlink sockets of this process."""
    inodes = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
    with open(f"/proc/{pid}/net/netlink") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(int(row[8]) for row in rows if f"socket:[{row[9]}]" in inodes)


def test_more_news_than_it_can_take_is_no_harm(wire):
    wire.start()
    pid = wire.daemon.process.pid
    wire.daemon.process.send_signal(signal.SIGSTOP)
    flood = "".join(f"link set lo mtu {1500 + number}\n" for number in range(2000))
    (wire.folder / "flood").write_text(flood)
    wire.box.ip("-batch", wire.folder / "flood")
    assert lost_messages(pid) > 0
    pull(wire, "server")
    wire.daemon.process.send_signal(signal.SIGCONT)
    wire.wait_for_carrier(wire.left, "eth0", False)
    plug_in(wire, "server")
    wait_for_links(wire)
    carries(wire)
