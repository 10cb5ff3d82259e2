# SPDX-License-Identifier: Apache-2.0
"""A router between the client LAN and the server side, with a DHCP relay on it. It may die."""

from pathlib import Path

from .namespaces import DNSMASQ, wire
from .plan import CLIENT_GATEWAY, MARKER_PORT, SERVER, SERVER6, SERVER_GATEWAY

_LATEWIRE = Path(__file__).with_name("latewire.py")
_GATEWAYS = (("lan", CLIENT_GATEWAY), ("wan", SERVER_GATEWAY))


class Router:
    """Interfaces: `lan` to the clients, `wan` to the server's side."""

    def __init__(self, name, host, namespace, switches, folder, lan="lan", network="10.20.0"):
        self.name = name
        self.lan_address = f"{network}.{host}"
        self.wan_address = f"10.30.0.{host}"
        self.lan_address6, self.wan_address6 = f"fd20:20::{host}", f"fd20:30::{host}"
        self.alive = True
        self.relay = self.relay6 = None
        self._folder = folder
        self._switches = switches
        self.namespace = namespace
        wire(self.namespace, "lan", switches, f"lan{name}", mac=f"02:00:00:20:00:{host:02x}")
        wire(self.namespace, "wan", switches, f"core{name}", mac=f"02:00:00:30:00:{host:02x}")
        switches.plug(f"lan{name}", lan)
        switches.plug(f"core{name}", "core")
        for key in ("all", "default", "lan", "wan"):
            self.namespace.sysctl(f"net.ipv4.conf.{key}.send_redirects", 0)
        self.namespace.sysctl("net.ipv4.ip_forward", 1)
        self.namespace.up("lan", f"{self.lan_address}/24")
        self.namespace.up("wan", f"{self.wan_address}/24")

    def start_relay(self, relay, **settings):
        self.relay = relay(self, SERVER, self._folder, **settings)

    def start_relay6(self, relay):
        self.relay6 = relay(self, SERVER6, self._folder)

    def stop_relay(self):
        self.relay.stop()
        self.relay = None

    def stop_relay6(self):
        self.relay6.stop()
        self.relay6 = None

    def die(self):
        """Power off: the relays are gone and both links are down."""
        if self.relay:
            self.stop_relay()
        if self.relay6:
            self.stop_relay6()
        self.alive = False
        for interface in ("lan", "wan"):
            self.namespace.ip("link", "set", interface, "down")

    def come_back(self, relay):
        """Power on."""
        for interface in ("lan", "wan"):
            self.namespace.ip("link", "set", interface, "up")
        self.alive = True
        self.start_relay(relay)

    def take_gateways(self):
        """Carries the gateway addresses and tells both networks, as the master of VRRP does."""
        for interface, address in _GATEWAYS:
            self.namespace.ip("address", "add", f"{address}/24", "dev", interface)
            self.namespace.run("busybox", "arping", "-q", "-U", "-c", "1", "-I", interface, address, check=False)

    def leave_gateways(self):
        for interface, address in _GATEWAYS:
            self.namespace.ip("address", "del", f"{address}/24", "dev", interface, check=False)

    def come_late(self, seconds):
        """From now on all that this router sends to the server's side, and gets from there, comes late."""
        self.come_through(_LATEWIRE, seconds)

    def come_through(self, program, *words):
        """From now on a Python program is the cable between this router and the server's side."""
        core, cable = f"core{self.name}", f"cable{self.name}"
        self._switches.ip("link", "set", core, "nomaster")
        wire(self._switches, f"{cable}in", self._switches, f"{cable}out")
        self._switches.up(f"{cable}in")
        self._switches.plug(f"{cable}out", "core")
        self._switches.start(["/usr/bin/python3", program, core, f"{cable}in", *words],
                             self._folder / f"{cable}.log").wait_for("ready")

    def advertise(self):
        """Makes the client LAN dual-stacked: iPXE looks 13 s for an IPv6 router before it goes on without."""
        self.namespace.sysctl("net.ipv6.conf.lan.disable_ipv6", 0)
        self.namespace.ip("address", "add", "fd20:20::1/64", "dev", "lan", "nodad")
        self.namespace.start([*DNSMASQ, "--enable-ra", "--dhcp-range=::,constructor:lan,ra-only"],
                             self._folder / "advertise.log").wait_for("router advertisement on fd20")

    def speak_ipv6(self):
        self.namespace.speak_ipv6("lan", f"{self.lan_address6}/64")
        self.namespace.speak_ipv6("wan", f"{self.wan_address6}/64")

    def lose_answers6(self):
        """From now on the server's answers to this router's DHCPv6 relay are lost on their last step."""
        self.namespace.run("nft", "add table ip6 cut; add chain ip6 cut in { type filter hook input priority 0; }; "
                                  f"add rule ip6 cut in ip6 saddr {SERVER6} udp dport 547 drop")

    def mark(self, text):
        """Sends a datagram to the server's discard port."""
        self.namespace.send(text, SERVER, MARKER_PORT)
