# SPDX-License-Identifier: Apache-2.0
"""Routers on cables of their own, and servers with several network cards.

    first  eth0 -- one   [box] server -- eth0 right
    second eth0 -- two   [box]
"""

import itertools
import signal

import frames
import pytest
from frames import A, B, EVERYONE, SERVER
from lab.namespaces import Namespace, run, wait_until, wire as cable
from wirelab import BOUND, Relaysieved, Tap

_serial = itertools.count(1)


def through(source, *targets, sent=()):
    """Sends frames and what comes behind them to everyone; what each target got before that."""
    number = next(_serial)
    end = frame(b"\x02\0\0\0\xee" + bytes([number]), EVERYONE, number)  # a new station's
    source.send(*sent, end)
    return [target.until(end) for target in targets]


class Cables:
    def __init__(self, folder):
        self.folder = folder
        self.box = Namespace("box")
        self.hosts = {}
        self.taps = []
        self.daemon = None

    def plug(self, port, host):
        """A host at the end of a port's cable; returns its packet socket."""
        self.hosts[port] = Namespace(host)
        cable(self.box, port, self.hosts[port], "eth0")
        self.hosts[port].up("eth0")
        self.box.ip("link", "set", port, "up")
        self.taps.append(Tap(self.hosts[port], "eth0"))
        return self.taps[-1]

    def start(self, *words):
        self.daemon = Relaysieved(self.box, self.folder, words)
        return self.daemon.wait_until_ready()

    def close(self):
        for tap in self.taps:
            tap.close()
        if self.daemon is not None:
            self.daemon.kill()
        for namespace in (self.box, *self.hosts.values()):
            namespace.delete()


@pytest.fixture
def cables(tmp_path):
    made = Cables(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def two_routers(cables):
    """Two routers on cables of their own, and the server."""
    ends = cables.plug("one", "first"), cables.plug("two", "second"), cables.plug("server", "right")
    cables.start("--routers", "one,two", "--server", "server")
    return cables.daemon, *ends


def frame(source, destination, number=0):
    return frames.ethernet(frames.EXPERIMENTAL, number.to_bytes(4, "big") + bytes(42), dst=destination, src=source)


def learn(tap, mac, server):
    """Has the box hear a station."""
    through(tap, server, sent=[frame(mac, SERVER)])


def test_copies_that_come_in_on_different_ports_are_copies(two_routers):
    daemon, first, second, server = two_routers
    pairs = [frames.hsrp_pair(xid) for xid in range(100)]
    for one, other in pairs:  # a copy is on its way before the other is sent: both orders occur
        first.send(one)
        second.send(other)
    def judged():
        return sum(daemon.status()["reasons"][name] for name in ("first_copy", "second_copy")) == 200
    wait_until(judged, "200 copies to be judged", BOUND)
    server_got = [server.receive() for _ in range(100)]
    assert through(first, server) == [[]]
    number_of = {copy: number for number, pair in enumerate(pairs) for copy in pair}
    assert sorted(number_of[copy] for copy in server_got) == list(range(100))
    assert daemon.status()["reasons"]["second_copy"] == 100
    assert daemon.end(signal.SIGTERM) == (201, 101, 100, 0)


def test_a_reply_leaves_by_the_port_where_its_router_was_heard(two_routers):
    daemon, first, second, server = two_routers
    sent = [frame(SERVER, A)]  # nobody has been heard: by both
    assert through(server, first, second, sent=sent) == [sent, sent]

    learn(first, A, server)
    learn(second, B, server)
    sent = [frame(SERVER, to, number) for number, to in enumerate((A, B, EVERYONE, b"\x01\x00\x5e\0\0\x12", b"\x02\0\0\0\0\x77"))]
    assert through(server, first, second, sent=sent) == [[sent[0], *sent[2:]], sent[1:]]

    learn(second, A, server)  # a virtual router's address moves to the other
    sent = [frame(SERVER, A, 9)]
    assert through(server, first, second, sent=sent) == [[], sent]
    received, forwarded, dropped, refused = daemon.end(signal.SIGTERM)
    assert (forwarded, dropped, refused) == (received, 0, 0)


def test_nothing_goes_back_to_the_side_it_came_from(two_routers):
    daemon, first, second, server = two_routers
    learn(second, B, server)
    sent = [frame(A, B), frame(A, EVERYONE)]  # even if it is for the other router
    assert through(first, server, sent=sent) == [sent]
    assert through(server, first, second) == [[], []]


def test_two_ports_on_one_switch_make_no_loop(cables):
    """Both routers' cables end in one switch. A kernel bridge in the box's place goes round for ever."""
    box = cables.box
    server = cables.plug("server", "right")
    switch = cables.hosts["one"] = Namespace("switch")
    switch.bridge("lan")
    for port in ("one", "two"):
        cable(box, port, switch, f"to-{port}")
        switch.plug(f"to-{port}", "lan")
        box.ip("link", "set", port, "up")

    def sent_by_the_switch():
        return int(run("ip", "netns", "exec", switch.name, "cat", "/sys/class/net/to-one/statistics/tx_packets"))

    box.bridge("wrong")
    for port in ("one", "two", "server"):
        box.plug(port, "wrong")
    server.send(frame(SERVER, EVERYONE))
    wait_until(lambda: sent_by_the_switch() > 1000, "a thousand rounds through the bridge", BOUND)
    box.ip("link", "del", "wrong")

    cables.start("--routers", "one,two", "--server", "server")
    server.drain()
    before = sent_by_the_switch()
    sent = [frame(SERVER, to, number) for number, to in enumerate([EVERYONE, b"\x02\0\0\0\0\x77"] * 50)]
    server.send(*sent)
    # Each leaves by both ports, and comes back by both.
    wait_until(lambda: cables.daemon.status()["reasons"]["looped"] == 200, "all to come round once", BOUND)
    assert sent_by_the_switch() - before == 100
    with pytest.raises(BlockingIOError):  # and the server hears nothing of them
        server.receive_now()
    assert cables.daemon.end(signal.SIGTERM)[2] == 200


def test_wires_side_by_side_share_one_memory(cables):
    """A server with two network cards: LACP and all else stay on their wire, copies are copies across both."""
    a1, s1 = cables.plug("a1", "switch1"), cables.plug("s1", "card1")
    a2, s2 = cables.plug("a2", "switch2"), cables.plug("s2", "card2")
    cables.start("--wire", "a1,s1", "--wire", "a2,s2")
    lacp = dict(frames.control())["LACP"]
    for here, there in ((a1, s1), (a2, s2)):
        for source, target in ((here, there), (there, here)):
            assert through(source, target, sent=[lacp]) == [[lacp]]
    one, other = frames.hsrp_pair(1)
    assert through(a1, s1, sent=[one]) == [[one]]
    assert through(a2, s2, sent=[other]) == [[]]
    status = cables.daemon.status()
    assert status["reasons"]["second_copy"] == 1
    assert [(port["name"], port["wire"], port["side"]) for port in status["ports"]] == [
        ("a1", 1, "routers"), ("s1", 1, "server"), ("a2", 2, "routers"), ("s2", 2, "server")]
