# SPDX-License-Identifier: Apache-2.0
"""A relay that brings again what router A brought a while ago, beside honest clients that boot all the time."""

import time
from collections import Counter

import pytest
from beside import Beside
from frames import address, checksum
from honest import Crew, fates, from_a_router, sums
from intruder import OWN_ROUTER, ROUTER_A, Intruder
from lab import relays, servers
from lab.box import Bridge, Relaysieve
from lab.namespaces import wait_until
from lab.trials import furnish
from rulings import Rulings, contradictions

DELAYS = (0.02, 0.3, 1.5, 3, 5.5)  # s: an echo; inside the window; beyond it; beyond a turn; beyond the late horizon
DROPS = ("second_copy", "echo", "turn_passed")
AS_A_CLIENT = ("retransmission", "first_copy", "late_copy")  # that asks again
_FIRST_TTL = 9  # of what is replayed: 9, 10, ... for each delay


def ttl(message):
    return message.frame[22]


def is_replay(message):
    return _FIRST_TTL <= ttl(message) < _FIRST_TTL + len(DELAYS)


def delay_of(replay):
    return DELAYS[ttl(replay) - _FIRST_TTL]


def genuine(message):
    return from_a_router(message) and not is_replay(message)


def replay_of(frame, router, ttl):
    """The same by this router; and in a field that only the tests look at."""
    header = frame[14:22] + bytes((ttl,)) + frame[23:24] + b"\0\0" + address(f"10.30.0.{router}") + frame[30:34]
    return (frame[:11] + bytes((router,)) + frame[12:14] + header[:10] + checksum(header).to_bytes(2, "big") + header[12:] +
            frame[34:40] + b"\0\0" + frame[42:66] + address(f"10.20.0.{router}") + frame[70:])


class Replayer(Beside):
    """Sends what router A brought a while later, in the name of a router; at the end all that came has been sent again."""

    def __init__(self, lab, intruder, router):
        self._router, self._intruder = router, intruder
        self._wan, self._router_a = lab.captures[1], lab.routers["A"].lan_address
        self.sent = Counter()  # by delay

    def open(self):
        self._tap = self._intruder.tap()

    def close(self):
        self._tap.close()

    def work(self):
        done = [0] * len(DELAYS)
        while True:
            over = self.over.is_set()  # asked first: what had come before is sent
            of_a = [message for message in self._wan.messages
                    if message.op == 1 and message.giaddr == self._router_a and not is_replay(message)]
            for which, delay in enumerate(DELAYS):
                while done[which] < len(of_a) and time.time() >= of_a[done[which]].time + delay:
                    self._tap.send(replay_of(of_a[done[which]].frame, self._router, _FIRST_TTL + which))
                    self.sent[delay] += 1
                    done[which] += 1
            if over and min(done) == len(of_a):
                return
            time.sleep(0.002)


def replayed(lab, intruder, crew, least, router):
    """Until so many of each delay have been sent beside clients that boot."""
    lab.forget()
    with Replayer(lab, intruder, router) as replayer, crew.at_work():
        wait_until(lambda: min(replayer.sent[delay] for delay in DELAYS) >= least, lambda: f"{least} replays: {replayer.sent}", 90)
    ledger = lab.ledger()
    through = Counter(delay_of(message) for message in ledger.at_server if is_replay(message))
    return replayer.sent, through, ledger


def by_delay(rulings):
    """How often the box gave which reason to what was replayed, of each delay."""
    counts = {delay: Counter() for delay in DELAYS}
    for ruling in (each for of_client in rulings.values() for each in of_client if is_replay(each.message)):
        counts[delay_of(ruling.message)][ruling.reason] += 1
    return counts


def counted(reasons):
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())


@pytest.mark.parametrize("router, of_an_echo", [(ROUTER_A, "echo"), (OWN_ROUTER, "second_copy")], ids=["router-A", "another"])
def test_a_relay_replays_old_traffic(lab, seconds, told, router, of_an_echo):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    intruder, crew = Intruder(lab), Crew(lab, 3, rest=1.5)

    lab.put(Bridge())
    sent, through, ledger = replayed(lab, intruder, crew, 1, router)
    without = sums(fates(ledger, genuine))
    told(f"bridge: {through.total()} of {sent.total()} replayed requests came through; {without}")
    assert through == sent and without.doubled == without.second_copies > 0 and without.lost == 0

    lab.put(Relaysieve())
    watch = Rulings(lab, crew)
    sent, through, ledger = replayed(lab, intruder, crew, seconds, router)
    with_it, rulings = sums(fates(ledger, genuine)), watch.of(ledger)
    reasons = by_delay(rulings)
    told(f"relaysieved: {len(crew.boots)} boots, the longest {max(crew.boots):.1f} s; {with_it}; of what was replayed after "
         + ", ".join(f"{delay:g} s {through[delay]} of {sent[delay]} ({counted(reasons[delay])})" for delay in DELAYS) + " came through")
    assert with_it.lost == with_it.doubled == 0 and with_it.second_copies > 0
    assert not contradictions(rulings)
    for delay in DELAYS:
        assert reasons[delay].total() == sent[delay]
        assert through[delay] == sum(count for reason, count in reasons[delay].items() if reason not in DROPS)
    echoes, *later = (reasons[delay] for delay in DELAYS)
    # What a machine that is busy with other things sends late, the model has ruled on.
    assert echoes[of_an_echo] > echoes.total() / 2, "he is no client"
    assert all(sum(each[reason] for reason in AS_A_CLIENT) > each.total() / 2 for each in later), "he may be a client"
