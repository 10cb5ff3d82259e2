# SPDX-License-Identifier: Apache-2.0
"""The DHCPv6 servers that users run. Each hands out addresses of the client LAN."""

import itertools

from .namespaces import DNSMASQ, unconfined
from .plan import POOL6

_serial = itertools.count(1)


def dnsmasq(namespace, folder):
    """dnsmasq for DHCPv6 only."""
    serial = next(_serial)
    program = namespace.start(
        [*DNSMASQ, f"--dhcp-range={','.join(POOL6)},64,1h", "--dhcp-authoritative",
         f"--dhcp-leasefile={folder / f'dnsmasq6-{serial}.leases'}", "--log-dhcp"], folder / f"dnsmasq6-{serial}.log")
    program.wait_for("DHCPv6, IP range")
    return program


def dhcpd(namespace, folder):
    """ISC dhcpd -6."""
    serial = next(_serial)
    settings, leases = folder / f"dhcpd6-{serial}.conf", folder / f"dhcpd6-{serial}.leases"
    leases.touch()
    settings.write_text(f"""
        authoritative;
        default-lease-time 3600;
        subnet6 fd20:30::/64 {{ }}
        subnet6 fd20:20::/64 {{ range6 {POOL6[0]} {POOL6[1]}; }}
    """)
    program = namespace.start(
        [unconfined("dhcpd", folder), "-6", "-f", "-d", "--no-pid", "-cf", settings, "-lf", leases, "eth0"],
        folder / f"dhcpd6-{serial}.log")
    program.wait_for("Server starting service")
    return program
