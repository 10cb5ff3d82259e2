# SPDX-License-Identifier: Apache-2.0
"""Dropping copies must not take away what the second router is there for."""

import pytest

from . import relays, servers
from .box import Bridge, Relaysieve
from .clients import Udhcpc
from .namespaces import LabError
from .trials import furnish, kill, trial


@pytest.mark.parametrize("victim, survivor", ["AB", "BA"])
def test_a_router_dies_between_two_boots(lab, victim, survivor):
    furnish(lab, relays.dhcrelay, relays.dhcrelay, servers.dnsmasq)
    lab.put(Bridge())
    trial(lab, 2, Udhcpc)
    lab.put(Relaysieve())
    trial(lab, 1, Udhcpc)
    kill(lab, victim)
    [client], ledger = trial(lab, 1, Udhcpc)
    for kind in ("DISCOVER", "REQUEST"):
        assert set(ledger.relays_of(client.mac, kind)) == {lab.routers[survivor].lan_address}


def test_both_routers_die_and_come_back(lab):
    furnish(lab, relays.dhcrelay, relays.dhcrelay, servers.dnsmasq)
    lab.put(Bridge())
    trial(lab, 2, Udhcpc)
    lab.put(Relaysieve())
    trial(lab, 1, Udhcpc)
    lab.forget()
    for router in lab.routers.values():
        router.die()
    lost = lab.client(Udhcpc)
    lost.start(pause=1, tries=3)
    with pytest.raises(LabError, match="got no lease"):
        lost.finish()
    assert lab.ledger().brought[lost.mac, "DISCOVER"] == 0
    lab.forget()
    for router in lab.routers.values():
        router.come_back(relays.dhcrelay)
    lab.make_master(lab.routers["B"])
    clients, ledger = trial(lab, 1, Udhcpc, Udhcpc)
    assert all(ledger.brought[client.mac, "DISCOVER"] == 2 for client in clients), "one of the two is not back"


def test_the_copy_that_always_wins_has_a_dead_return_path(lab):
    """The server's route sends what it answers to router B by way of A, over the client LAN, where dhcrelay on B
    refuses it; and B's copies are first, always. dhcpd answers the first copy only."""
    furnish(lab, relays.dhcrelay, relays.dhcrelay, servers.dhcpd)
    good, dead = lab.routers["A"], lab.routers["B"]
    good.come_late(0.25)  # inside the window, and more than two relays ever lie apart by chance
    lab.route_replies(dead, via=good)

    lab.put(Bridge())
    client = lab.client(Udhcpc)
    client.start(pause=1)
    client.finish()
    ledger = lab.ledger()
    ledger.expect_copies(2, client)
    assert ledger.sent[client.mac, "DISCOVER"] > 1, "the first offer reached the client"
    assert "Dropping reply received on lan" in dead.relay.output

    lab.forget()
    lab.put(Relaysieve('turn_after = "0s"'))  # one copy, and it is always the same router's
    client = lab.client(Udhcpc)
    client.start(pause=1, tries=5)
    with pytest.raises(LabError, match="got no lease"):
        client.finish()
    ledger = lab.ledger()
    assert ledger.brought[client.mac, "DISCOVER"] == 10
    assert ledger.relays_of(client.mac, "DISCOVER") == [dead.lan_address] * 5

    lab.put(Relaysieve())  # the other router gets its turn
    [client], ledger = trial(lab, 1, Udhcpc)
    for kind in ("DISCOVER", "REQUEST"):
        *before, last = ledger.relays_of(client.mac, kind)
        assert dead.lan_address in before and last == good.lan_address
