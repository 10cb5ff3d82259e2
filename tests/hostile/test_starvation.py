# SPDX-License-Identifier: Apache-2.0
"""DHCP starvation: requests of random clients, as fast as the machine sends, beside honest clients that boot all the
time. Bounds are what tests/stress/README.md states of the memory alone."""

import math

import pytest
from honest import Crew, fates, sums
from intruder import OWN_ROUTER, ROUTER_A, UNDER_WAY, Intruder, only_honest_clients_are_served
from lab import relays, servers
from lab.box import Bridge, Relaysieve
from lab.trials import furnish

CAPACITIES_A_SECOND = 15  # of random clients, if the machine stays as fast as it is at first
LEAST = 128  # clients
EVICTED = 10  # capacities, at least
MOST = 6  # floods one after the other, where other programs keep the machine from sending fast
FALSE_POSITIVES = 0.0016  # at most, but for what chance adds in a sample
CLOSE = 0.25  # of the capacity comes between two copies: then the second never passes


class Storm:
    """A flood, again and again until it is enough, and what became of the honest clients' requests meanwhile."""

    def __init__(self, lab, intruder, crew, seconds, router, enough=lambda: True):
        lab.forget()
        floods = []
        with crew.at_work():
            while not floods or (not enough() and len(floods) < MOST):
                floods.append(intruder.flood(seconds, router))
        self.sent, self.received, self.seconds = (sum(flood[what] for flood in floods) for what in ("sent", "received", "seconds"))
        self.rate = self.sent / self.seconds
        self._at_most = max(flood["most_in_10_ms"] for flood in floods) / 0.01
        self.fates = fates(lab.ledger())
        self.sums = sums(self.fates)

    def between(self, fate):
        """How many random requests came between two copies, at most."""
        return self._at_most * fate.lag + UNDER_WAY


@pytest.mark.parametrize("router", [OWN_ROUTER, ROUTER_A], ids=["through-its-own-router", "through-router-A"])
def test_starvation(lab, seconds, told, router):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    only_honest_clients_are_served(lab.server)
    intruder, crew = Intruder(lab), Crew(lab)

    lab.put(Bridge())
    without = Storm(lab, intruder, crew, 2, router)
    told(f"bridge: {without.rate:,.0f} random requests/s; {len(crew.boots)} boots; {without.sums}")
    assert without.sums.doubled == without.sums.second_copies > 0 and without.sums.lost == 0

    lab.put(Relaysieve())
    flood = intruder.flood(1, router)
    capacity = max(LEAST, round(flood["sent"] / flood["seconds"] / CAPACITIES_A_SECOND))
    lab.put(Relaysieve(f"clients = {capacity}"))

    def evicted():
        return lab.box.status()["memory"]["evicted"] / capacity
    storm = Storm(lab, intruder, crew, seconds, router, lambda: evicted() > EVICTED)
    close = sums({request: fate for request, fate in storm.fates.items() if storm.between(fate) <= CLOSE * capacity})
    wrong = 1 - storm.received / storm.sent
    reasons, ports = (lab.box.status()[part] for part in ("reasons", "ports"))
    told(f"relaysieved: {storm.seconds:.0f} s, {storm.rate:,.0f} random requests/s, {storm.rate / capacity:.1f} x the capacity of "
         f"{capacity:,}; evicted {evicted():.0f} x the capacity; {len(crew.boots)} boots, the longest {max(crew.boots):.1f} s; "
         f"{storm.sums}, of {close.second_copies} that were close {close.doubled}; of the flood's own first copies "
         f"{100 * wrong:.3f} % dropped; over_capacity {reasons['over_capacity']}, evicted_retry {reasons['evicted_retry']}")
    assert evicted() > EVICTED
    assert storm.sums.lost <= max(4, storm.sums.sent / 600)
    assert wrong <= FALSE_POSITIVES + 4 * math.sqrt(FALSE_POSITIVES / storm.sent)
    assert close.doubled == 0 and (close.second_copies > 0 or CLOSE * capacity < 2 * UNDER_WAY), "none was close"
    assert storm.sums.doubled <= sum(reasons[reason] for reason in ("over_capacity", "evicted_retry", "late_copy"))
    assert sum(port["missed"] + port["refused"] for port in ports) == 0, "then some of what is lost is not the rule's doing"
