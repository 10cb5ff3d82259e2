# SPDX-License-Identifier: Apache-2.0
"""The same of DHCPv6: random relayed messages from small pools."""

import random
import struct
from functools import cache
from ipaddress import IPv6Address

import pcapfile
from traffic import GAPS, MS, damaged

TAGS = [b""] * 8 + [b"\x81\0\0\x05", b"\x81\0\x60\0", b"\x88\xa8\0\x64\x81\0\0\x05"]
# Two in one /64, one in another of the same /48, one in a relay group, none.
LINKS = ["fd20:20::2", "fd20:20::3", "fd20:20:0:1::2", "fd20:21::2", "::"]
SERVERS = ["fd20:30::10", "fd20:30::11", "fd20:30::12"]
TYPES = [1, 1, 1, 3, 3, 5, 8, 11, 20] + [2, 14]  # of them the last two are no client's
UDP, NO_NEXT, TCP = 17, 59, 6


def packed(address):
    return IPv6Address(address).packed


def option(code, value):
    return struct.pack("!HH", code, len(value)) + value


def clients_words(dice):
    """(peer-address, message)"""
    number = dice.choice([1, 2, 3])
    duid = dice.choice([b"\0\3\0\1\2\xaa\0\0\0", b"\0\1\0\1\x2c\0\0\0\2\xaa\0\0\0"]) + bytes((number,))
    options = [option(1, duid)] * (dice.random() < 0.9)
    options += [option(8, struct.pack("!H", dice.choice([0, 0, 100, 300])))] * (dice.random() < 0.9)
    options += [option(3, bytes(12))] + dice.choice([[], [], [option(25, bytes(12))], [option(6, b"\0\x17")]])
    dice.shuffle(options)
    transaction = dice.choice([7, 7, 8]).to_bytes(3, "big")
    return f"fe80::{number}", bytes((dice.choice(TYPES),)) + transaction + b"".join(options)


def relayed(hops, link, peer, inner, *more):
    return bytes((12, hops)) + packed(link) + packed(peer) + b"".join(more) + option(9, inner)


def relays_of(dice):
    """(MAC, IPv6 address, what wraps a client's message)"""
    routers = [(0x020000300002, "fd20:30::2"), (0x020000300003, "fd20:30::3"), (0x020000300004, "fd20:30::4")]
    ids = [(), (), (option(18, b"eth1"),), (option(18, b"eth2"),), (option(37, b"\0\0\0\x09id"),)]

    def relay():
        mac, source = dice.choice(routers)
        link, more, switch = dice.choice(LINKS), dice.choice(ids), dice.random() < 0.2
        first_hop = dice.choice(LINKS[:2]) if dice.random() < 0.2 else None

        def wraps(peer, inner):
            if switch:  # a lightweight relay in front (RFC 6221)
                inner = relayed(0, "::", peer, inner, option(18, b"port 7"))
            if first_hop:  # and this one is behind another
                inner, peer = relayed(int(switch), link, peer, inner), first_hop
            return relayed(switch + bool(first_hop), "::" if first_hop else link, peer, inner, *more)

        return mac, source, wraps
    return [relay() for _ in range(7)]


def nested(dice, peer, inner):
    """More relays than there may be, or just not; or one that is broken."""
    kind = dice.randrange(4)
    if kind == 0:
        return relayed(0, "fd20:20::2", peer, inner)[:dice.choice([0, 1, 33, 34, 36])]
    if kind == 1:
        return relayed(0, "fd20:20::2", peer, inner, option(9, inner))
    for hops in range(dice.choice([8, 9])):
        inner = relayed(hops, "fd20:20::2", peer, inner)
    return inner


def ethernet(dice, mac, source, server, payload):
    ports = dice.choice([547, 547, 546, 1067]), 547 if dice.random() < 0.98 else 546
    length = 8 + len(payload) + (0 if dice.random() < 0.98 else dice.choice([-len(payload) - 1, -10, 1]))
    packet, kind = struct.pack("!HHHH", *ports, max(length, 0), dice.choice([0, 0xBEEF])) + payload, UDP
    for header in dice.choice([[], [], [], [], [0], [60, 0], [51], [44], [43, 60]]):
        size = dice.choice([0, 1, 2]) if header != 44 else 0
        room = 8 + size * (4 if header == 51 else 8) - 4
        fragment = dice.choice([0] * 5 + [1, 8]) if header == 44 else 0
        packet, kind = struct.pack("!BBH", kind, size, fragment) + bytes(room) + packet, header
    kind = kind if dice.random() < 0.99 else dice.choice([TCP, NO_NEXT])
    said = len(packet) + (0 if dice.random() < 0.99 else dice.choice([1, -len(packet), -9]))
    ip = struct.pack("!IHBB", 0x60000000, max(said, 0), kind, 64) + packed(source) + packed(server)
    return b"\x02\0\0\x30\0\x10" + mac.to_bytes(6, "big") + dice.choice(TAGS) + b"\x86\xdd" + ip + packet + bytes(dice.choice([0, 0, 7]))


@cache
def traffic6(seed, count, crowds):
    """See traffic.traffic."""
    dice = random.Random(seed)
    relays = relays_of(dice)
    time, recent, frames = 1_700_000_000 * 10**9, [], []
    while len(frames) < count:
        time += dice.choices(list(GAPS), list(GAPS.values()))[0]
        if not recent or dice.random() < 0.08:
            server = dice.choice(SERVERS) if dice.random() < 0.98 else dice.choice(["ff05::1:3", "::"])
            recent = (recent + [(clients_words(dice), server)])[-5:]
        (peer, words), server = dice.choice(recent)
        if dice.random() < 0.1:
            server = dice.choice(SERVERS)
        crowd = [(mac, "fd20:30::5", lambda p, m: relayed(0, "fd20:20::5", p, m)) for mac in range(12)]
        for mac, source, wraps in crowd if crowds and dice.random() < 0.005 else [dice.choice(relays)]:
            said = words
            if dice.random() < 0.05:  # a router that rewrites
                said += option(16, b"rewritten")
            payload = wraps(peer, said) if dice.random() < 0.97 else dice.choice([said, nested(dice, peer, said)])
            data = ethernet(dice, mac, source, server, payload)
            if dice.random() < 0.02:
                data = damaged(dice, data)
            backwards = dice.choice([0] * 20 + [3 * MS, 1000 * MS])
            frames.append(pcapfile.frame(time - backwards, data))
    return frames
