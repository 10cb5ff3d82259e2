# SPDX-License-Identifier: Apache-2.0
"""What the tests and the demonstration do over and over in a lab."""

from .relays import dhcrelay6


def furnish(lab, relay_a, relay_b, server):
    """Starts a relay on each router and a boot server."""
    lab.routers["A"].start_relay(relay_a)
    lab.routers["B"].start_relay(relay_b)
    server(lab.server, lab.folder)


def furnish6(lab, server):
    """The same for DHCPv6."""
    lab.speak_ipv6()
    for router in lab.routers.values():
        router.start_relay6(dhcrelay6)
    server(lab.server, lab.folder)


def trial(lab, copies, *kinds):
    """Boots a new client of each kind at the same time. Each must get its lease and boot file, and the server each
    of its transmissions `copies` times. Returns the clients and the ledger."""
    lab.forget()
    clients = [lab.client(kind) for kind in kinds]
    return clients, boot(lab, copies, *clients)


def boot(lab, copies, *clients):
    """The same of clients that are there. Returns the ledger."""
    for client in clients:
        client.start()
    for client in clients:
        client.boot = client.finish()
    ledger = lab.ledger()
    ledger.expect_copies(copies, *clients)
    return ledger


def kill(lab, victim):
    """Powers router `victim` off; the other one carries on for both."""
    lab.routers[victim].die()
    lab.make_master(next(router for router in lab.routers.values() if router.alive))
