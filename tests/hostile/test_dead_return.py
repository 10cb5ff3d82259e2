# SPDX-License-Identifier: Apache-2.0
"""No answer of the server comes back for a while, or none through one of two relays. The clients ask and ask, and each time the
server hears them, once."""

from collections import Counter

from honest import Crew, fates, sums
from lab import relays, servers
from lab.box import Bridge, Relaysieve
from lab.namespaces import wait_until
from lab.plan import SERVER
from lab.trials import furnish

TRIES = 7  # of each client's; a second apart, so that turns come


def cut(server):
    """The server's answers go nowhere."""
    server.run("nft", "add table inet cut; add chain inet cut out { type filter hook output priority 0; }; "
                      "add rule inet cut out udp sport 67 drop")


def unanswered(lab, crew):
    """Clients ask while the way back is dead; once each has tried often enough it is mended, and they boot."""
    lab.forget()
    cut(lab.server)
    with crew.at_work():
        wait_until(lambda: len(lab.captures[0].messages) >= TRIES * crew.size, "the clients to try again and again", 90)
        lab.server.run("nft", "delete", "table", "inet", "cut")
    return fates(lab.ledger())


def test_a_dead_return_path(lab, told):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    crew = Crew(lab, 3, pause=1)
    lab.put(Bridge())
    without = sums(unanswered(lab, crew))
    told(f"bridge: {without}")
    assert without.doubled == without.second_copies > 0 and without.lost == 0

    lab.put(Relaysieve())
    fate = unanswered(lab, crew)
    with_it = sums(fate)
    through = {router.name: sum(message.giaddr == router.lan_address for each in fate.values() for message in each.received)
               for router in lab.routers.values()}
    turns = lab.box.status()["reasons"]["turn_passed"]
    told(f"relaysieved: {with_it}; {through['A']} through A and {through['B']} through B, {turns} held back for the other's turn; "
         f"{len(crew.boots)} boots")
    assert with_it.lost == with_it.doubled == 0 and with_it.second_copies > 0
    assert min(through.values()) > 0 and turns > 0


ANSWERS = ""
OFFERS = "@th,2000,8 2"  # of dnsmasq, whose first option is the message's type


def refuse(what, router):
    """Of what the server sends to this router's relay, dnsmasq; it is lost on its last step."""
    router.namespace.run("nft", "add table inet cut; add chain inet cut in { type filter hook input priority 0; }; "
                                f"add rule inet cut in ip saddr {SERVER} udp dport 67 {what} drop")


def accept_all(router):
    router.namespace.run("nft", "delete", "table", "inet", "cut")


def tries_until(giaddr, fate, kinds):
    """Of each client and each of these types: at which of its tries the server first got a copy through this relay."""
    tries, found = Counter(), {}
    for request, each in sorted(fate.items(), key=lambda item: item[1].sent[0].time):
        client = request.chaddr, request.type
        tries[client] += len(each.sent)
        if request.type in kinds and any(message.giaddr == giaddr for message in each.received):
            found.setdefault(client, tries[client])
    assert found.keys() == {client for client in tries if client[1] in kinds}
    return found


def test_the_good_relay_has_its_turn_at_the_second_to_fourth_try(lab, told):
    """One of two relays gets no answer, and its copies are always first."""
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    good, dead = lab.routers["A"], lab.routers["B"]
    good.come_late(0.25)  # inside the window, and more than two relays ever lie apart by chance
    refuse(ANSWERS, dead)

    lab.put(Relaysieve('turn_after = "0s"'))
    crew = Crew(lab, 3, pause=1)
    lab.forget()
    with crew.at_work():
        wait_until(lambda: len(lab.captures[0].messages) >= TRIES * crew.size, "the clients to try again and again", 90)
        booted = len(crew.boots)
        accept_all(dead)
    through = Counter(message.giaddr for message in lab.ledger().at_server)
    told(f"no turns: {through[dead.lan_address]} through the dead relay, {through[good.lan_address]} through the good one, {booted} "
         f"boots; {len(crew.boots)} once it is mended")
    assert booted == 0 and set(through) == {dead.lan_address}

    lab.put(Relaysieve())
    # udhcpc gives a REQUEST three tries: a second apart they end before there is a turn.
    for pause, what, kinds in ((1, OFFERS, ["DISCOVER"]), (2, ANSWERS, ["DISCOVER", "REQUEST"]), (3, ANSWERS, ["DISCOVER", "REQUEST"])):
        refuse(what, dead)
        crew = Crew(lab, 2, pause)
        lab.forget()
        with crew.at_work():
            pass
        accept_all(dead)
        fate = fates(lab.ledger())
        tries = tries_until(good.lan_address, fate, kinds)
        told(f"{pause} s between tries: through the good relay at try {sorted(tries.values())}; {sums(fate)}; booted after "
             f"{max(crew.boots):.1f} s at most")
        assert all(2 <= each <= 4 for each in tries.values())
        assert sums(fate).lost == sums(fate).doubled == 0
