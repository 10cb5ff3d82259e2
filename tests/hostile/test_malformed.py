# SPDX-License-Identifier: Apache-2.0
"""Requests that are broken in every place, as fast as they can be sent, beside honest clients that boot all the time."""

import json

from honest import Crew, fates, sums
from intruder import Intruder
from lab import relays, servers
from lab.box import Bridge, Relaysieve
from lab.trials import furnish
from malformed import storm


def count_what_arrives(server, source_mac):
    """In the server's kernel, before it looks at anything."""
    server.run("nft", "add table netdev count; add chain netdev count in { type filter hook ingress device eth0 priority -1; }; "
                      f"add rule netdev count in ether saddr {source_mac} counter")


def arrived(server):
    for part in json.loads(server.run("nft", "-j", "list", "table", "netdev", "count"))["nftables"]:
        if "rule" in part:
            return next(word["counter"]["packets"] for word in part["rule"]["expr"] if "counter" in word)


def rage(lab, intruder, crew, seconds):
    """How often all the broken frames were sent, and what became of the honest clients' requests meanwhile."""
    lab.forget()
    with crew.at_work():
        rounds = intruder.storm([frame for frames in storm().values() for frame in frames], seconds)
    return rounds, sums(fates(lab.ledger()))


def test_malformed_storm(lab, seconds, told):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    intruder, crew = Intruder(lab), Crew(lab)
    count_what_arrives(lab.server, intruder.mac)
    of_a_round = sum(map(len, storm().values()))

    lab.put(Bridge())
    rounds, without = rage(lab, intruder, crew, 2)
    assert without.doubled == without.second_copies > 0 and without.lost == 0
    passed = arrived(lab.server)
    told(f"bridge: {rounds * of_a_round} broken requests, {passed} arrived; {without}")

    lab.put(Relaysieve())
    rounds, with_it = rage(lab, intruder, crew, seconds / 2)
    reasons = lab.box.status()["reasons"]
    told(f"relaysieved: {rounds * of_a_round} broken requests, {arrived(lab.server) - passed} arrived; {len(crew.boots)} boots; "
         f"{with_it}; " + ", ".join(f"{reason} {reasons[reason]}" for reason in storm()))
    assert with_it.lost == with_it.doubled == 0 and with_it.second_copies > 0
    assert arrived(lab.server) - passed == rounds * of_a_round
    for reason, frames in storm().items():
        expected = rounds * len(frames)
        assert reasons[reason] == expected or reason == "not_dhcp" and reasons[reason] > expected, reason
