# SPDX-License-Identifier: Apache-2.0
"""The clients that users boot. Each gets a lease and then its boot file over TFTP."""

import re
from typing import NamedTuple

from .namespaces import LabError, unconfined, wait_until
from .plan import BOOT_FILE, BOOT_MARK, BOOT_SCRIPT

# Called by udhcpc (event as first word) and dhclient (event in $reason).
_ON_LEASE = """#!/bin/sh
case "${1:-$reason}" in bound|renew|BOUND|RENEW|REBOOT) ;; *) exit 0 ;; esac
ip address replace "${ip:-$new_ip_address}/24" dev "$interface"
ip route replace default via "${router:-$new_routers}"
echo "${ip:-$new_ip_address} ${siaddr:-$new_next_server} ${boot_file:-$new_filename}" >%(lease)s.new
mv %(lease)s.new %(lease)s
"""


def mac_of(serial):
    """The address of the lab's n-th client."""
    return f"02:00:00:20:01:{serial:02x}"


def asks(mac):
    """What a client has to ask for until it boots: (client, type) each."""
    return (mac, "DISCOVER"), (mac, "REQUEST")


class Boot(NamedTuple):
    """How a client got on."""
    address: str
    boot_file: str


class LinuxClient:
    """A client whose DHCP program runs on Linux and calls a script when it has a lease."""

    on_lease = _ON_LEASE

    def __init__(self, lab, serial, host=None):
        """`host`: a namespace that is there, with the client's `eth0`."""
        self.mac = mac_of(serial)
        self.asks = asks(self.mac)
        self._name = f"{self.kind}{serial}"
        self._folder = lab.folder
        self.namespace = host or lab.host(self._name, self.mac)
        self._lease = lab.folder / f"{self._name}.lease"
        self._script = lab.folder / f"{self._name}.script"
        self._script.write_text(self.on_lease % {"lease": self._lease})
        self._script.chmod(0o755)

    def _boot_file(self):
        """Reads the lease and fetches the boot file that it names."""
        address, server, name = self._lease.read_text().split()
        content = self.namespace.run("curl", "--silent", "--show-error", "--max-time", "30", f"tftp://{server}/{name}")
        if content != BOOT_SCRIPT:
            raise LabError(f"{self.mac} got another {name} than the server has: {content!r}")
        return Boot(address, name)


class Udhcpc(LinuxClient):
    """busybox udhcpc; `pause` s between its transmissions, of which it makes `tries` at most."""

    kind = "udhcpc"

    def start(self, pause=3, tries=10):
        self.program = self.namespace.start(
            ["udhcpc", "-f", "-n", "-q", "-i", "eth0", "-s", self._script, "-T", pause, "-t", tries], self._folder / f"{self._name}.log")

    def finish(self, seconds=30.0):
        status = self.program.wait_for_end(seconds)
        if status != 0:
            raise LabError(f"{self.mac} got no lease:\n{self.program.last_words()}")
        return self._boot_file()


class Dhclient(LinuxClient):
    """ISC dhclient."""

    kind = "dhclient"

    def start(self):
        folder = self._folder / self._name
        folder.mkdir()
        (folder / "conf").write_text("timeout 60;\n")
        self.program = self.namespace.start(
            [unconfined("dhclient", self._folder), "-4", "-d", "-1", "--no-pid", "-cf", folder / "conf", "-lf",
             folder / "leases", "-sf", self._script, "eth0"], self._folder / f"{self._name}.log")

    def finish(self, seconds=30.0):
        self.program.wait_for("bound to", seconds)
        wait_until(self._lease.exists, f"the lease of {self.mac}")
        self.program.stop()
        return self._boot_file()


class Ipxe:
    """A PC without a disk: SeaBIOS and the iPXE option ROM of an e1000, in qemu without KVM."""

    kind = "iPXE"

    def __init__(self, lab, serial):
        self.mac = mac_of(serial)
        self.asks = asks(self.mac)
        self._tap = f"ipxe{serial}"
        self._folder = lab.folder
        self._namespace = lab.switches
        self._namespace.ip("tuntap", "add", "name", self._tap, "mode", "tap")
        self._namespace.plug(self._tap, "lan")
        lab.advertise()

    def start(self):
        self.program = self._namespace.start(
            ["qemu-system-x86_64", "-machine", "pc,accel=tcg,graphics=off", "-m", "64", "-nodefaults", "-display", "none",
             "-serial", "stdio", "-boot", "n", "-no-reboot",
             "-netdev", f"tap,id=lan,ifname={self._tap},script=no,downscript=no",
             "-device", f"e1000,netdev=lan,mac={self.mac}"],
            self._folder / f"{self._tap}.log")

    def finish(self, seconds=120.0):
        self.program.wait_for(rf"(?m)^\W*{BOOT_MARK}", seconds)
        self.program.stop()
        found = re.search(r"net0: (\d+\.\d+\.\d+\.\d+)/", self.program.output)
        if not found:
            raise LabError(f"{self.mac} booted without an address?\n{self.program.last_words()}")
        return Boot(found[1], BOOT_FILE)
