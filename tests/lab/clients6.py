# SPDX-License-Identifier: Apache-2.0
"""Clients of DHCPv6, and of both families at once. Each gets an address."""

from .clients import Boot, Dhclient, LinuxClient
from .namespaces import LabError, unconfined, wait_until

_DUID_LL = "00:03:00:01:"  # of type link-layer, of an Ethernet address (RFC 8415 s11.4)


class Dhclient6(LinuxClient):
    """ISC dhclient -6."""

    kind = "dhclient6"
    on_lease = """#!/bin/sh
[ "$reason" = BOUND6 ] || exit 0
ip address replace "$new_ip6_address/128" dev "$interface" nodad
echo "$new_ip6_address" >%(lease)s.new
mv %(lease)s.new %(lease)s
"""

    def __init__(self, lab, serial, host=None):
        super().__init__(lab, serial, host)
        self.duid = _DUID_LL + self.mac
        self.asks = (self.duid, "SOLICIT"), (self.duid, "REQUEST")
        self.namespace.speak_ipv6("eth0")

    def start(self):
        folder = self._folder / self._name
        folder.mkdir()
        (folder / "conf").touch()
        self.program = self.namespace.start(
            [unconfined("dhclient", self._folder), "-6", "-d", "--no-pid", "-D", "LL", "-cf", folder / "conf", "-lf",
             folder / "leases", "-sf", self._script, "eth0"], self._folder / f"{self._name}.log")

    @property
    def has_address(self):
        return self._lease.exists()

    def finish(self, seconds=30.0):
        wait_until(lambda: self.has_address, lambda: f"an address of {self.mac}:\n{self.program.last_words()}", seconds)
        self.program.stop()
        address = self._lease.read_text().strip()
        if f"inet6 {address}/" not in self.namespace.ip("-6", "address", "show", "dev", "eth0"):
            raise LabError(f"{self.mac} was given {address} and has it not")
        return Boot(address, "")


class DualStack:
    """One machine on which dhclient asks for both families at the same time."""

    kind = "both"

    def __init__(self, lab, serial):
        self.v4 = Dhclient(lab, serial)
        self.v6 = Dhclient6(lab, serial, self.v4.namespace)
        self.mac = self.v4.mac
        self.asks = self.v4.asks + self.v6.asks

    def start(self):
        self.v4.start()
        self.v6.start()

    def finish(self, seconds=30.0):
        """Boot of each family."""
        return self.v4.finish(seconds), self.v6.finish(seconds)
