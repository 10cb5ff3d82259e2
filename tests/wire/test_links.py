# SPDX-License-Identifier: Apache-2.0
"""Lost links are carried over to the other side, and back."""

import contextlib
import signal

import pytest
from lab.namespaces import Namespace, wait_until
from lab.namespaces import wire as cable
from links import END, OTHER, SIDES, carries, host, is_up, plug_in, pull, said, wait_for, wait_for_links
from wirelab import BOTH_DRIVERS, BOUND, Relaysieved


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
