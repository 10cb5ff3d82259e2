# SPDX-License-Identifier: Apache-2.0
"""The network of the lab, each box of the picture a namespace of its own:

    client -+                +- lan  router A  wan -+
    client -+- bridge `lan` -+                      +- bridge `core` - routers [box] server - eth0 boot server
    client -+                +- lan  router B  wan -+

    10.20.0.0/24: clients, A .2, B .3, gateway .1      10.30.0.0/24: A .2, B .3, gateway .1, boot server .10
"""

import itertools

from . import clients
from .capture import Capture
from .ledger import Ledger
from .namespaces import Namespace, wait_until, wire
from .plan import CLIENT_GATEWAY, MARKER_PORT, MARKER_SOURCE, MARKER_TARGET, SERVER, SERVER_GATEWAY


class Router:
    """A router between client LAN and server side. It holds a relay, and may die and come back."""

    def __init__(self, lab, name, host):
        self.name = name
        self.lan_address = f"10.20.0.{host}"
        self.wan_address = f"10.30.0.{host}"
        self.wan_mac = f"02:00:00:30:00:{host:02x}"
        self.alive = True
        self.relay = None
        self._lab = lab
        self.namespace = Namespace(f"router{name}")
        wire(self.namespace, "lan", lab.switches, f"lan{name}", mac=f"02:00:00:20:00:{host:02x}")
        wire(self.namespace, "wan", lab.switches, f"core{name}", mac=self.wan_mac)
        for bridge in ("lan", "core"):
            lab.switches.up(f"{bridge}{name}")
            lab.switches.ip("link", "set", f"{bridge}{name}", "master", bridge)
        self.namespace.up("lan", f"{self.lan_address}/24")
        self.namespace.up("wan", f"{self.wan_address}/24")
        for key, value in (("ip_forward", 1), ("conf.all.send_redirects", 0), ("conf.default.send_redirects", 0),
                           ("conf.lan.send_redirects", 0), ("conf.wan.send_redirects", 0)):
            self.namespace.sysctl(f"net.ipv4.{key}", value)

    def start_relay(self, relay, **settings):
        self.relay = relay(self, SERVER, self._lab.folder, **settings)

    def stop_relay(self):
        self.relay.stop()
        self.relay = None

    def die(self):
        """Power off: the relay is gone and both links are down; the other router takes the gateway addresses."""
        self.stop_relay()
        self.alive = False
        for interface in ("lan", "wan"):
            self.namespace.ip("link", "set", interface, "down")
        survivor = next(router for router in self._lab.routers.values() if router.alive)
        self._lab.make_master(survivor)

    def mark(self, text):
        """Sends a datagram to the server's discard port."""
        self.namespace.run("bash", "-c", f"echo {text} >/dev/udp/{SERVER}/{MARKER_PORT}")


class Lab:
    """The whole network. `box` is what stands in the cable; see box.py. Close it, whatever happens."""

    def __init__(self, folder):
        self.folder = folder
        self.box = None
        self.captures = []
        self._namespaces = []
        self._serial = itertools.count(1)
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def _namespace(self, role):
        namespace = Namespace(role)
        self._namespaces.append(namespace)
        return namespace

    def _build(self):
        self.switches = self._namespace("switches")
        self.switches.bridge("lan")
        self.switches.bridge("core")
        self.switches.ip("address", "add", f"{MARKER_SOURCE}/24", "dev", "lan")
        self.switches.ip("neighbour", "add", MARKER_TARGET, "lladdr", "02:00:00:20:00:fb", "dev", "lan")
        self.routers = {}
        for host, name in ((2, "A"), (3, "B")):
            self.routers[name] = Router(self, name, host)
            self._namespaces.append(self.routers[name].namespace)
        self.box_namespace = self._namespace("box")
        wire(self.box_namespace, "routers", self.switches, "coreBox")
        self.switches.up("coreBox")
        self.switches.ip("link", "set", "coreBox", "master", "core")
        self.server = self._namespace("server")
        wire(self.server, "eth0", self.box_namespace, "server", mac="02:00:00:30:00:10")
        self.box_namespace.up("routers")
        self.box_namespace.up("server")
        self.server.up("eth0", f"{SERVER}/24")
        self.server.ip("route", "add", "10.20.0.0/24", "via", SERVER_GATEWAY)
        for router in self.routers.values():
            self.route_replies(router, via=router)
        self.make_master(self.routers["A"])
        self.captures = [Capture(self.switches, "lan"), Capture(self.box_namespace, "routers"),
                         Capture(self.server, "eth0")]

    def route_replies(self, router, via):
        """The server sends its replies to this router's giaddr by way of router `via`."""
        self.server.ip("route", "replace", f"{router.lan_address}/32", "via", via.wan_address)

    def make_master(self, master):
        """Moves the gateway addresses to this router and tells both networks, as VRRP does."""
        for router in self.routers.values():
            for interface, address in (("lan", CLIENT_GATEWAY), ("wan", SERVER_GATEWAY)):
                router.namespace.ip("address", "del", f"{address}/24", "dev", interface, check=False)
        for interface, address in (("lan", CLIENT_GATEWAY), ("wan", SERVER_GATEWAY)):
            master.namespace.ip("address", "add", f"{address}/24", "dev", interface)
            master.namespace.run("busybox", "arping", "-q", "-U", "-c", "1", "-I", interface, address, check=False)

    def put(self, box):
        """Puts a box into the server's cable in place of the one that is there."""
        if self.box:
            self.box.stop()
        self.box = None
        box.start(self.box_namespace, self.folder)
        self.box = box

    def client(self, kind):
        """A new client of a kind of clients.py, with a MAC address of its own, on the client LAN."""
        serial = next(self._serial)
        mac = f"02:00:00:20:01:{serial:02x}"
        if kind is clients.Ipxe:
            return kind(self.switches, mac, self.folder, tap=f"tap{serial}")
        namespace = self._namespace(f"client{serial}")
        wire(namespace, "eth0", self.switches, f"client{serial}", mac=mac)
        self.switches.up(f"client{serial}")
        self.switches.ip("link", "set", f"client{serial}", "master", "lan")
        namespace.up("eth0")
        return kind(namespace, mac, self.folder)

    def forget(self):
        """Starts the counting anew."""
        self.ledger()
        for capture in self.captures:
            capture.forget()

    def ledger(self):
        """What the clients sent, the relays brought and the server got so far, complete and counted."""
        lan, wan, server = self.captures
        mark = f"marker-{next(self._serial)}"
        self.switches.run("bash", "-c", f"echo {mark} >/dev/udp/{MARKER_TARGET}/{MARKER_PORT}")
        lan.wait_for_marker(mark)
        relays = [router for router in self.routers.values() if router.relay]
        sent = len(Ledger.transmissions(lan.messages))
        wait_until(lambda: len(Ledger.relayed(wan.messages)) >= sent * len(relays),
                   lambda: f"{len(relays)} relays to bring {sent} requests; they brought {len(Ledger.relayed(wan.messages))}")
        for router in self.routers.values():
            if router.alive:
                router.mark(f"{mark}-{router.name}")
                server.wait_for_marker(f"{mark}-{router.name}")
        return Ledger(lan.messages, wan.messages, server.messages)

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
