# SPDX-License-Identifier: Apache-2.0
"""The DHCP relays that users run on their routers. Each function starts one in a router's namespace."""

import itertools

from .namespaces import DNSMASQ

_serial = itertools.count(1)


def dhcrelay(router, server, folder):
    """ISC dhcrelay."""
    return _dhcrelay(router, server, folder)


def dhcrelay_with_option_82(router, server, folder):
    """ISC dhcrelay that appends option 82 (RFC 3046)."""
    return _dhcrelay(router, server, folder, "-a")


def _dhcrelay(router, server, folder, *settings):
    program = router.namespace.start(
        ["dhcrelay", "-4", "-d", "--no-pid", *settings, "-id", "lan", "-iu", "wan", server],
        folder / f"dhcrelay-{router.name}-{next(_serial)}.log")
    program.wait_for("Sending on .*Socket/fallback")
    return program


def dhcrelay6(router, server, folder):
    """ISC dhcrelay for DHCPv6."""
    program = router.namespace.start(
        ["dhcrelay", "-6", "-d", "--no-pid", "-l", "lan", "-u", f"{server}%wan"],
        folder / f"dhcrelay6-{router.name}-{next(_serial)}.log")
    program.wait_for("Sending on .*wan")
    return program


def dnsmasq(router, server, folder):
    """dnsmasq as a relay."""
    program = router.namespace.start(
        [*DNSMASQ, f"--dhcp-relay={router.lan_address},{server}"],
        folder / f"dnsmasq-relay-{router.name}-{next(_serial)}.log")
    program.wait_for("DHCP relay from")
    return program
