# SPDX-License-Identifier: Apache-2.0
"""Frames of every size cross byte for byte, both ways, while clients boot."""

import random

import pytest
from frames import EXPERIMENTAL, ethernet
from honest import Crew, fates, sums
from intruder import Intruder
from lab import relays, servers
from lab.box import Relaysieve
from lab.trials import furnish
from wirelab import Tap, digest

SHORTEST, LONGEST = 14, 9018
UNDER_WAY = 64  # frames, so that no queue overflows


def of_every_size(longest, source, target):
    dice = random.Random(longest)
    return [ethernet(EXPERIMENTAL, dice.randbytes(size - SHORTEST), src=source, dst=target)
            for size in range(SHORTEST, longest + 1)]


def experimental(tap, count):
    """So many frames of those that only this test sends."""
    came = []
    while len(came) < count:
        frame = tap.receive()
        assert frame is not None, f"{count - len(came)} frames are missing"
        if frame[12:14] == EXPERIMENTAL.to_bytes(2, "big"):
            came.append(frame)
    return came


def cross(source, target, sent):
    came = []
    for at in range(0, len(sent), UNDER_WAY):
        some = sent[at:at + UNDER_WAY]
        source.send(*some)
        came += experimental(target, len(some))
    return came


def widen(lab, intruder, mtu):
    """All cables between the switch behind the routers and the server."""
    for namespace, interfaces in ((lab.switches, ("coreBox", "intruder")), (intruder.namespace, ("eth0",)),
                                  (lab.box_namespace, ("routers", "server")), (lab.server, ("eth0",))):
        for interface in interfaces:
            namespace.ip("link", "set", interface, "mtu", mtu)


@pytest.mark.parametrize("driver, longest", [("af_packet", LONGEST), ("af_xdp", 3514)])
def test_every_size_both_ways(lab, told, driver, longest):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    intruder, crew = Intruder(lab), Crew(lab, 2)
    widen(lab, intruder, longest - SHORTEST)
    lab.put(Relaysieve(f'driver = "{driver}"'))
    here, there = intruder.tap(), Tap(lab.server, "eth0")
    mine, its = (bytes.fromhex(mac.replace(":", "")) for mac in (Intruder.mac, "02:00:00:30:00:10"))
    try:
        lab.forget()
        with crew.at_work():
            for source, target, sent in ((here, there, of_every_size(longest, mine, its)),
                                         (there, here, of_every_size(longest, its, mine))):
                came = cross(source, target, sent)
                assert digest(came) == digest(sent)
    finally:
        here.close()
        there.close()
    fate = sums(fates(lab.ledger()))
    told(f"{driver}: {longest - SHORTEST + 1} sizes up to {longest} bytes both ways, all the same; {len(crew.boots)} boots; {fate}")
    assert {port["driver"] for port in lab.box.status()["ports"]} == {driver}
    assert fate.lost == fate.doubled == 0
