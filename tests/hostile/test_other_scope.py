# SPDX-License-Identifier: Apache-2.0
"""An attacker in another subnet who gets ahead of each request with a copy of it."""

import pytest
from elsewhere import Copier, Elsewhere, as_his_own, through_the_trusted_relay, with_forged_giaddr, with_forged_link_selection
from honest import Crew, fates, from_a_router, request_of, sums
from lab import relays, servers
from lab.box import Relaysieve
from lab.namespaces import wait_until
from lab.trials import furnish

TRUSTED = 'trusted_relays = ["10.20.0.0/24", "10.30.0.0/24"]'
BY_ADDRESS = 'trusted_relays = ["10.20.0.2", "10.20.0.3", "10.30.0.2", "10.30.0.3", "10.21.0.4", "10.30.0.4"]'
TURN_AFTER = 2.5  # s, the default
TRIES = 7  # of each client's, a second apart


@pytest.fixture
def elsewhere(lab):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    return Elsewhere(lab)


class Attack:
    """Clients boot, once each, while every request of theirs is copied."""

    def __init__(self, lab, elsewhere, forge, settings):
        lab.put(Relaysieve(settings))
        self.crew = Crew(lab, 4)
        lab.forget()
        with Copier(elsewhere, forge), self.crew.at_work():
            pass
        ledger = lab.ledger()
        self.fates = fates(ledger)
        self.sums = sums(self.fates)
        self._first, self._began = {}, {}
        for message in ledger.at_wan:
            self._first.setdefault(request_of(message), message)
            self._began.setdefault((message.chaddr, message.type), message.time)
        self.ahead = sum(not from_a_router(message) for message in self._first.values())
        self._settings = settings or "default settings"

    def __str__(self):
        return (f"{self._settings}: {self.ahead} of {len(self.fates)} requests copied ahead; {self.sums}; booted after "
                f"{max(self.crew.boots):.1f} s at most")

    def lost_after(self):
        """How long clients had asked for the same, at most, when a request of theirs got lost, s."""
        return max(self._first[request].time - self._began[request.chaddr, request.type]
                   for request, fate in self.fates.items() if fate.lost)


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
    assert harmed.ahead > 0 and harmed.sums.lost > 0 and harmed.sums.doubled == 0
    assert harmed.lost_after() < TURN_AFTER + 0.1
    unharmed = Attack(lab, elsewhere, forge, remedy)
    told(unharmed)
    reasons = lab.box.status()["reasons"]
    assert unharmed.ahead > 0 and reasons["untrusted_relay" if remedy else "twin_other_scope"] >= unharmed.ahead
    assert unharmed.sums.lost == unharmed.sums.doubled == 0


def test_who_repeats_it_all_the_time_keeps_the_client_out_until_he_stops(lab, elsewhere, told):
    """The same limit at its worst: each forgery begins a transmission of the client's anew, so that its turn never comes."""
    crew = Crew(lab, 3, pause=1)
    lab.put(Relaysieve(TRUSTED))
    lab.forget()
    with crew.at_work(), Copier(elsewhere, through_the_trusted_relay, again=0.3):
        wait_until(lambda: len(lab.captures[0].messages) >= TRIES * crew.size, "the clients to try again and again", 90)
    fate = sums(fates(lab.ledger()))
    told(f"{TRUSTED}: {fate}; booted after {max(crew.boots):.1f} s at most")
    assert fate.doubled == 0
