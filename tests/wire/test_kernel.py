# SPDX-License-Identifier: Apache-2.0
"""The box's own kernel is kept off the wire: it neither speaks nor answers on the ports."""

import signal
import socket
import struct

import frames
import pytest
from lab.namespaces import wait_until
from wirelab import BOTH_DRIVERS, BOUND, inside

pytestmark = BOTH_DRIVERS

BOX, NEIGHBOUR = "10.1.0.1", "10.1.0.9"
BOX6, NEIGHBOUR6 = "fd01::1", "fd01::9"
START, END = frames.marker(1), frames.marker(0)


@pytest.fixture
def box_with_addresses(wire):
    """The box's port on the server's side has addresses, IPv6 is on, and duplicates are not looked for."""
    for key in ("all.disable_ipv6", "server.disable_ipv6"):
        wire.box.sysctl(f"net.ipv6.conf.{key}", 0)
    wire.box.sysctl("net.ipv6.conf.server.accept_dad", 0)
    wire.box.ip("address", "add", f"{BOX}/24", "dev", "server")
    wire.box.ip("address", "add", f"{BOX6}/64", "dev", "server", "nodad")
    return wire


def speak(wire):
    """The box's kernel asks for its neighbours, at once: by ARP and by IPv6 neighbour discovery."""
    for family, target in ((socket.AF_INET, NEIGHBOUR), (socket.AF_INET6, NEIGHBOUR6)):
        with inside(wire.box), socket.socket(family, socket.SOCK_DGRAM) as datagrams:
            datagrams.sendto(b"hello", (target, 9))


def start(wire, left, right):
    """Starts the daemon; what the kernel sent before that is out of the way."""
    wire.start()
    for source, target in ((left, right), (right, left)):
        source.send(START)
        target.until(START)


def is_arp_for_the_neighbour(frame):
    return frame[12:14] == b"\x08\x06" and frame[38:42] == frames.address(NEIGHBOUR)


def is_neighbour_solicitation(frame):
    return frame[12:14] == b"\x86\xdd" and frame[54:55] == bytes((135,))  # RFC 4861 s4.3


def marked(wire):
    """Sends a marker from the box itself, as any program with a packet socket can."""
    with inside(wire.box), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.bind(("server", 0))
        raw.send(END)


def test_the_boxs_own_frames_do_not_get_onto_the_wire(box_with_addresses):
    wire = box_with_addresses
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    speak(wire)
    marked(wire)
    heard = right.until(END)
    assert any(map(is_arp_for_the_neighbour, heard)) and any(map(is_neighbour_solicitation, heard))

    wire.box.ip("neighbour", "flush", "all")
    start(wire, left, right)
    speak(wire)
    with pytest.raises(OSError):  # a program's frame, on its way through the kernel
        marked(wire)
    left.send(END)
    assert right.until(END) == []
    right.send(END)
    assert left.until(END) == []
    assert wire.daemon.end(signal.SIGTERM)[:2] == (4, 4)


def arp_request(target):
    return frames.ethernet(0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + frames.SERVER + frames.address(NEIGHBOUR) +
                           bytes(6) + frames.address(target) + bytes(18), dst=frames.EVERYONE, src=frames.SERVER)


def is_the_boxs_answer(frame):
    return frame[:6] == frames.SERVER and frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and \
        frame[28:32] == frames.address(BOX)


def answered(right):
    while (frame := right.receive()) is not None:
        if is_the_boxs_answer(frame):
            return True
    return False


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_box_does_not_answer_for_its_ports(box_with_addresses, end):
    wire = box_with_addresses
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    question = arp_request(BOX)
    right.send(question)
    assert answered(right)

    start(wire, left, right)
    right.send(question)
    assert left.until(question) == []
    left.send(END)
    assert right.until(END) == []

    # However the daemon ends, the kernel has its interface back.
    wire.daemon.process.send_signal(end)
    wire.daemon.wait_for_end()
    right.send(question)
    assert answered(right)


def test_a_bridge_over_both_ports_gets_nothing_while_the_daemon_lives(wire):
    """A bridge that takes over when the daemon dies would double every frame before."""
    wire.box.bridge("spare")
    for port in ("routers", "server"):
        wire.box.plug(port, "spare")
    left, right = wire.tap(wire.left), wire.tap(wire.right)

    def bridged():
        left.send(frames.sized(60))
        left.send(END)
        return right.until(END) == [frames.sized(60)]
    wait_until(bridged, "the bridge", BOUND)

    wire.start()
    left.send(frames.sized(60), END)
    assert right.until(END) == [frames.sized(60)]
    left.send(START)
    assert right.until(START) == []  # no second one
    wire.daemon.process.kill()
    wire.daemon.wait_for_end()
    wait_until(bridged, "the bridge", BOUND)


def test_without_the_table_it_does_not_start_beside_a_bridge(wire, driver):
    """A table of its name that is there already: the kernel lets nobody own it any more."""
    taken = ("/bin/sh", "-c", 'nft "add table netdev relaysieve_$$"; exec "$0" "$@"')
    words = ("--routers", "routers", "--server", "server", "--driver", driver)
    wire.start(before=taken)
    assert "no nftables" in wire.daemon.err and "this machine's own frames can get onto the wire" in wire.daemon.err
    wire.daemon.end(signal.SIGTERM)

    wire.box.bridge("spare")
    wire.box.plug("server", "spare")
    wire.launch(*words, before=taken)
    assert wire.daemon.wait_for_end() == 2
    said = wire.daemon.err.splitlines()[-1]
    assert "port server: part of spare, which would carry every frame a second time: no nftables (" in said
    assert wire.daemon.out == ""
    wire.daemon.kill()
    wire.start()
