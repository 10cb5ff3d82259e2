# SPDX-License-Identifier: Apache-2.0
"""A relayed DHCPv6 message found in an Ethernet frame: a parser of the model's own (RFC 8200, RFC 8415)."""

from ipaddress import IPv6Address
from typing import NamedTuple

from message import Undecided, number

SERVERS_SAY = (2, 7, 10, 13, 15, 16, 17)  # ADVERTISE, REPLY, RECONFIGURE, RELAY-REPL, and of LEASEQUERY (RFC 5007)
LEASEQUERY, RELAY_FORW = 14, 12
NUMBERED = (1, 3, 4, 5, 6, 8, 9, 11)      # clients' messages that have a transaction id (RFC 8415 s7.3)
LONG_HEADERS = (0, 43, 60, 135, 139, 140)  # of 8 + 8n bytes
AUTHENTICATION, FRAGMENT, UDP = 51, 44, 17
NOWHERE = IPv6Address(0)


class Message6(NamedTuple):
    vlans: tuple
    source_mac: bytes
    source_ip: IPv6Address
    server: IPv6Address
    link: IPv6Address   # the innermost that is not ::
    peer: IPv6Address   # of the innermost relay: the client's
    behind: tuple       # peer-addresses of the relays before it: other relays
    relay_ids: tuple    # (code, value) of interface-ids and remote-ids, outermost first
    client: bytes       # the client's message
    type: int
    duid: bytes
    elapsed: bytes      # None = none
    delegation: bool    # has an IA_PD


def options(raw):
    found = []
    while raw:
        if len(raw) < 4 or number(raw[2:4]) > len(raw) - 4:
            raise Undecided("malformed_options")
        found.append((number(raw[:2]), raw[4:4 + number(raw[2:4])]))
        raw = raw[4 + len(found[-1][1]):]
    return found


def udp_of(kind, rest):
    """What is behind the extension headers."""
    while kind != UDP:
        if kind not in (*LONG_HEADERS, AUTHENTICATION, FRAGMENT):
            raise Undecided("not_dhcp")
        if len(rest) < 8:
            raise Undecided("malformed_ip")
        size = 8 if kind == FRAGMENT else 8 + rest[1] * (4 if kind == AUTHENTICATION else 8)
        if size > len(rest):
            raise Undecided("malformed_ip")
        if kind == FRAGMENT and number(rest[2:4]) & 0xFFF9:
            raise Undecided("fragment" if rest[0] in (UDP, AUTHENTICATION, *LONG_HEADERS) else "not_dhcp")
        kind, rest = rest[0], rest[size:]
    return rest


def payload_of(ip):
    """The payload of an IPv6 packet to UDP port 547."""
    if len(ip) < 40 or ip[0] >> 4 != 6 or number(ip[4:6]) > len(ip) - 40:
        raise Undecided("malformed_ip")
    udp = udp_of(ip[6], ip[40:40 + number(ip[4:6])])
    if len(udp) < 8:
        raise Undecided("malformed_udp")
    if number(udp[2:4]) != 547:
        raise Undecided("not_dhcp")
    if not 8 <= number(udp[4:6]) <= len(udp):
        raise Undecided("malformed_udp")
    return udp[8:number(udp[4:6])]


def check_type(raw):
    if raw[0] in SERVERS_SAY:
        raise Undecided("reply")
    if raw[0] == LEASEQUERY:
        raise Undecided("leasequery")


def parse(vlans, source_mac, ip):
    raw = payload_of(ip)
    if not raw:
        raise Undecided("malformed_dhcp6")
    check_type(raw)
    server = IPv6Address(ip[24:40])
    if raw[0] != RELAY_FORW or server.is_multicast or server == NOWHERE:
        raise Undecided("direct")
    links, peers, relay_ids = [], [], []
    while raw[0] == RELAY_FORW:
        if len(links) == 8:
            raise Undecided("nested_too_deep")
        if len(raw) < 34:
            raise Undecided("malformed_dhcp6")
        links.append(IPv6Address(raw[2:18]))
        peers.append(IPv6Address(raw[18:34]))
        written = options(raw[34:])
        relay_ids += [option for option in written if option[0] in (18, 37)]
        messages = [value for code, value in written if code == 9]
        if len(messages) != 1 or not messages[0]:
            raise Undecided("malformed_dhcp6")
        raw = messages[0]
    check_type(raw)
    if len(raw) < 4:
        raise Undecided("malformed_dhcp6")
    written = options(raw[4:])
    duids = [value for code, value in written if code == 1 and value]
    elapsed = [value for code, value in written if code == 8 and len(value) == 2]
    return Message6(vlans, source_mac, IPv6Address(ip[8:24]), server, next((link for link in reversed(links) if link != NOWHERE), NOWHERE),
                    peers[-1], tuple(peers[:-1]), tuple(relay_ids), raw, raw[0], duids[0] if duids else b"",
                    elapsed[0] if elapsed else None, any(code == 25 for code, _ in written))
