# SPDX-License-Identifier: Apache-2.0
"""Random relayed requests from small pools, so that every branch of the rule is met again and again."""

import random
import struct
from functools import cache

import pcapfile

COOKIE = bytes((99, 130, 83, 99))
US, MS = 10**3, 10**6
# Gaps between frames (ns) and how often: inside an echo window, at and between the limits, beyond everything.
GAPS = {0: 20, 100 * US: 20, 2 * MS: 20, 50 * MS: 3, 100 * MS: 3, 100 * MS + 1: 3, 150 * MS: 3, 200 * MS: 3, 400 * MS: 3,
        850 * MS: 3, 1000 * MS: 3, 1000 * MS + 1: 3, 2500 * MS: 1, 4000 * MS: 1, 6000 * MS: 0.3, 71_000 * MS: 0.2}
GIADDRS = [0x0A140002, 0x0A140003, 0x0A140102, 0x0A150002]  # two in one /24, one beside it, one in a relay group
SERVERS = [0x0A1E000A, 0x0A1E000B, 0x0A1E000C]


def option(code, value):
    return bytes((code, len(value))) + value


def agent_information(dice):
    """Option 82, or nothing: circuit ids, link selections good and bad, a VRF."""
    parts = [b"", b"", option(1, b"eth1"), option(1, b"eth2"), option(5, bytes((10, 20, 0, 0))),
             option(5, bytes((10, 21, 0, 0))), option(5, b"\x0a"), option(151, b"red"), b"\x01\xff"]
    chosen = dice.choice(parts) + dice.choice(parts[:4])
    return option(82, chosen) if chosen else b""


def clients_words(dice):
    """What the client wrote: the BOOTP header with giaddr and hops left open, and its options."""
    kind = dice.choice([1, 1, 1, 3, 3, 8, 10] + [None] * 2)
    options = [option(53, bytes((kind,)))] if kind else []
    options += dice.choice([[], [], [option(61, b"\x01abcdef")], [option(60, b"PXEClient")], [option(50, bytes((10, 20, 0, 60)))],
                            [option(52, bytes((dice.randint(1, 3),)))], [b"\0\0", option(57, b"\x05\xdc")]])
    chaddr = dice.choice([b"\x02\xaa\0\0\0\x01", b"\x02\xaa\0\0\0\x02", bytes(range(16))])
    length = len(chaddr) if dice.random() < 0.95 else dice.choice([0, 16, 17])
    header = struct.pack("!BBBBIHHIIII16s64s128s", dice.choice([1] * 40 + [2, 3]), 1, length, 0, dice.choice([7, 8]),
                         dice.choice([0, 4]), dice.choice([0, 0x8000]), dice.choice([0, 0, 0, 0x0A14003C]), 0, 0, 0,
                         chaddr, b"", dice.choice([b"", b"", b"boot/file"]))
    return header, COOKIE if dice.random() < 0.97 else b"\0\0\0\0", options


def relays_of(dice):
    """(MAC, IPv4 address, giaddr, option 82) of a few relays, some of them one router's."""
    routers = [(0x020000300002, 0x0A1E0002), (0x020000300003, 0x0A1E0003), (0x020000300004, 0x0A1E0004)]
    return [(*dice.choice(routers), dice.choice(GIADDRS), agent_information(dice)) for _ in range(7)]


def relayed(dice, words, giaddr, agent):
    """What a relay makes of it."""
    header, cookie, options = words
    options = list(options)
    if dice.random() < 0.05:  # a router that rewrites
        options.append(option(60, b"rewritten"))
    options.insert(dice.choice([0, len(options), len(options)]), agent)
    tail = dice.choice([b"\xff\0\0\0garbage", b"", b"\xff" + option(82, b"\x01\x01x"), b"\x0c\x20"])
    giaddr = giaddr if dice.random() < 0.98 else 0
    header = header[:3] + bytes((dice.randint(0, 4),)) + header[4:24] + struct.pack("!I", giaddr) + header[28:]
    return header + cookie + b"".join(options) + (tail if dice.random() < 0.1 else b"\xff")


def ethernet(dice, mac, source, server, payload):
    ports = dice.choice([67, 67, 68, 1067]), 67 if dice.random() < 0.98 else 4011
    length = 8 + len(payload) + (0 if dice.random() < 0.98 else dice.choice([-len(payload) - 1, -10, 1]))
    udp = struct.pack("!HHHH", *ports, length, dice.choice([0, 0xBEEF])) + payload
    words = b"\1\1\1\1" if dice.random() < 0.05 else b""
    flags = dice.choice([0, 0x4000]) if dice.random() < 0.98 else dice.choice([0x2000, 0x00B9])
    ip = struct.pack("!BBHHHBBHII", 0x45 + len(words) // 4, 0, 20 + len(words) + len(udp), 0, flags, 64, 17, 0, source, server)
    tags = dice.choice([b""] * 8 + [b"\x81\0\0\x05", b"\x81\0\x60\0", b"\x88\xa8\0\x64\x81\0\0\x05", b"\x91\0\0\x07"])
    return b"\x02\0\0\x30\0\x10" + mac.to_bytes(6, "big") + tags + b"\x08\0" + ip + words + udp + bytes(dice.choice([0, 0, 7]))


def damaged(dice, data):
    if dice.random() < 0.5:
        return data[:dice.randrange(len(data))]
    spoiled = bytearray(data)
    spoiled[dice.randrange(12, min(len(data), 300))] = dice.randrange(256)
    return bytes(spoiled)


@cache
def traffic(seed, count, crowds):
    """Frames of a few clients through a few relays; `crowds`: now and then through more than a record holds."""
    dice = random.Random(seed)
    relays = relays_of(dice)
    time, recent, frames = 1_700_000_000 * 10**9, [], []
    while len(frames) < count:
        time += dice.choices(list(GAPS), list(GAPS.values()))[0]
        if not recent or dice.random() < 0.08:
            server = dice.choice(SERVERS) if dice.random() < 0.98 else 0xE0000001
            recent = (recent + [(clients_words(dice), server)])[-5:]
        words, server = dice.choice(recent)
        if dice.random() < 0.1:  # the same, to another server
            server = dice.choice(SERVERS)
        crowd = [(mac, 0x0A1E0005, 0x0A140005, b"") for mac in range(12)] if crowds and dice.random() < 0.005 else []
        for mac, source, giaddr, agent in crowd or [dice.choice(relays)]:
            data = ethernet(dice, mac, source, server, relayed(dice, words, giaddr, agent))
            if dice.random() < 0.02:
                data = damaged(dice, data)
            backwards = dice.choice([0] * 20 + [3 * MS, 1000 * MS])
            frames.append(pcapfile.frame(time - backwards, data))
    return frames
