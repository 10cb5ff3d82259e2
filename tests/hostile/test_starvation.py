# SPDX-License-Identifier: Apache-2.0
"""DHCP starvation: requests of random clients, as fast as the machine sends, beside honest clients that boot all the
time. Bounds are what tests/stress/README.md states of the memory alone, and what its buckets have room for."""

import math

import pytest
from beside import Beside
from honest import Crew, fates, sums
from intruder import OWN_ROUTER, ROUTER_A, UNDER_WAY, Intruder, only_honest_clients_are_served
from lab import relays, servers
from lab.box import Bridge, Relaysieve
from lab.trials import furnish

CAPACITIES_A_SECOND = 6  # of random clients, if the machine stays as fast as it is at first
LEAST = 512  # clients: twice what is under way at once
EVICTED = 10  # capacities, at least
MOST = 6  # floods one after the other, where other programs keep the machine from sending fast
FALSE_POSITIVES = 0.0013  # at most, but for what chance adds in a sample
LONG = 60  # s: then the default table is flooded as long
PLACES, SPARE = 14, 1.2  # of a bucket of the memory; for each client of the capacity
REACHED = 8  # so many of a flood have to come to a bucket before they can evict what came just before them (dataplane/bucket.cc)


def reached(between, capacity):
    """How probable it is that so many of a flood evict a record: that as many as it takes come to its bucket (Poisson)."""
    mean = between * PLACES / (SPARE * capacity)
    return max(0.0, 1 - sum(math.exp(-mean) * mean**n / math.factorial(n) for n in range(REACHED)))


def at_most(expected):
    """But for four deviations."""
    return expected + 4 * math.sqrt(expected)


class FalsePositives(Beside):
    """What the box says of itself meanwhile, twice a second: on average, since what is stated of full lines is a mean, and at
    most."""

    def __init__(self, box):
        self._box, self._said = box, []

    def work(self):
        while not self.over.wait(0.5):
            self._said.append(self._box.status()["memory"]["false_positive_ratio"])

    @property
    def mean(self):
        return sum(self._said) / len(self._said)

    @property
    def most(self):
        return max(self._said)


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
        self.most_a_second = max(flood["most_in_10_ms"] for flood in floods) / 0.01
        self.fates = fates(lab.ledger())
        self.sums = sums(self.fates)
        self.boots = list(crew.boots)

    def may_pass(self, capacity):
        """Of how many second copies the records may have been evicted before they came: no others pass. Those that are
        remembered behind the table do not either: it is a bound, not an estimate."""
        return sum(fate.second_copies * reached(self.most_a_second * fate.lag + UNDER_WAY, capacity) for fate in self.fates.values())

    def __str__(self):
        return (f"{self.seconds:.0f} s, {self.rate:,.0f} random requests/s; {len(self.boots)} boots, the longest "
                f"{max(self.boots):.1f} s; {self.sums}")


def nothing_was_lost_on_the_way(box):
    return sum(port["missed"] + port["refused"] for port in box.status()["ports"]) == 0


def flood_the_default_table(lab, intruder, crew, seconds, router, told):
    """What a second brings is a fraction of what it holds: it has to do nothing but hold. How fast the flood was."""
    lab.put(Relaysieve())
    storm = Storm(lab, intruder, crew, seconds, router)
    memory = lab.box.status()["memory"]
    told(f"relaysieved, {memory['capacity']:,} clients: {storm}; {storm.sent / memory['capacity']:.1f} x the capacity sent, "
         f"{memory['evicted']} evicted")
    assert nothing_was_lost_on_the_way(lab.box)
    assert memory["evicted"] == 0 and storm.received == storm.sent or storm.most_a_second > memory["capacity"] / 4
    assert storm.sums.lost == storm.sums.doubled == 0 < storm.sums.second_copies
    return storm.rate


@pytest.mark.parametrize("router", [OWN_ROUTER, ROUTER_A], ids=["through-its-own-router", "through-router-A"])
def test_starvation(lab, seconds, told, router):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    only_honest_clients_are_served(lab.server)
    intruder, crew = Intruder(lab), Crew(lab)

    lab.put(Bridge())
    without = Storm(lab, intruder, crew, 2, router)
    told(f"bridge: {without}")
    assert without.sums.doubled == without.sums.second_copies > 0 and without.sums.lost == 0

    rate = flood_the_default_table(lab, intruder, crew, seconds if seconds >= LONG else 1, router, told)
    capacity = max(LEAST, round(rate / CAPACITIES_A_SECOND))
    lab.put(Relaysieve(f"clients = {capacity}"))

    def evicted():
        return lab.box.status()["memory"]["evicted"] / capacity
    with FalsePositives(lab.box) as false_positives:
        storm = Storm(lab, intruder, crew, seconds, router, lambda: evicted() > EVICTED)
    wrong = 1 - storm.received / storm.sent
    may_pass = storm.may_pass(capacity)
    reasons = lab.box.status()["reasons"]
    told(f"relaysieved, {capacity:,} clients: {storm}; {storm.rate / capacity:.1f} x the capacity a second, evicted {evicted():.0f} x "
         f"the capacity; second copies that may come through {may_pass:.2f}; of the flood's own first copies {100 * wrong:.3f} % "
         f"dropped, the box says {100 * false_positives.mean:.3f} % on average and {100 * false_positives.most:.3f} % at most; "
         f"over_capacity {reasons['over_capacity']}, evicted_retry {reasons['evicted_retry']}")
    assert nothing_was_lost_on_the_way(lab.box), "then some of what is lost is not the rule's doing"
    assert evicted() > EVICTED
    assert storm.sums.lost <= max(4, storm.sums.sent / 600)
    assert wrong <= FALSE_POSITIVES + 4 * math.sqrt(FALSE_POSITIVES / storm.sent)
    assert 0 < false_positives.mean <= FALSE_POSITIVES
    assert storm.sums.doubled <= at_most(may_pass)
    # On a machine that is so busy that it sends in bursts only, the bound is what it is.
    assert may_pass < storm.sums.second_copies / 2 or capacity == LEAST, "then the bound says nothing"
