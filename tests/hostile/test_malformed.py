# SPDX-License-Identifier: Apache-2.0
"""Requests that are broken in every place, as fast as they can be sent, beside honest clients that boot all the time."""

import json
import random

from honest import Crew, fates, sums, withheld
from intruder import Intruder, only_honest_clients_are_served
from lab import relays, servers
from lab.box import Bridge, Relaysieve
from lab.trials import furnish
from malformed import mutants, storm

MUTANTS = 500


def count_what_arrives(server, source_mac):
    """In the server's kernel, before it looks at anything."""
    server.run("nft", "add table netdev count; add chain netdev count in { type filter hook ingress device eth0 priority -1; }; "
                      f"add rule netdev count in ether saddr {source_mac} counter")


def arrived(server):
    for part in json.loads(server.run("nft", "-j", "list", "table", "netdev", "count"))["nftables"]:
        if "rule" in part:
            return next(word["counter"]["packets"] for word in part["rule"]["expr"] if "counter" in word)


def rage(lab, intruder, crew, frames, seconds):
    """How often these frames were sent, and what became of the honest clients' requests meanwhile."""
    lab.forget()
    with crew.at_work():
        rounds = intruder.storm(frames, seconds)
    return rounds, lab.ledger()


def test_malformed_storm(lab, seconds, told):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    intruder, crew = Intruder(lab), Crew(lab)
    count_what_arrives(lab.server, intruder.mac)
    broken = [frame for frames in storm().values() for frame in frames]

    lab.put(Bridge())
    rounds, ledger = rage(lab, intruder, crew, broken, 2)
    without, passed = sums(fates(ledger)), arrived(lab.server)
    told(f"bridge: {rounds * len(broken)} broken requests, {passed} arrived; {without}")
    assert without.doubled == without.second_copies > 0 and without.lost == 0
    assert passed == rounds * len(broken)

    lab.put(Relaysieve())
    rounds, ledger = rage(lab, intruder, crew, broken, seconds / 2)
    with_it, passed = sums(fates(ledger)), arrived(lab.server) - passed
    reasons = lab.box.status()["reasons"]
    told(f"relaysieved: {rounds * len(broken)} broken requests, {passed} arrived; {len(crew.boots)} boots; "
         f"{with_it}; " + ", ".join(f"{reason} {reasons[reason]}" for reason in storm()))
    assert with_it.lost == with_it.doubled == 0 and with_it.second_copies > 0
    assert passed == rounds * len(broken)
    for reason, frames in storm().items():
        expected = rounds * len(frames)
        assert reasons[reason] == expected or reason == "not_dhcp" and reasons[reason] > expected, reason


def test_mutated_requests(lab, seconds, told):
    """Of what chance makes of honest requests each frame arrives or is counted as dropped."""
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    only_honest_clients_are_served(lab.server)
    intruder, crew, seed = Intruder(lab), Crew(lab, 4), random.randrange(2**32)
    count_what_arrives(lab.server, intruder.mac)

    lab.put(Bridge())
    with crew.at_work():
        pass
    changed = mutants([message.frame for message in lab.ledger().at_wan], MUTANTS, seed)
    rounds, ledger = rage(lab, intruder, crew, changed, 0)
    without, passed = sums(fates(ledger)), arrived(lab.server)
    told(f"bridge: {rounds * MUTANTS} mutated requests of seed {seed}, {passed} arrived; {without}")
    assert without.doubled == without.second_copies > 0 and without.lost == 0
    assert passed == rounds * MUTANTS

    lab.put(Relaysieve())
    before = arrived(lab.server)
    rounds, ledger = rage(lab, intruder, crew, changed, seconds / 2)
    with_it, passed = sums(fates(ledger)), arrived(lab.server) - before
    status = lab.box.status()
    dropped = status["totals"]["dropped"] - withheld(fates(ledger))
    reasons = {reason: count for reason, count in status["reasons"].items() if count}
    told(f"relaysieved: {rounds * MUTANTS} mutated requests of seed {seed}, {passed} arrived and {dropped} were dropped; "
         f"{len(crew.boots)} boots; {with_it}; " + ", ".join(f"{reason} {count}" for reason, count in reasons.items()))
    assert with_it.lost == with_it.doubled == 0 and with_it.second_copies > 0
    assert passed + dropped == rounds * MUTANTS and status["totals"]["refused"] == 0
    assert {"first_copy", "malformed_ip", "malformed_udp", "malformed_bootp", "malformed_options", "not_dhcp"} <= set(reasons)
