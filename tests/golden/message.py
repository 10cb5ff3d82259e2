# SPDX-License-Identifier: Apache-2.0
"""A relayed DHCPv4 request found in an Ethernet frame: a parser of the model's own."""

from ipaddress import IPv4Address
from typing import NamedTuple

COOKIE = bytes((99, 130, 83, 99))  # RFC 2131 s3
TAGS = (0x8100, 0x88A8, 0x9100)
LEASEQUERY = 10                    # RFC 4388


class Message(NamedTuple):
    vlans: tuple
    source_mac: bytes
    source_ip: IPv4Address
    server: IPv4Address
    header: bytes        # op to file, 236 bytes
    options: tuple       # (code, value) in wire order up to End, without 82 and Pad
    texts: bytes         # file and sname where they are plain BOOTP's or hold options (option 52)
    type: int            # option 53; 0 = plain BOOTP
    giaddr: IPv4Address
    relay_info: bytes    # the value of option 82; None = none
    link_selection: IPv4Address  # option 82 sub-option 5 of length 4; None = none
    vrf: bytes           # option 82 sub-option 151; None = none


class Undecided(Exception):
    """The rule does not look at this frame; the argument is the reason."""


def walk(raw, pad_and_end):
    """(code, value) of each option, or of each sub-option, where 0 and 255 are codes like others."""
    at = 0
    while at < len(raw):
        code = raw[at]
        if pad_and_end and code == 255:
            return
        if pad_and_end and code == 0:
            at += 1
            continue
        if at + 1 >= len(raw) or at + 2 + raw[at + 1] > len(raw):
            raise Undecided("malformed_options")
        yield code, raw[at + 2:at + 2 + raw[at + 1]]
        at += 2 + raw[at + 1]


def number(raw):
    return int.from_bytes(raw, "big")


def ethernet(frame):
    """(VLAN ids, ethertype, what follows)"""
    if len(frame) < 14:
        raise Undecided("not_dhcp")
    at, vlans = 12, []
    while number(frame[at:at + 2]) in TAGS and len(vlans) < 2 and at + 6 <= len(frame):
        vlans.append(number(frame[at + 2:at + 4]) & 0xFFF)
        at += 4
    return tuple(vlan for vlan in vlans if vlan), number(frame[at:at + 2]), frame[at + 2:]


def payload_of(ip):
    """(IPv4 header, UDP payload) of a packet to UDP port 67."""
    header, total = (ip[0] & 15) * 4 if ip else 0, number(ip[2:4])
    if len(ip) < 20 or ip[0] >> 4 != 4 or header < 20 or not header <= total <= len(ip):
        raise Undecided("malformed_ip")
    if ip[9] != 17:
        raise Undecided("not_dhcp")
    if number(ip[6:8]) & 0x3FFF:
        raise Undecided("fragment")
    udp = ip[header:total]
    if len(udp) < 8:
        raise Undecided("malformed_udp")
    if number(udp[2:4]) != 67:
        raise Undecided("not_dhcp")
    if not 8 <= number(udp[4:6]) <= len(udp):
        raise Undecided("malformed_udp")
    return ip[:header], udp[8:number(udp[4:6])]


def parse(vlans, source_mac, packet):
    ip, bootp = payload_of(packet)
    if len(bootp) >= 236 and bootp[0] == 2:
        raise Undecided("reply")
    if len(bootp) < 236 or bootp[0] != 1 or bootp[2] > 16:
        raise Undecided("malformed_bootp")
    giaddr = IPv4Address(bootp[24:28])
    if not int(giaddr) or ip[16] >= 224:
        raise Undecided("direct")
    options = list(walk(bootp[240:], True)) if bootp[236:240] == COOKIE else []
    first = dict(reversed(options))
    kind = first[53][0] if first.get(53) else 0
    if kind == LEASEQUERY:
        raise Undecided("leasequery")
    relay_info = b"".join(value for code, value in options if code == 82) if 82 in first else None
    overload = first[52][0] if first.get(52) else 0  # 1 file, 2 sname, 3 both
    texts = (bootp[108:236] if kind == 0 or overload & 1 else b"") + (bootp[44:108] if kind == 0 or overload & 2 else b"")
    agent = dict(reversed(agent_options(relay_info)))
    link = agent.get(5)
    return Message(vlans=vlans, source_mac=source_mac, source_ip=IPv4Address(ip[12:16]), server=IPv4Address(ip[16:20]),
                   header=bootp[:236], options=tuple(o for o in options if o[0] != 82), texts=texts, type=kind, giaddr=giaddr,
                   relay_info=relay_info, link_selection=IPv4Address(link) if link and len(link) == 4 else None,
                   vrf=agent.get(151))


def agent_options(relay_info):
    """The sub-options of option 82, up to the first that runs over its end."""
    found = []
    try:
        for sub_option in walk(relay_info or b"", False):
            found.append(sub_option)
    except Undecided:
        pass  # the relay's mistake: the request itself is sound
    return found
