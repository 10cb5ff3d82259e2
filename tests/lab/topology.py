# SPDX-License-Identifier: Apache-2.0
"""The network of the lab, each box of the picture a namespace of its own:

    client -+                +- lan  router A  wan -+
    client -+- bridge `lan` -+                      +- bridge `core` - routers [box] server - eth0 boot server
    client -+                +- lan  router B  wan -+

    10.20.0.0/24: clients, A .2, B .3, gateway .1      10.30.0.0/24: A .2, B .3, gateway .1, boot server .10
    fd20:20::/64: clients, A ::2, B ::3                fd20:30::/64: A ::2, B ::3, boot server ::10
"""

import itertools

from .capture import Capture
from .ledger import Ledger
from .namespaces import Namespace, wait_until, wire
from .plan import MARKER_PORT, MARKER_SOURCE, MARKER_TARGET, SERVER, SERVER6, SERVER_GATEWAY
from .routers import Router


class Lab:
    """The whole network. `box` is what stands in the cable; see box.py. `watched`: which messages the captures are about,
    in the words of pcap-filter(7); default: all. Close it, whatever happens."""

    def __init__(self, folder, watched=""):
        self.folder = folder
        self._watched = watched
        self.box = None
        self.captures = []
        self._advertised = False
        self._namespaces = []
        self._serial = itertools.count(1)
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def namespace(self, role):
        namespace = Namespace(role)
        self._namespaces.append(namespace)
        return namespace

    def _build(self):
        self._build_client_side()
        self._build_server_side()
        for router in self.routers.values():
            self.route_replies(router, via=router)
        self.make_master(self.routers["A"])
        # Not on the box's own ports: with AF_XDP the daemon gets a frame before tcpdump.
        self.captures = [Capture(namespace, interface, self._watched) for namespace, interface in (
            (self.switches, "lan"), (self.switches, "coreBox"), (self.server, "eth0"))]

    def _build_client_side(self):
        self.switches = self.namespace("switches")
        self.switches.bridge("lan")
        self.switches.bridge("core")
        self.switches.ip("address", "add", f"{MARKER_SOURCE}/24", "dev", "lan")
        self.switches.ip("neighbour", "add", MARKER_TARGET, "lladdr", "02:00:00:20:00:fb", "dev", "lan")
        self.routers = {name: Router(name, host, self.namespace(f"router{name}"), self.switches, self.folder)
                        for name, host in (("A", 2), ("B", 3))}

    def _build_server_side(self):
        self.box_namespace = self.namespace("box")
        wire(self.box_namespace, "routers", self.switches, "coreBox")
        self.switches.plug("coreBox", "core")
        self.server = self.namespace("server")
        wire(self.server, "eth0", self.box_namespace, "server", mac="02:00:00:30:00:10")
        self.box_namespace.up("routers")
        self.box_namespace.up("server")
        self.server.up("eth0", f"{SERVER}/24")
        self.server.ip("route", "add", "10.20.0.0/24", "via", SERVER_GATEWAY)

    def route_replies(self, router, via):
        """The server sends its replies to this router's giaddr by way of router `via`."""
        self.server.ip("route", "replace", f"{router.lan_address}/32", "via", via.wan_address)

    def make_master(self, master):
        """Moves the gateway addresses of both networks to this router."""
        for router in self.routers.values():
            router.leave_gateways()
        master.take_gateways()

    def put(self, box):
        """Puts a box into the server's cable in place of the one that is there."""
        if self.box:
            self.box.stop()
        self.box = None
        box.start(self.box_namespace, self.folder)
        self.box = box

    def client(self, kind):
        """A new client of a kind of clients.py on the client LAN."""
        return kind(self, next(self._serial))

    def host(self, role, mac, switch="lan"):
        """A new host on the client LAN, or on `core`: a namespace with `eth0`."""
        host = self.namespace(role)
        wire(host, "eth0", self.switches, role, mac=mac)
        self.switches.plug(role, switch)
        host.up("eth0")
        return host

    def advertise(self):
        """Router A speaks IPv6 on the client LAN, too."""
        if not self._advertised:
            self.routers["A"].advertise()
        self._advertised = True

    def speak_ipv6(self):
        """Routers and server speak IPv6, too."""
        for router in self.routers.values():
            router.speak_ipv6()
        self.server.speak_ipv6("eth0", f"{SERVER6}/64")

    def forget(self):
        """Starts the counting anew."""
        self.ledger()
        for capture in self.captures:
            capture.forget()

    def ledger(self):
        """What the clients sent, the relays brought and the server got since forget(), complete and counted."""
        lan, wan, server = self.captures
        mark = f"marker-{next(self._serial)}"
        self.switches.send(mark, MARKER_TARGET, MARKER_PORT)
        lan.wait_for_marker(mark)
        for none, relays in (("0.0.0.0", {router.lan_address for router in self.routers.values() if router.relay}),
                             ("::", {router.lan_address6 for router in self.routers.values() if router.relay6})):
            sent = sum(message.giaddr == none for message in Ledger.transmissions(lan.messages))
            self._wait_for_copies(relays, sent)
        for router in self.routers.values():
            if router.alive:
                router.mark(f"{mark}-{router.name}")
                server.wait_for_marker(f"{mark}-{router.name}")
        return Ledger(lan.messages, wan.messages, server.messages)

    def _wait_for_copies(self, relays, sent):
        """Waits until each of the relays has brought as many requests as were sent."""
        wan = self.captures[1]

        def brought():
            return sum(message.giaddr in relays for message in Ledger.relayed(wan.messages))
        wait_until(lambda: brought() >= sent * len(relays),
                   lambda: f"{len(relays)} relays to bring {sent} requests; they brought {brought()}")

    def close(self):
        problems = []
        for end in (*(capture.close for capture in self.captures), *([self.box.stop] if self.box else []),
                    *(namespace.delete for namespace in reversed(self._namespaces))):
            try:
                end()
            except Exception as problem:  # the rest is ended all the same
                problems.append(problem)
        if problems:
            raise problems[0]
