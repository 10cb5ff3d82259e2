# SPDX-License-Identifier: Apache-2.0
"""The kernel's interfaces behind the ports: lost links are carried over, and what somebody changes is seen or undone.

A host that takes its end of a cable down takes the carrier from the box's end, and the other way round.
"""

import contextlib
import os
import re
import signal
import socket
import struct

import frames
import pytest
from lab.namespaces import Namespace, wait_until
from lab.namespaces import wire as cable
from wirelab import BOTH_DRIVERS, BOUND, Relaysieved, inside

END = frames.marker(0)
SO_NETNS_COOKIE = 71
SIDES = {"routers": "left", "server": "right"}
OTHER = {"routers": "server", "server": "routers"}


def host(wire, side):
    """The host at the far end of a port's cable."""
    return getattr(wire, SIDES[side])


def pull(wire, side):
    host(wire, side).ip("link", "set", "eth0", "down")


def plug_in(wire, side):
    host(wire, side).ip("link", "set", "eth0", "up")


def is_up(wire, port):
    return "UP" in re.search(r"<(.*?)>", wire.box.ip("link", "show", "dev", port))[1].split(",")


def wait_for(wire, port, up):
    wait_until(lambda: is_up(wire, port) == up, f"{port} {'up' if up else 'down'}", BOUND)


def wait_for_links(wire):
    """Link at both hosts."""
    for side in SIDES:
        wire.wait_for_carrier(host(wire, side), "eth0", True)


def said(wire, *lines):
    wait_until(lambda: all(line in wire.daemon.err for line in lines), lambda: f"{lines} in {wire.daemon.err}", BOUND)


def carries(wire):
    """Frames cross, both ways, and nobody else's; the ports still take frames for any destination."""
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    for one, other in ((left, right), (right, left)):
        one.send(frames.sized(60), END)
        assert other.until(END) == [frames.sized(60)]
    for port in SIDES:
        assert "promiscuity 1" in wire.box.ip("-details", "link", "show", "dev", port)
        with inside(wire.box), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
            raw.bind((port, 0))
            with pytest.raises(OSError):  # the box's own frames do not get onto the wire
                raw.send(END)


@pytest.mark.parametrize("lost", SIDES)
def test_when_it_is_told_to_ignore_a_loss_the_other_side_never_learns_of_it(wire, lost):
    wire.start("--link-loss", "ignore")
    pull(wire, lost)
    said(wire, f"port {lost}: link down")
    plug_in(wire, lost)
    said(wire, f"port {lost}: link up")
    assert is_up(wire, OTHER[lost]) and "held down" not in wire.daemon.err


@BOTH_DRIVERS
@pytest.mark.parametrize("lost", SIDES)
def test_a_loss_is_carried_over_and_back(wire, lost):
    wire.start()
    pull(wire, lost)
    wire.wait_for_carrier(host(wire, OTHER[lost]), "eth0", False)
    said(wire, f"port {lost}: link down", f"port {OTHER[lost]}: held down while the ")
    assert is_up(wire, lost)
    plug_in(wire, lost)
    wait_for_links(wire)
    said(wire, f"port {lost}: link up", f"port {OTHER[lost]}: up again")
    carries(wire)
    wire.daemon.end(signal.SIGTERM)


@pytest.mark.parametrize("first", SIDES)
def test_both_sides_lost_at_once_do_not_lock_each_other(wire, first):
    wire.start()
    for side in SIDES:
        pull(wire, side)
    wait_until(lambda: not any(port["link"] for port in wire.daemon.status()["ports"]), "both links to be lost", BOUND)
    # Whichever was seen first, one side at most is held, and it learns what the other has.
    plug_in(wire, first)
    wire.wait_for_carrier(host(wire, first), "eth0", False)
    wait_for(wire, first, False)
    assert is_up(wire, OTHER[first])
    plug_in(wire, OTHER[first])
    wait_for_links(wire)
    carries(wire)


def test_two_boxes_in_a_row_are_one_cable(wire):
    """left eth0 -- routers [box] server -- eth0 [right] out -- eth0 far"""
    far = Namespace("far")
    folder = wire.folder / "second"
    folder.mkdir()
    second = None
    try:
        cable(wire.right, "out", far, "eth0")
        far.up("eth0")
        wire.start()
        second = Relaysieved(wire.right, folder, ["--routers", "eth0", "--server", "out"]).wait_until_ready()
        ends = (wire.left, far)
        for pulled in ((wire.left,), (far,), ends):
            for end in pulled:
                end.ip("link", "set", "eth0", "down")
            for end in set(ends) - set(pulled):
                wire.wait_for_carrier(end, "eth0", False)
            for end in pulled:
                end.ip("link", "set", "eth0", "up")
            for end in ends:
                wire.wait_for_carrier(end, "eth0", True)
        left, right = wire.tap(wire.left), wire.tap(far)

        def crosses():
            with contextlib.suppress(OSError):  # no link yet; nothing there yet
                left.send(END)
                return right.receive_now() == END
        wait_until(crosses, "a frame at the far end", BOUND)
    finally:
        if second is not None:
            second.kill()
        far.delete()


def test_a_side_has_link_while_one_of_its_ports_has(wire):
    cable(wire.box, "routers2", wire.left, "eth1")
    wire.box.ip("link", "set", "routers2", "up")
    wire.left.up("eth1")
    wire.start(routers="routers,routers2")
    pull(wire, "routers")
    said(wire, "port routers: link down")
    assert is_up(wire, "server")
    wire.left.ip("link", "set", "eth1", "down")
    wire.wait_for_carrier(wire.right, "eth0", False)
    wire.left.ip("link", "set", "eth1", "up")
    wire.wait_for_carrier(wire.right, "eth0", True)
    pull(wire, "server")
    for port in ("routers", "routers2"):
        wait_for(wire, port, False)


def test_a_port_without_link_at_the_start_holds_the_other_after_a_while(wire):
    pull(wire, "server")
    wire.start()
    said(wire, "port server: no link yet")
    wire.wait_for_carrier(wire.left, "eth0", False)
    plug_in(wire, "server")
    wait_for_links(wire)
    carries(wire)


def test_a_held_port_that_somebody_brings_up_is_taken_down_again(wire):
    wire.start()
    pull(wire, "server")
    wait_for(wire, "routers", False)
    wire.box.ip("link", "set", "routers", "up")
    wait_for(wire, "routers", False)


def test_a_port_that_is_held_is_up_after_the_end(wire):
    wire.start()
    pull(wire, "server")
    wait_for(wire, "routers", False)
    wire.daemon.end(signal.SIGTERM)
    assert is_up(wire, "routers")


@BOTH_DRIVERS
def test_a_port_that_a_killed_daemon_held_comes_up_with_the_next(wire):
    wire.start()
    pull(wire, "server")
    wait_for(wire, "routers", False)
    wire.daemon.kill()
    assert not is_up(wire, "routers")
    plug_in(wire, "server")
    wire.start()
    assert f"port routers: {wire.driver}, brought up" in wire.daemon.err
    wait_for_links(wire)
    carries(wire)


def test_only_network_interfaces_can_be_held(wire):
    wire.start("--link-loss", "forward", server="vdev:net_null0")
    assert "link_loss: port vdev:net_null0 is no network interface: its wire carries no loss over" in wire.daemon.err
    wire.daemon.kill()
    wire.start(server="vdev:net_null0")
    assert "link_loss" not in wire.daemon.err
    pull(wire, "routers")
    said(wire, "port routers: link down")
    wire.daemon.end(signal.SIGTERM)


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
