# SPDX-License-Identifier: Apache-2.0
"""A flood that waits for nothing, more than the box takes: what it loses it counts, and honest clients boot all the same."""

import json
import signal
from typing import NamedTuple

from beside import Beside
from honest import Crew, fates, sums
from intruder import OWN_ROUTER, Intruder, only_honest_clients_are_served
from lab import relays, servers
from lab.box import Relaysieve
from lab.namespaces import wait_until
from lab.trials import furnish

SECONDS = 5
WELL_BEGUN = 1000  # frames


class Flood(Beside):
    """As fast as it can be sent."""

    def __init__(self, intruder):
        self._intruder = intruder

    def work(self):
        told = self._intruder.flood(SECONDS, OWN_ROUTER, limit=())
        self.sent, self.received, self.seconds = told["sent"], told["received"], told["seconds"]


def of_the_kernel(namespace, interface):
    """What has come to an interface, and what of it was lost there."""
    [link] = json.loads(namespace.run("ip", "-s", "-j", "link", "show", "dev", interface))
    return link["stats64"]["rx"]["packets"], link["stats64"]["rx"]["dropped"]


class Counts(NamedTuple):
    came: int      # to the box's port on the routers' side, as the kernel has it
    received: int  # by the box
    missed: int
    on_the_way: int  # lost before

    @classmethod
    def of(cls, lab):
        [port] = [port for port in lab.box.status()["ports"] if port["side"] == "routers"]
        return cls(of_the_kernel(lab.box_namespace, "routers")[0], port["rx_frames"], port["missed"],
                   of_the_kernel(lab.switches, "intruder")[1])

    def since(self, before):
        return Counts(*(now - then for now, then in zip(self, before)))


def overrun(lab):
    """Holds the daemon, in the midst of the flood, until frames get lost."""
    def kernel():
        return of_the_kernel(lab.box_namespace, "routers")
    begun, lost = kernel()
    wait_until(lambda: kernel()[0] > begun + WELL_BEGUN, "the flood")
    lab.box.daemon.signal(signal.SIGSTOP)
    try:
        wait_until(lambda: kernel()[1] > lost, "the queue to overrun")
    finally:
        lab.box.daemon.signal(signal.SIGCONT)


def test_a_flood_that_overruns_the_queue(lab, told):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    only_honest_clients_are_served(lab.server)
    intruder, crew = Intruder(lab), Crew(lab, 4, pause=1)
    lab.put(Relaysieve('driver = "af_xdp"'))  # what gets lost before it is the kernel's to count, too
    with crew.at_work():
        pass
    lab.forget()

    before = Counts.of(lab)
    with Flood(intruder) as flood, crew.at_work():
        overrun(lab)
        flood.stop()
    meanwhile = sums(fates(lab.ledger()))
    counts = Counts.of(lab).since(before)
    told(f"{flood.sent:,} random requests at {flood.sent / flood.seconds:,.0f}/s, {flood.received:,} arrived; {counts.came:,} frames "
         f"came to the box, which received {counts.received:,} and missed {counts.missed:,}; {counts.on_the_way} lost before; "
         f"{len(crew.boots)} boots, the longest {max(crew.boots):.1f} s; {meanwhile}")
    assert counts.missed > 0, "then there is no trouble to show"
    assert counts.came == counts.received + counts.missed
    assert 0 < flood.sent - flood.received <= counts.missed + counts.on_the_way
    assert meanwhile.doubled == 0

    lab.forget()
    with crew.at_work():
        pass
    after = sums(fates(lab.ledger()))
    told(f"when it is over: {len(crew.boots)} boots; {after}")
    assert after.lost == after.doubled == 0 < after.second_copies and Counts.of(lab).missed == before.missed + counts.missed
