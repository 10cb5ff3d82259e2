# SPDX-License-Identifier: Apache-2.0
"""Frames of every size cross byte for byte, both ways, while clients boot; so do DHCP requests that are as long, and the second
copies of these do not."""

import random
import struct

import pytest
from frames import EXPERIMENTAL, A, B, address, ethernet, ipv4
from honest import Crew, fates, sums, withheld
from intruder import Intruder, only_honest_clients_are_served
from lab import relays, servers
from lab.box import Relaysieve
from lab.trials import furnish
from wirelab import Tap, digest

SHORTEST, LONGEST = 14, 9018
UNDER_WAY = 64  # frames, so that no queue overflows
CHADDR = bytes.fromhex("02ee00000002")  # of the long requests' client


def of_every_size(longest, source, target):
    dice = random.Random(longest)
    return [ethernet(EXPERIMENTAL, dice.randbytes(size - SHORTEST), src=source, dst=target)
            for size in range(SHORTEST, longest + 1)]


def long_request(xid, router, length, tags, padded):
    """As a router (A: 2, B: 3) brings it: full of options, or with some, and zeros behind the last."""
    head, room = struct.pack("!BBBBIHH12s4s16s192s", 1, 1, 6, router - 1, xid, 0, 0, b"", address(f"10.20.0.{router}"), CHADDR,
                             b"") + bytes((99, 130, 83, 99, 53, 1, 1)), length - SHORTEST - 4 * len(tags) - 28
    dice, options = random.Random(xid), b""
    while not padded and room - len(head) - len(options) > 258:
        options += bytes((dice.randrange(224, 255), 255)) + dice.randbytes(255)
    bootp = (head + options + bytes((82, 3, 1, 1, router)) + b"\xff").ljust(room, b"\0")
    return ipv4(17, struct.pack("!HHHH", 67, 67, 8 + len(bootp), 0) + bootp, source=f"10.30.0.{router}", src={2: A, 3: B}[router],
                tags=tags)


def pairs_of_long_requests(longest):
    """The copies of both routers, without a tag and with tags."""
    kinds = [(length, tags, padded) for length in (longest * 8 // 9, longest) for padded in (False, True)
             for tags in ((), ((0x8100, 5),), ((0x88A8, 100), (0x8100, 5)))]
    return [[long_request(xid, router, *kind) for router in (2, 3)] for xid, kind in enumerate(kinds, 1)]


def ours(tap, count):
    """So many frames of those that only this test sends."""
    came = []
    while len(came) < count:
        frame = tap.receive()
        assert frame is not None, f"{count - len(came)} frames are missing"
        if frame[12:14] == EXPERIMENTAL.to_bytes(2, "big") or CHADDR in frame[:84]:
            came.append(frame)
    return came


def cross(source, target, sent, expected=None):
    """What comes of it: as many frames as were sent, or as are expected."""
    came, expected = [], sent if expected is None else expected
    assert len(sent) == len(expected) or len(sent) <= UNDER_WAY
    for at in range(0, len(sent), UNDER_WAY):
        source.send(*sent[at:at + UNDER_WAY])
        came += ours(target, len(expected[at:at + UNDER_WAY]))
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
    only_honest_clients_are_served(lab.server)
    here, there = intruder.tap(), Tap(lab.server, "eth0")
    mine, its = (bytes.fromhex(mac.replace(":", "")) for mac in (Intruder.mac, "02:00:00:30:00:10"))
    pairs = pairs_of_long_requests(longest)
    both, firsts = [copy for pair in pairs for copy in pair], [first for first, _ in pairs]
    try:
        lab.forget()
        with crew.at_work():
            # What is of every size comes behind the long requests: none of their second copies comes after all.
            for source, target, sent, expected in (
                    (here, there, both, firsts), (here, there, of_every_size(longest, mine, its), None),
                    (there, here, [mine + frame[6:] for frame in both], None), (there, here, of_every_size(longest, its, mine), None)):
                assert digest(cross(source, target, sent, expected)) == digest(expected or sent)
    finally:
        here.close()
        there.close()
    fate, status = fates(lab.ledger()), lab.box.status()
    second_copies = status["totals"]["dropped"] - withheld(fate)
    told(f"{driver}: {longest - SHORTEST + 1} sizes up to {longest} bytes both ways, all the same; of {len(pairs)} DHCP requests of "
         f"{min(map(len, both))} to {max(map(len, both))} bytes {second_copies} second copies dropped; {len(crew.boots)} boots; {sums(fate)}")
    assert {port["driver"] for port in status["ports"]} == {driver}
    assert second_copies == len(pairs)
    assert sums(fate).lost == sums(fate).doubled == 0
