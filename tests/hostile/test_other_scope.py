# SPDX-License-Identifier: Apache-2.0
"""An attacker in another subnet who gets ahead of each request with a copy of it."""

from collections import Counter

import pytest
from elsewhere import (Copier, Elsewhere, as_his_own, as_router_a, through_the_trusted_relay, with_forged_giaddr,
                       with_forged_link_selection)
from honest import Crew, fates, from_a_router, request_of, sums
from lab import relays, servers
from lab.box import Relaysieve
from lab.namespaces import wait_until
from lab.trials import furnish

TRUSTED = 'trusted_relays = ["10.20.0.0/24", "10.30.0.0/24"]'
BY_ADDRESS = 'trusted_relays = ["10.20.0.2", "10.20.0.3", "10.30.0.2", "10.30.0.3", "10.21.0.4", "10.30.0.4"]'
TURN_AFTER = 2.5  # s, the default
PAUSE = 4  # s between a client's tries, of which udhcpc may cut one short: the second one is at its next turn
AGAIN = 0.3  # s
TRIES = 7  # of each client's, a second apart


@pytest.fixture
def elsewhere(lab):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    return Elsewhere(lab)


def brought_by_both(lab):
    """The ledger, once A and B have brought each transmission: what is forged may bear their giaddr, too."""
    lan, wan, _ = lab.captures

    def missing():
        sent = sum(message.op == 1 and not message.relayed for message in lan.messages)
        return 2 * sent - sum(message.op == 1 and message.relayed and from_a_router(message) for message in wan.messages)
    wait_until(lambda: missing() <= 0, lambda: f"{missing()} copies that A and B have not brought yet")
    return lab.ledger()


class Outcome:
    """What became of the requests, and who was first."""

    def __init__(self, lab):
        ledger = brought_by_both(lab)
        self.fates = fates(ledger)
        self.sums = sums(self.fates)
        self._first, self._began = {}, {}
        for message in ledger.at_wan:
            self._first.setdefault(request_of(message), message)
            self._began.setdefault((message.chaddr, message.type), message.time)

    @property
    def ahead(self):
        """The requests of which a forgery was first."""
        return [request for request, first in self._first.items() if not from_a_router(first)]

    def lost_after(self):
        """How long clients had asked for the same, at most, when a request of theirs got lost, s."""
        return max(self._first[request].time - self._began[request.chaddr, request.type]
                   for request, fate in self.fates.items() if fate.lost)

    def tries(self):
        """How often a client had to ask for the same, at most."""
        tries = Counter()
        for request, fate in self.fates.items():
            tries[request.chaddr, request.type] += len(fate.sent)
        return max(tries.values())


class Attack(Outcome):
    """Clients boot, once each, while every request of theirs is copied."""

    def __init__(self, lab, elsewhere, forge, settings, again=None):
        lab.put(Relaysieve(settings))
        self.crew = Crew(lab, 4, PAUSE)
        lab.forget()
        with Copier(elsewhere, forge, again) as copier, self.crew.at_work():
            pass
        super().__init__(lab)
        self.forged = copier.sent
        self._box = lab.box
        self._settings = settings or "default settings"

    def __str__(self):
        return (f"{self._settings}: {self.forged} forgeries, {len(self.ahead)} of {len(self.fates)} requests copied ahead; {self.sums}; "
                f"booted after {max(self.crew.boots):.1f} s at most, {self.tries()} tries")

    def counted(self, reason):
        return self._box.status()["reasons"][reason]

    def assert_that_it_has_no_effect(self):
        assert self.sums.lost == self.sums.doubled == 0 < self.sums.second_copies


def assert_that_only_a_turn_helps(harmed):
    assert set(harmed.ahead) == set(harmed.fates)
    assert harmed.sums.lost > 0 and harmed.sums.doubled == 0
    assert harmed.lost_after() < TURN_AFTER + 0.1 and harmed.tries() == 2, "then a turn does not help"


@pytest.mark.parametrize("forge, trouble, remedy", [
    (as_his_own, 'scope = "any"', ""),  # scopes are told apart unless it is said that they are not to be
    (with_forged_giaddr, "", TRUSTED),
    (with_forged_link_selection, "", TRUSTED),
    (through_the_trusted_relay, TRUSTED, BY_ADDRESS),  # no relay has the giaddr that he forges
], ids=["own-giaddr", "forged-giaddr", "forged-link-selection", "through-a-trusted-relay"])
def test_no_effect(lab, elsewhere, told, forge, trouble, remedy):
    """Where he has one, a limit of the rule: the client waits for its next turn."""
    if forge in (with_forged_giaddr, with_forged_link_selection):
        elsewhere.router.stop_relay()  # it would take the attacker's frames for a relay's, and they are only to be routed
    harmed = Attack(lab, elsewhere, forge, trouble)
    told(harmed)
    assert_that_only_a_turn_helps(harmed)
    unharmed = Attack(lab, elsewhere, forge, remedy)
    told(unharmed)
    assert set(unharmed.ahead) == set(unharmed.fates)
    wait_until(lambda: unharmed.counted("untrusted_relay" if remedy else "twin_other_scope") == unharmed.forged, "each to be counted")
    unharmed.assert_that_it_has_no_effect()


def test_a_forged_source_address_is_the_routers_to_refuse(lab, elsewhere, told):
    """Who forges both addresses that `trusted_relays` looks at is taken for the relay that has them: UDP lets anybody. The
    router behind which he sits can tell."""
    elsewhere.router.stop_relay()
    harmed = Attack(lab, elsewhere, as_router_a, BY_ADDRESS)
    told(harmed)
    assert_that_only_a_turn_helps(harmed)
    assert elsewhere.refused_by_reverse_path() == harmed.counted("untrusted_relay") == 0
    elsewhere.filter_by_reverse_path()
    unharmed = Attack(lab, elsewhere, as_router_a, BY_ADDRESS)
    refused = elsewhere.refused_by_reverse_path()
    told(f"reverse path filter on router C, {refused} refused there; {unharmed}")
    assert refused == unharmed.forged >= len(unharmed.fates) and not unharmed.ahead
    unharmed.assert_that_it_has_no_effect()


def test_who_repeats_it_all_the_time_keeps_the_client_out_until_he_stops(lab, elsewhere, told):
    """The same limit at its worst: each forgery begins a transmission of the client's anew, so that its turn never comes."""
    crew = Crew(lab, 3, pause=1)
    lab.put(Relaysieve(TRUSTED))
    lab.forget()
    with Copier(elsewhere, through_the_trusted_relay, AGAIN) as copier, crew.at_work():
        wait_until(lambda: len(lab.captures[0].messages) >= TRIES * crew.size, "the clients to try again and again", 90)
        booted, brought = len(crew.boots), {request_of(message) for message in lab.captures[1].messages if from_a_router(message)}
        copier.stop()
    outcome = Outcome(lab)
    during = {request: outcome.fates[request] for request in brought}
    told(f"{TRUSTED}: {copier.sent} forgeries, {len(set(during) & set(outcome.ahead))} of {len(during)} requests copied ahead; while it "
         f"lasts {sums(during)}, and {booted} boot; then {len(crew.boots)}, after {max(crew.boots):.1f} s at most")
    assert copier.sent > 2 * len(during) >= 2 * (TRIES - 1) * crew.size and set(during) <= set(outcome.ahead)
    assert not any(fate.received for fate in during.values()) and booted == 0, "then there is no trouble to show"
    assert len(crew.boots) >= crew.size and outcome.sums.doubled == 0

    unharmed = Attack(lab, elsewhere, through_the_trusted_relay, BY_ADDRESS, AGAIN)
    told(unharmed)
    assert set(unharmed.ahead) == set(unharmed.fates) and unharmed.forged > unharmed.sums.sent
    wait_until(lambda: unharmed.counted("untrusted_relay") == unharmed.forged, "each to be counted")
    unharmed.assert_that_it_has_no_effect()
