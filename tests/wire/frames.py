# SPDX-License-Identifier: Apache-2.0
"""Frames by hand."""

import random
import struct

A = bytes.fromhex("020000300002")
B = bytes.fromhex("020000300003")
SERVER = bytes.fromhex("020000300010")
EVERYONE = b"\xff" * 6
EXPERIMENTAL = 0x88B5  # IEEE 802 local experimental ethertype

_SHORTEST_TAGGED = 20  # of less than this the kernel that receives it makes nothing


def ethernet(ethertype, payload=b"", dst=SERVER, src=A, tags=()):
    """`tags`: (TPID, TCI), outermost first."""
    tagged = b"".join(struct.pack("!HH", *tag) for tag in tags)
    return dst + src + tagged + struct.pack("!H", ethertype) + payload


def sized(length, tags=()):
    return ethernet(EXPERIMENTAL, bytes(length - 14 - 4 * len(tags)), tags=tags)


def marker(number):
    """A frame that nothing else sends."""
    return ethernet(EXPERIMENTAL, struct.pack("!QQ", 0x7265_6C61_7973_6965, number) + bytes(30))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, payload, source="10.30.0.2", to="10.30.0.10", identification=1, fragment=0, **more):
    """`fragment`: the flags and offset word of RFC 791."""
    def header(check):
        return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, fragment, 64, protocol, check,
                           address(source), address(to))
    return ethernet(0x0800, header(checksum(header(0))) + payload, **more)


def udp_checksum_is_right(frame):
    """Of an IPv4 frame without options (RFC 768)."""
    udp = frame[34:14 + int.from_bytes(frame[16:18], "big")]
    pseudo = frame[26:34] + struct.pack("!HH", 17, len(udp))
    return checksum(pseudo + udp + bytes(len(udp) % 2)) == 0


def address(dotted):
    return bytes(map(int, dotted.split(".")))


def fragments():
    """A UDP datagram of 3,000 bytes in three IPv4 fragments."""
    datagram = struct.pack("!HHHH", 2049, 2049, 3000, 0) + bytes(range(256)) * 11 + bytes(176)
    pieces = [datagram[at:at + 1480] for at in range(0, 3000, 1480)]
    return [ipv4(17, piece, identification=77, fragment=at * 185 | (0x2000 if at < 2 else 0))
            for at, piece in enumerate(pieces)]


def tagged():
    """Every VLAN tag there is: (name, frame)."""
    return [
        ("802.1Q", sized(80, [(0x8100, 5)])),
        ("802.1Q, priority and DEI", sized(80, [(0x8100, 0xF005)])),
        ("priority tag", sized(80, [(0x8100, 0x6000)])),
        ("802.1ad", sized(80, [(0x88A8, 100)])),
        ("802.1ad over 802.1Q", sized(84, [(0x88A8, 100), (0x8100, 5)])),
        ("802.1ad twice", sized(84, [(0x88A8, 100), (0x88A8, 5)])),
        ("802.1Q twice", sized(84, [(0x8100, 100), (0x8100, 5)])),
        ("9100", sized(80, [(0x9100, 7)])),
        ("full-size 802.1Q", sized(1518, [(0x8100, 5)])),
    ]


def control():
    """What bridges keep for themselves, and a wire does not: (name, frame)."""
    llc = b"\x42\x42\x03" + bytes(43)
    return [
        ("ARP", ethernet(0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + A + address("10.30.0.2") + bytes(6) +
                         address("10.30.0.10") + bytes(18), dst=EVERYONE)),
        ("IPv6", ethernet(0x86DD, b"\x60" + bytes(3) + b"\0\x08\x3a\xff" + bytes(40), dst=b"\x33\x33\0\0\0\1")),
        ("LLDP", ethernet(0x88CC, b"\x02\x07\x04" + A + bytes(40), dst=b"\x01\x80\xc2\0\0\x0e")),
        ("STP", b"\x01\x80\xc2\0\0\0" + A + struct.pack("!H", len(llc)) + llc),
        ("pause", ethernet(0x8808, b"\0\1\xff\xff" + bytes(42), dst=b"\x01\x80\xc2\0\0\1")),
        ("LACP", ethernet(0x8809, b"\1\1" + bytes(108), dst=b"\x01\x80\xc2\0\0\2")),
        ("another's unicast", ethernet(EXPERIMENTAL, bytes(46), dst=b"\x02\0\0\0\0\x77")),
    ]


def random_frames(count, longest, seed=1):
    """Random destination, ethertype, size and bytes."""
    dice = random.Random(seed)
    frames = []
    while len(frames) < count:
        ethertype, size = dice.randrange(65536), dice.randint(14, longest)
        if ethertype in (0x8100, 0x88A8) and size < _SHORTEST_TAGGED:
            continue
        frames.append(ethernet(ethertype, dice.randbytes(size - 14), dst=dice.randbytes(6), src=b"\x02" + dice.randbytes(5)))
    return frames


def of_all_kinds(longest=1514):
    return ([sized(length) for length in (14, 42, 60, longest)] + [frame for _, frame in tagged() + control()] +
            fragments() + random_frames(1000, longest))


def dhcp_request(xid, router=A, kind=1, source="10.30.0.2", giaddr="10.20.0.2", to="10.30.0.10", hops=1, secs=0):
    """What one relay makes of a client's request: BOOTP (RFC 951) over UDP port 67."""
    bootp = struct.pack("!BBBBIHH12s4s16s192s", 1, 1, 6, hops, xid, secs, 0, b"", address(giaddr), b"\x02\xaa\0\0\0\1", b"")
    bootp += bytes((99, 130, 83, 99, 53, 1, kind, 255)) + bytes(60)
    udp = struct.pack("!HHHH", 67, 67, 8 + len(bootp), 0) + bootp
    return ipv4(17, udp, source=source, to=to, src=router)


def hsrp_pair(xid, **more):
    """The two copies of one transmission, by two routers: each has its own MAC, address and giaddr."""
    return (dhcp_request(xid, A, source="10.30.0.2", giaddr="10.20.0.2", **more),
            dhcp_request(xid, B, source="10.30.0.3", giaddr="10.20.0.3", hops=2, **more))


def dhcp_reply(xid, kind, to="10.20.0.2", yiaddr="10.20.0.114", chaddr=bytes.fromhex("02aa00000001")):
    """A server's BOOTREPLY to a relay."""
    bootp = struct.pack("!BBBBIHH4s4s4s4s16s192s", 2, 1, 6, 0, xid, 0, 0, bytes(4), address(yiaddr), bytes(4),
                        address(to), chaddr, b"")
    bootp += bytes((99, 130, 83, 99, 53, 1, kind, 54, 4)) + address("10.30.0.10") + b"\xff" + bytes(40)
    return ipv4(17, struct.pack("!HHHH", 67, 67, 8 + len(bootp), 0) + bootp, source="10.30.0.10", to=to,
                src=SERVER, dst=A)
