# SPDX-License-Identifier: Apache-2.0
"""What the tests and the demonstration do over and over in a lab."""


def furnish(lab, relay_a, relay_b, server):
    """Starts a relay on each router and a boot server."""
    lab.routers["A"].start_relay(relay_a)
    lab.routers["B"].start_relay(relay_b)
    server(lab.server, lab.folder)


def trial(lab, copies, *kinds):
    """Boots a new client of each kind at the same time. Each must get its lease and boot file, and the server each
    of its transmissions `copies` times. Returns the clients and the ledger."""
    lab.forget()
    clients = [lab.client(kind) for kind in kinds]
    for client in clients:
        client.start()
    for client in clients:
        client.boot = client.finish()
    ledger = lab.ledger()
    ledger.expect_copies(copies, *clients)
    return clients, ledger


def kill(lab, victim):
    """Powers router `victim` off; the other one carries on for both."""
    lab.routers[victim].die()
    lab.make_master(next(router for router in lab.routers.values() if router.alive))
