# SPDX-License-Identifier: Apache-2.0
"""Relayed requests that are broken in one place: for each reason that the box has for letting one through unjudged, frames."""

import random
import struct

from frames import B, address, ethernet, ipv4

_CHADDR = bytes.fromhex("02ee00000001")
_SOURCE, _MAC = "10.30.0.9", B[:5] + b"\x09"
_OPTIONS = bytes((53, 1, 1, 55, 4, 1, 3, 6, 15, 60, 9)) + b"PXEClient" + bytes((82, 8, 1, 6)) + b"port-1" + b"\xff"


def _bootp(options=_OPTIONS, op=1, hlen=6):
    return struct.pack("!BBBBIHH12s4s16s192s", op, 1, hlen, 1, 0x6D616C66, 0, 0, b"", address("10.20.0.9"), _CHADDR, b"") + bytes(
        (99, 130, 83, 99)) + options


def _udp(payload, length=None):
    return struct.pack("!HHHH", 67, 67, 8 + len(payload) if length is None else length, 0) + payload


def _whole(udp, **more):
    return ipv4(17, udp, source=_SOURCE, src=_MAC, **more)


def _ip(change):
    """A sound frame, but for bytes of its IPv4 header."""
    frame = bytearray(_whole(_udp(_bootp())))
    for at, value in change.items():
        frame[14 + at] = value
    return bytes(frame)


def _ipv6(kind, payload):
    source, server = bytes.fromhex("fd200030" + "00" * 11 + "09"), bytes.fromhex("fd200030" + "00" * 11 + "10")
    return ethernet(0x86DD, struct.pack("!IHBB", 0x60000000, len(payload), kind, 64) + source + server + payload, src=_MAC)


def _dhcp6(payload):
    return _ipv6(17, struct.pack("!HHHH", 547, 547, 8 + len(payload), 0) + payload)


def _relayed(message, relays):
    """A DHCPv6 message in so many RELAY-FORWs (RFC 8415 s9)."""
    for hops in range(relays):
        message = bytes((12, hops)) + bytes(32) + struct.pack("!HH", 9, len(message)) + message
    return message


def storm():
    """Reason: frames."""
    whole = _udp(_bootp())
    solicit = bytes((1, 1, 2, 3)) + bytes((0, 8, 0, 2, 0, 0))
    lengths = (0, 1, 7, len(whole) + 1, 1472, 65535)
    return {
        "malformed_ip": [_ip({0: 0x40 | words}) for words in range(5)] +
                        [_ip({0: 0x55}), _ip({2: 255, 3: 255}), _ip({2: 0, 3: 19})] +
                        [_whole(whole)[:14 + cut] for cut in range(0, 20)] + [ethernet(0x86DD, bytes(40), src=_MAC)],
        "malformed_udp": [_whole(_udp(_bootp(), length)) for length in lengths] + [_whole(whole[:cut]) for cut in range(8)],
        "malformed_bootp": [_whole(_udp(_bootp()[:cut])) for cut in range(0, 236, 5)] +
                           [_whole(_udp(_bootp(hlen=hlen))) for hlen in (17, 128, 255)] +
                           [_whole(_udp(_bootp(op=op))) for op in (0, 3, 255)],
        "malformed_options": [_whole(_udp(_bootp(_OPTIONS[:cut]))) for cut in (1, 2, 5, 8, 10, 12, 19, 23, 28)] +
                             [_whole(_udp(_bootp(bytes((code, 255)) + bytes(40)))) for code in (1, 53, 60, 82, 254)],
        "fragment": [_whole(whole[:64], fragment=0x2000), _whole(whole[64:], fragment=0x2000 | 8), _whole(whole[64:], fragment=8),
                     _whole(whole, fragment=0x1FFF)],
        "malformed_dhcp6": [_dhcp6(_relayed(solicit, 1)[:cut]) for cut in range(0, 35)] + [_dhcp6(_relayed(solicit[:3], 2))],
        "nested_too_deep": [_dhcp6(_relayed(solicit, relays)) for relays in (9, 10, 20)],
        "not_dhcp": [_ipv6(58, bytes(8)), _ip({9: 6})],
    }


_MARKERS = (9).to_bytes(2, "big")  # the lab's own datagrams: lab.plan.MARKER_PORT


def mutants(requests, count, seed):
    """Requests as honest relays brought them, of other clients and through another router, with something changed behind the
    Ethernet header: bytes, bits, lengths, what is cut off, put in or twice there."""
    dice, found = random.Random(seed), []
    while len(found) < count:
        frame = bytearray(dice.choice(requests))
        frame[6:12], frame[70:76] = _MAC, _CHADDR[:5] + bytes((dice.randrange(count // 4),))
        for _ in range(dice.choice((1, 1, 2, 4))):
            _change(frame, dice)
        if _MARKERS not in (frame[34:36], frame[36:38]):
            found.append(bytes(frame))
    return found


def _change(frame, dice):
    # Half of them in the headers and the first options, where most depends on each byte.
    at = dice.randrange(14, len(frame)) if dice.random() < 0.5 else dice.choice((*range(14, 46), *range(282, 300)))
    at = min(at, len(frame) - 1)
    how = dice.randrange(6)
    if how == 0:
        frame[at] = dice.randrange(256)
    elif how == 1:
        frame[at] ^= 1 << dice.randrange(8)
    elif how == 2:
        frame[at] = dice.choice((0, 1, 255))
    elif how == 3 and at > 34:
        del frame[at:]
    elif how == 4:
        frame[at:at] = dice.randbytes(dice.randint(1, 40))
    else:
        frame[at:at] = frame[at:at + dice.randint(1, 40)]
