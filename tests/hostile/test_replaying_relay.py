# SPDX-License-Identifier: Apache-2.0
"""A relay that brings again what router A brought a while ago, beside honest clients that boot all the time."""

import threading
import time
from collections import Counter

import pytest
from frames import address, checksum
from honest import Crew, fates, from_a_router, sums
from intruder import OWN_ROUTER, ROUTER_A, Intruder
from lab import relays, servers
from lab.box import Bridge, Relaysieve
from lab.trials import furnish

DELAYS = (0.02, 0.3, 1.5, 3, 5.5)  # s: an echo; inside the window; beyond it; beyond a turn; beyond the late horizon
_FIRST_TTL = 9  # of what is replayed: 9, 10, ... for each delay


def ttl(message):
    return message.frame[22]


def is_replay(message):
    return _FIRST_TTL <= ttl(message) < _FIRST_TTL + len(DELAYS)


def genuine(message):
    return from_a_router(message) and not is_replay(message)


def replay_of(frame, router, ttl):
    """The same by this router; and in a field that only the tests look at."""
    header = frame[14:22] + bytes((ttl,)) + frame[23:24] + b"\0\0" + address(f"10.30.0.{router}") + frame[30:34]
    return (frame[:11] + bytes((router,)) + frame[12:14] + header[:10] + checksum(header).to_bytes(2, "big") + header[12:] +
            frame[34:40] + b"\0\0" + frame[42:66] + address(f"10.20.0.{router}") + frame[70:])


class Replayer:
    """Sends what router A brought a while later, in the name of a router."""

    def __init__(self, lab, intruder, router):
        self._router = router
        self._wan, self._router_a = lab.captures[1], lab.routers["A"].lan_address
        self._tap = intruder.tap()
        self._over = threading.Event()
        self.sent = Counter()  # by delay

    def __enter__(self):
        self._thread = threading.Thread(target=self._replay)
        self._thread.start()
        return self

    def __exit__(self, *_):
        """When all that came has been sent again."""
        self._over.set()
        self._thread.join()
        self._tap.close()

    def _replay(self):
        done = [0] * len(DELAYS)
        while True:
            over = self._over.is_set()  # asked first: what had come before is sent
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


def replayed(lab, intruder, crew, seconds, router):
    lab.forget()
    with Replayer(lab, intruder, router) as replayer, crew.at_work():
        time.sleep(seconds)
    ledger = lab.ledger()
    through = Counter(DELAYS[ttl(message) - _FIRST_TTL] for message in ledger.at_server if is_replay(message))
    return replayer.sent, through, sums(fates(ledger, genuine))


@pytest.mark.parametrize("router", [ROUTER_A, OWN_ROUTER], ids=["router-A", "another"])
def test_a_relay_replays_old_traffic(lab, seconds, told, router):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    intruder, crew = Intruder(lab), Crew(lab, 3)

    lab.put(Bridge())
    sent, through, without = replayed(lab, intruder, crew, 0, router)
    told(f"bridge: {through.total()} of {sent.total()} replayed requests came through; {without}")
    assert through == sent and without.doubled == without.second_copies > 0 and without.lost == 0

    lab.put(Relaysieve())
    sent, through, with_it = replayed(lab, intruder, crew, seconds / 4, router)
    told(f"relaysieved: {len(crew.boots)} boots, the longest {max(crew.boots):.1f} s; {with_it}; of what was replayed after "
         + ", ".join(f"{delay:g} s {through[delay]} of {sent[delay]}" for delay in DELAYS) + " came through")
    assert with_it.lost == with_it.doubled == 0 and with_it.second_copies > 0
    assert through[DELAYS[0]] < sent[DELAYS[0]], "an echo, or a second copy"
    assert all(through[delay] <= sent[delay] for delay in DELAYS)
