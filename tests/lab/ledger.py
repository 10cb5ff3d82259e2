# SPDX-License-Identifier: Apache-2.0
"""Counting: each transmission of a client against the copies of it that the server received."""

from collections import Counter


def _by_message(messages):
    return Counter((message.chaddr, message.type) for message in messages)


class Ledger:
    """Counts per (chaddr or DUID, message type) at three places: client LAN, routers' side of the box, server."""

    def __init__(self, lan, wan, server):
        self.replies = [message for message in server if message.op == 2]
        self.at_lan, self.at_wan, self.at_server = self.transmissions(lan), self.relayed(wan), self.relayed(server)
        self.sent, self.brought, self.received = map(_by_message, (self.at_lan, self.at_wan, self.at_server))

    @staticmethod
    def transmissions(messages):
        """What clients broadcast."""
        return [message for message in messages if message.op == 1 and not message.relayed]

    @staticmethod
    def relayed(messages):
        """What relays made of it."""
        return [message for message in messages if message.op == 1 and message.relayed]

    def count(self, where, kind):
        """How many messages of a type were counted at `where` (sent, brought, received), of all clients."""
        return sum(number for (_, each), number in where.items() if each == kind)

    def answers(self, kind):
        """How many replies of a type the server sent."""
        return sum(reply.type == kind for reply in self.replies)

    def addresses(self):
        """All the addresses that the server offered."""
        return {reply.yiaddr for reply in self.replies if reply.type == "OFFER"}

    def offered(self, chaddr):
        """The addresses that the server offered to a client, in order."""
        return [reply.yiaddr for reply in self.replies if reply.chaddr == chaddr and reply.type == "OFFER"]

    def relays_of(self, chaddr, kind):
        """The giaddrs of a client's messages that reached the server, in order."""
        return [message.giaddr for message in self.at_server if (message.chaddr, message.type) == (chaddr, kind)]

    def expect_copies(self, copies, *clients):
        """Asserts that these clients asked, and that the server got each transmission exactly `copies` times."""
        for client in clients:
            for key in client.asks:
                name, kind = key
                assert self.sent[key] > 0, f"{name} sent no {kind}"
                assert self.received[key] == copies * self.sent[key], (
                    f"{name} sent {self.sent[key]} {kind}, the relays brought {self.brought[key]}, "
                    f"the server received {self.received[key]} and not {copies} of each")
