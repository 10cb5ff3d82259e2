# SPDX-License-Identifier: Apache-2.0
"""DHCPv6: the same trouble with two relays, and the same cure; and both families of a machine at once."""

import json

import pytest

from . import relays, servers, servers6
from .box import Bridge, Relaysieve
from .clients6 import Dhclient6, DualStack
from .namespaces import wait_until
from .trials import boot, furnish, furnish6, kill, trial

_TYPES = ("SOLICIT", "REQUEST")


def relays6(box):
    """{link-address: copies} of those that the daemon has heard."""
    return {relay["giaddr"]: relay["copies"] for relay in box.ask("relays")["relays"] if relay["family"] == "v6"}


@pytest.mark.parametrize("server", [servers6.dnsmasq, servers6.dhcpd])
def test_the_server_gets_each_request_once(lab, server):
    furnish6(lab, server)
    lab.put(Bridge())
    trial(lab, 2, Dhclient6)
    box = Relaysieve()
    lab.put(box)
    lab.forget()
    client = lab.client(Dhclient6)
    trace = box.trace(client.mac)
    ledger = boot(lab, 1, client)

    sent = sum(ledger.sent.values())
    families = box.status()["families"]
    assert families["v6"]["first_copy"] + families["v6"].get("retransmission", 0) == families["v6"]["second_copy"] == sent
    assert families["v4"] == {}
    assert relays6(box) == {router.lan_address6: sent for router in lab.routers.values()}
    assert all(relay["family"] == "v6" for relay in box.ask("relays")["relays"])
    assert "fd20:30::2" in (said := box.report("relays")) and "fd20:30::3" in said

    trace.wait_for('(?s)"REQUEST".*"REQUEST"')
    shown = [json.loads(line) for line in trace.output.splitlines() if '"SOLICIT"' in line]
    assert {line["verdict"] for line in shown} == {"forward", "drop"} and len(shown) == 2 * ledger.sent[client.duid, "SOLICIT"]
    assert {(line["family"], line["client"]) for line in shown} == {("v6", client.duid)}


@pytest.mark.parametrize("victim, survivor", ["AB", "BA"])
def test_a_router_dies_between_two_boots(lab, victim, survivor):
    furnish6(lab, servers6.dnsmasq)
    lab.put(Relaysieve())
    trial(lab, 1, Dhclient6)
    kill(lab, victim)
    [client], ledger = trial(lab, 1, Dhclient6)
    for kind in _TYPES:
        assert set(ledger.relays_of(client.duid, kind)) == {lab.routers[survivor].lan_address6}


def test_the_copy_that_always_wins_has_a_dead_return_path(lab):
    furnish6(lab, servers6.dhcpd)
    dead, good = lab.routers["A"], lab.routers["B"]
    good.come_late(0.25)  # inside the window, and more than two relays ever lie apart by chance
    dead.lose_answers6()

    lab.put(Bridge())
    trial(lab, 2, Dhclient6)

    lab.forget()
    lab.put(Relaysieve())  # the other router gets its turn
    [client], with_turns = trial(lab, 1, Dhclient6)
    for kind in _TYPES:
        *before, last = with_turns.relays_of(client.duid, kind)
        assert dead.lan_address6 in before and last == good.lan_address6
    needed = with_turns.sent[client.duid, "SOLICIT"]
    assert lab.box.status()["families"]["v6"]["turn_passed"] > 0

    lab.forget()
    lab.put(Relaysieve('turn_after = "0s"'))  # one copy, and it is always the same router's
    client = lab.client(Dhclient6)
    client.start()
    wait_until(lambda: sum(message.chaddr == client.duid for message in lab.captures[0].messages if message.op == 1) > needed,
               "one transmission more than was enough with turns")
    assert not client.has_address
    ledger = lab.ledger()
    sent = ledger.sent[client.duid, "SOLICIT"]
    assert ledger.answers("ADVERTISE") > 0, "no answer that could be lost"
    assert sent > needed and ledger.brought[client.duid, "SOLICIT"] == 2 * sent
    assert ledger.relays_of(client.duid, "SOLICIT") == [dead.lan_address6] * sent


def test_both_families_of_a_machine_at_once(lab):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    furnish6(lab, servers6.dnsmasq)
    lab.put(Bridge())
    trial(lab, 2, DualStack)
    lab.put(Relaysieve())
    clients, ledger = trial(lab, 1, DualStack, DualStack)
    families = lab.box.status()["families"]
    for family in ("v4", "v6"):
        sent = sum(ledger.sent[key] for client in clients for key in getattr(client, family).asks)
        assert families[family]["second_copy"] == sent
    heard = {(relay["family"], relay["giaddr"]) for relay in lab.box.ask("relays")["relays"]}
    assert heard == {(family, address) for router in lab.routers.values()
                     for family, address in (("v4", router.lan_address), ("v6", router.lan_address6))}
