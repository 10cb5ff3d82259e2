# SPDX-License-Identifier: Apache-2.0
"""Honest clients that boot all the time, and what became of their requests on the way to the server."""

import contextlib
import threading
import time
from collections import defaultdict
from typing import NamedTuple

from lab.clients import Udhcpc

# Theirs are the hardware addresses that begin like this (lab.clients.mac_of), and nobody else's: chaddr in UDP, for
# tcpdump and for nft.
HONEST = "udp[36:4] = 0x02000020"
NOT_HONEST = "@th,288,32 != 0x02000020"
HONEST_MAC = bytes.fromhex("02000020")

_ROUTERS = ("02:00:00:30:00:02", "02:00:00:30:00:03")  # that is hard to forge from behind another router
_WITHIN = 0.9  # s: what comes later than this may be beyond the window, on a machine that is busy with other things


class Crew:
    """Clients each of which boots again `rest` s after it has booted; `pause` s between their tries."""

    def __init__(self, lab, size=6, pause=3, rest=0):
        self.size, self._pause, self._rest = size, pause, rest
        self._clients = [lab.client(Udhcpc) for _ in range(size)]
        self._over = threading.Event()
        self.boots = []  # how long each took, s
        self._problems = []

    @property
    def macs(self):
        return [client.mac for client in self._clients]

    def _boot_on_and_on(self, client):
        try:
            while True:
                begin = time.monotonic()
                client.start(pause=self._pause, tries=30)
                client.finish(90)
                self.boots.append(time.monotonic() - begin)
                if self._over.wait(self._rest):
                    return
        except Exception as problem:
            self._problems.append(problem)

    @contextlib.contextmanager
    def at_work(self):
        """They boot until the block ends, and each finishes the boot it has begun; each boots once at least. One that
        cannot is an error."""
        self._over.clear()
        self.boots.clear()
        threads = [threading.Thread(target=self._boot_on_and_on, args=(client,)) for client in self._clients]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
        if self._problems:
            raise self._problems[0]


class Fate(NamedTuple):
    """What became of all the copies of one request, however often the client sent it: lab.message.Message each."""
    sent: list      # by the client
    brought: list   # by relays to the box
    received: list  # by the server

    @property
    def lost(self):
        """How many transmissions of which no copy came through."""
        return max(0, len(self.sent) - len(self.received))

    @property
    def late(self):
        """How many copies are no second copies any more."""
        return sum(copy.time - self.brought[0].time > _WITHIN for copy in self.brought) if len(self.sent) == 1 else 0

    @property
    def second_copies(self):
        return len(self.brought) - len(self.sent) - self.late

    @property
    def doubled(self):
        """How many second copies came through."""
        return max(0, len(self.received) - len(self.sent) - self.late)

    @property
    def lag(self):
        """How far the first two copies lay apart, s."""
        return self.brought[1].time - self.brought[0].time if len(self.brought) > 1 else 0.0


class Request(NamedTuple):
    """What a client's request is told by."""
    chaddr: str
    xid: int
    secs: int
    type: str


def request_of(message):
    return Request(message.chaddr, message.xid, int.from_bytes(message.frame[50:52], "big"), message.type)


def from_a_router(message):
    return message.source_mac in _ROUTERS


def fates(ledger, genuine=from_a_router):
    """The fate of each request since lab.forget(): of what A and B brought, or what else is `genuine`."""
    lan, wan, server = places = [defaultdict(list) for _ in range(3)]
    for place, messages in zip(places, (ledger.at_lan, filter(genuine, ledger.at_wan), filter(genuine, ledger.at_server))):
        for message in messages:
            place[request_of(message)].append(message)
    return {request: Fate(sent, wan[request], server[request]) for request, sent in lan.items()}


class Sums(NamedTuple):
    """All fates in numbers."""
    sent: int
    second_copies: int
    doubled: int
    lost: int

    def __str__(self):
        return (f"of {self.sent} transmissions {self.lost} got lost, of {self.second_copies} second copies {self.doubled} "
                f"came through")


def sums(of):
    of = list(of.values())
    return Sums(sum(len(fate.sent) for fate in of), sum(fate.second_copies for fate in of),
                sum(fate.doubled for fate in of), sum(fate.lost for fate in of))


def withheld(of):
    """How many copies the server did not get."""
    return sum(len(fate.brought) - len(fate.received) for fate in of.values())
