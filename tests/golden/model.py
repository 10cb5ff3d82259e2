# SPDX-License-Identifier: Apache-2.0
"""The rule, slow and plain: dictionaries that forget nothing but what the rule says. It is written from the rule's
text, not from the filter's code, so that each can find the other's mistakes. Times are ns."""

from collections import defaultdict
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

import message
import message6
from message import Undecided

MS = 10**6
LATE = 5000 * MS             # how long a record tells a late copy from a first one
FORGET_CLIENT = 70_000 * MS
RELAYS = 8                   # that a record holds


@dataclass
class Settings:
    window: int = 1000 * MS
    echo_window: int = 100 * MS
    turn_after: int = 2500 * MS
    mode: str = "enforce"
    match: str = "content"
    scope: str = "subnet"
    subnet_bits: int = 24
    subnet6_bits: int = 64
    ignore_vlan: bool = False
    dedup_prefix_delegation: bool = False
    trusted: list = field(default_factory=list)        # networks
    relay_groups: list = field(default_factory=list)   # lists of networks
    server_groups: list = field(default_factory=list)  # lists of addresses


@dataclass
class Transmission:
    """A record: one thing a client sent, and who brought it."""
    number: int       # of the frame that brought it first
    start: int
    relays: list
    contents: tuple
    delivered: bool = False


@dataclass
class Client:
    began: int
    type: int
    latest: Transmission
    previous: Transmission = None
    won: list = field(default_factory=list)


def holds(networks, address):
    return any(address in ip_network(network) for network in networks)


def parse(frame):
    vlans, ethertype, packet = message.ethernet(frame)
    if ethertype == 0x86DD:
        return message6.parse(vlans, frame[6:12], packet)
    if ethertype != 0x0800:
        raise Undecided("not_dhcp")
    return message.parse(vlans, frame[6:12], packet)


def is_v6(m):
    return isinstance(m, message6.Message6)


def relay_of(m):
    """Its router in two parts, what it asks for in two, and what breaks the tie."""
    if is_v6(m):
        return m.source_mac, (m.source_ip, m.behind), m.link, None, m.relay_ids
    return m.source_mac, m.source_ip, m.giaddr, m.link_selection, m.relay_info


def same_router(relay, other):
    """Port, MAC and IP are one router's; giaddr or link selection differ: it asks for another of its subnets."""
    return relay[:2] == other[:2] and relay[2:4] != other[2:4]


class Model:
    def __init__(self, settings):
        self.settings = settings
        self.now = 0
        self.records = defaultdict(dict)  # by message; in there by options and scope
        self.clients = {}

    def judge(self, number, time, frame):
        """(verdict, reason, first frame or None)"""
        if self.settings.mode == "bypass":
            return "forward", "bypassed", None
        try:
            m = parse(frame)
            asked = (m.link if m.link != message6.NOWHERE else m.source_ip) if is_v6(m) else m.giaddr
            if self.settings.trusted and not all(holds(self.settings.trusted, a) for a in (m.source_ip, asked)):
                raise Undecided("untrusted_relay")
            if is_v6(m) and m.delegation and not self.settings.dedup_prefix_delegation:
                raise Undecided("prefix_delegation")
        except Undecided as undecided:
            return "forward", undecided.args[0], None
        self.now = max(self.now, time)
        reason, first = self.decide(number, m)
        if reason not in ("second_copy", "echo", "turn_passed", "second_copy_rewritten"):
            return "forward", reason, first
        if self.settings.mode == "monitor":
            return "forward", "would_drop_" + reason, first
        return "drop", reason, first

    # What a request is.

    def scope_of(self, m):
        if self.settings.scope == "any":
            return "any"
        if is_v6(m):
            address, vrf, most, bits = m.link, None, 128, self.settings.subnet6_bits
        else:
            address = m.giaddr if m.link_selection is None else m.link_selection
            vrf, most, bits = m.vrf, 32, self.settings.subnet_bits
        for index, group in enumerate(self.settings.relay_groups):
            if holds(group, address):
                return "group", index, vrf
        return "subnet", int(address) >> (0 if self.settings.scope == "exact" else most - bits), vrf

    def identity_of(self, m):
        """(message, options, scope, client)"""
        server = next((("group", i) for i, g in enumerate(self.settings.server_groups) if m.server in map(ip_address, g)), m.server)
        who = (() if self.settings.ignore_vlan else m.vlans, server)
        scope = self.scope_of(m)
        if is_v6(m):
            who += (m.duid or m.peer,)
            alike = self.settings.match == "identity" and m.type in message6.NUMBERED
            return who + (m.client[:4], m.elapsed), None if alike else m.client, scope, who + (scope,)
        h = m.header
        who += (h[1:3], h[28:44])
        options = m.options, m.texts
        if self.settings.match == "identity":
            options = tuple(o for o in m.options if o[0] in (50, 54, 61)), m.texts if m.type == 0 else b""
        asked = who + (h[4:8], h[8:10], h[12:16], m.type)  # xid, secs, ciaddr
        return asked, options, scope, who + (scope,)

    # What becomes of it.

    def decide(self, number, m):
        asked, options, scope, client = self.identity_of(m)
        relay = relay_of(m)
        contents = m.client if is_v6(m) else (m.options, m.texts)
        alike = self.records[asked]
        record = alike.get((options, scope))
        age = self.now - record.start if record else None
        if record is None or age > self.settings.window:
            reason, first = self.first_reason(alike, options, scope, relay)
        elif relay not in record.relays:
            return self.join(record, client, relay, contents)
        elif age <= self.settings.echo_window:
            return "echo", record.number
        else:
            reason, first = "retransmission", None
        alike[options, scope] = record = Transmission(number, self.now, [relay], contents)
        self.begin(client, m.type, record)
        if self.must_wait(client, relay):
            return "turn_passed", first
        self.win(client, record, relay)
        return reason, first

    def first_reason(self, alike, options, scope, relay):
        record = alike.get((options, scope))
        if record and self.now - record.start <= LATE and relay not in record.relays:
            return "late_copy", record.number
        live = [(o, s, r) for (o, s), r in alike.items() if self.now - r.start <= self.settings.window]
        twins = [r for o, s, r in live if o == options and s != scope]
        if any(same_router(relay, other) for twin in twins for other in twin.relays):
            return "other_subnet_same_relay", None
        if twins:
            return "twin_other_scope", None
        others = [r for o, s, r in live if o != options and s == scope and relay not in r.relays]
        return ("rewritten" if others and self.settings.match == "content" else "first_copy"), None

    def join(self, record, client, relay, contents):
        if len(record.relays) == RELAYS:
            return "over_capacity", record.number
        other_subnet = any(same_router(relay, other) for other in record.relays)
        record.relays.append(relay)
        if record.delivered and not other_subnet:
            return ("second_copy" if record.contents == contents else "second_copy_rewritten"), record.number
        if not record.delivered and self.must_wait(client, relay):
            return "turn_passed", record.number
        self.win(client, record, relay)
        return ("other_subnet_same_relay" if other_subnet else "first_copy"), None

    # Turns.

    def begin(self, client, kind, record):
        known = self.clients.get(client)
        if known is None or self.now - known.latest.start > FORGET_CLIENT or known.type != kind:
            self.clients[client] = Client(self.now, kind, record)
        else:
            known.previous, known.latest = known.latest, record

    def past_turn(self, client):
        return self.settings.turn_after and self.now - client.began >= self.settings.turn_after

    def must_wait(self, client, relay):
        client = self.clients[client]
        return bool(self.past_turn(client) and client.previous and relay in client.won
                    and any(other not in client.won for other in client.previous.relays))

    def win(self, client, record, relay):
        record.delivered = True
        client = self.clients[client]
        if relay not in client.won:
            client.won.append(relay)
        brought = client.latest.relays + (client.previous.relays if client.previous else [])
        if self.past_turn(client) and all(other in client.won for other in brought):
            client.won = [relay]
