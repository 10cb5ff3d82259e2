# SPDX-License-Identifier: Apache-2.0
"""No answer of the server comes back for a while. The clients ask and ask, and each time the server hears them, once."""

from honest import Crew, fates, sums
from lab import relays, servers
from lab.box import Bridge, Relaysieve
from lab.namespaces import wait_until
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
