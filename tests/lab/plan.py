# SPDX-License-Identifier: Apache-2.0
"""The numbers that all parts of the lab share: who has which address, and what is booted."""

# Client LAN 10.20.0.0/24 and server side 10.30.0.0/24; on both router A is .2, router B .3.
CLIENT_GATEWAY = "10.20.0.1"  # carried by the router that is master, as with VRRP
SERVER_GATEWAY = "10.30.0.1"  # the same router's, on the server side
SERVER = "10.30.0.10"
POOL = ("10.20.0.100", "10.20.0.199")

# The same of IPv6, where a lab speaks it: fd20:20::/64 and fd20:30::/64, and no gateway.
SERVER6 = "fd20:30::10"
POOL6 = ("fd20:20::1000", "fd20:20::1fff")

BOOT_FILE = "boot.ipxe"
BOOT_MARK = "relaysieve-lab-booted"
BOOT_SCRIPT = f"#!ipxe\necho {BOOT_MARK}\n"  # iPXE runs it; the other clients compare it byte for byte

# Markers: datagrams to the discard port that show how far a capture has come.
MARKER_PORT = 9
MARKER_SOURCE, MARKER_TARGET = "10.20.0.250", "10.20.0.251"  # on the client LAN; nobody has the target
