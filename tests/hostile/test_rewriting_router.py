# SPDX-License-Identifier: Apache-2.0
"""A router that rewrites options: its copies are not what the client wrote."""

from pathlib import Path

from honest import Crew, fates, sums
from lab import relays, servers
from lab.box import Relaysieve
from lab.trials import furnish

REWRITEWIRE = Path(__file__).with_name("rewritewire.py")


def test_a_router_rewrites_options_between_the_copies(lab, told):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    lab.routers["B"].come_through(REWRITEWIRE)
    crew = Crew(lab, 3)
    results = {}
    for match, reason in (("content", "rewritten"), ("identity", "second_copy_rewritten")):
        lab.put(Relaysieve(f'match = "{match}"'))
        lab.forget()
        with crew.at_work():
            pass
        fate = sums(fates(lab.ledger()))
        counted = lab.box.status()["reasons"][reason]
        told(f"match = {match}: {len(crew.boots)} boots; {fate}; {reason} {counted}")
        assert fate.lost == 0 and counted == fate.second_copies > 0
        results[match] = fate.doubled, fate.second_copies
    assert results["content"][0] == results["content"][1], "in doubt they are forwarded"
    assert results["identity"][0] == 0
