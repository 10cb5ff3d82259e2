# SPDX-License-Identifier: Apache-2.0
"""The DHCP relays that users run on their routers. Each starts one in a router's namespace."""

import itertools

_serial = itertools.count(1)


def dhcrelay(router, server, folder, relay_info=False):
    """ISC dhcrelay; with `relay_info` it appends option 82 (RFC 3046)."""
    program = router.namespace.start(
        ["dhcrelay", "-4", "-d", "--no-pid", *(["-a"] if relay_info else []), "-id", "lan", "-iu", "wan", server],
        folder / f"dhcrelay-{router.name}-{next(_serial)}.log")
    program.wait_for("Sending on .*Socket/fallback")
    return program


def dnsmasq(router, server, folder):
    """dnsmasq as a relay."""
    program = router.namespace.start(
        ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--port=0", "--log-facility=-",
         "--pid-file=", f"--dhcp-relay={router.lan_address},{server}"],
        folder / f"dnsmasq-relay-{router.name}-{next(_serial)}.log")
    program.wait_for("DHCP relay from")
    return program
