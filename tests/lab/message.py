# SPDX-License-Identifier: Apache-2.0
"""One DHCP message found in an Ethernet frame, as far as the lab counts it: DHCPv4 (RFC 2131) and DHCPv6 (RFC 8415)."""

import struct
from ipaddress import IPv6Address
from typing import NamedTuple

TYPES = {1: "DISCOVER", 2: "OFFER", 3: "REQUEST", 4: "DECLINE", 5: "ACK", 6: "NAK", 7: "RELEASE", 8: "INFORM"}
TYPES6 = {1: "SOLICIT", 2: "ADVERTISE", 3: "REQUEST", 4: "CONFIRM", 5: "RENEW", 6: "REBIND", 7: "REPLY", 8: "RELEASE",
          9: "DECLINE", 10: "RECONFIGURE", 11: "INFORMATION-REQUEST"}

_COOKIE = bytes((99, 130, 83, 99))  # RFC 2131 s3
_ETHERTYPE_IPV6 = b"\x86\xdd"
_SERVERS_SAY = (2, 7, 10)
_RELAY_FORW, _RELAY_REPL = 12, 13
_CLIENT_ID, _IA_NA, _IAADDR, _RELAY_MESSAGE = 1, 3, 5, 9


class Message(NamedTuple):
    time: float      # s since the epoch
    op: int          # 1 request, 2 reply
    type: str        # of option 53; of DHCPv6 the innermost
    chaddr: str      # of DHCPv6 the DUID
    xid: int
    giaddr: str      # 0.0.0.0: not relayed; of DHCPv6 the link-address, or ::
    yiaddr: str      # of DHCPv6 the first address of an IA_NA, or ::
    source: str      # of the IP header
    source_mac: str
    frame: bytes

    @property
    def relayed(self):
        return self.giaddr not in ("0.0.0.0", "::")


def _colons(raw):
    return ":".join(f"{byte:02x}" for byte in raw)


def _ip(raw):
    return ".".join(str(byte) for byte in raw)


def _option(options, wanted):
    at = 0
    while at + 1 < len(options) and options[at] != 255:
        if options[at] == 0:
            at += 1
            continue
        if options[at] == wanted:
            return options[at + 2:at + 2 + options[at + 1]]
        at += 2 + options[at + 1]
    return b""


def _option6(options, wanted):
    while options:
        code, length = struct.unpack("!HH", options[:4])
        if code == wanted:
            return options[4:4 + length]
        options = options[4 + length:]
    return b""


def udp_of(frame):
    """(destination port, payload) of an untagged IP UDP frame without extension headers."""
    udp = frame[54:] if frame[12:14] == _ETHERTYPE_IPV6 else frame[14 + (frame[14] & 15) * 4:]
    return struct.unpack("!H", udp[2:4])[0], udp[8:]


def message_of(time, frame):
    """Of a frame to a DHCP port."""
    return (_of_dhcp6 if frame[12:14] == _ETHERTYPE_IPV6 else _of_dhcp4)(time, frame, udp_of(frame)[1])


def _of_dhcp4(time, frame, bootp):
    kind = _option(bootp[240:], 53) if bootp[236:240] == _COOKIE else b""
    return Message(
        time=time, op=bootp[0], type=TYPES.get(kind[0], str(kind[0])) if kind else "BOOTP",
        chaddr=_colons(bootp[28:34]), xid=int.from_bytes(bootp[4:8], "big"), giaddr=_ip(bootp[24:28]),
        yiaddr=_ip(bootp[16:20]), source=_ip(frame[26:30]), source_mac=_colons(frame[6:12]), frame=frame)


def _of_dhcp6(time, frame, dhcp):
    link = bytes(16)
    while dhcp[0] in (_RELAY_FORW, _RELAY_REPL):
        link, dhcp = dhcp[2:18], _option6(dhcp[34:], _RELAY_MESSAGE)
    options = dhcp[4:]
    address = _option6(_option6(options, _IA_NA)[12:], _IAADDR)[:16] or bytes(16)
    return Message(
        time=time, op=2 if dhcp[0] in _SERVERS_SAY else 1, type=TYPES6.get(dhcp[0], str(dhcp[0])),
        chaddr=_colons(_option6(options, _CLIENT_ID)), xid=int.from_bytes(dhcp[1:4], "big"), giaddr=str(IPv6Address(link)),
        yiaddr=str(IPv6Address(address)), source=str(IPv6Address(frame[22:38])), source_mac=_colons(frame[6:12]), frame=frame)
