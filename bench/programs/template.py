# SPDX-License-Identifier: Apache-2.0
"""The frame that every client's is made of: the first relayed DISCOVER of a real capture."""

import pcapfile
from relaysieve import ROOT

BOOTP = 14 + 20 + 8  # where BOOTP begins in a frame without VLAN tags and IP options


def is_discover(frame):
    ipv4_udp = frame[12:15] == b"\x08\x00\x45" and frame[23] == 17
    return ipv4_udp and frame[36:38] == b"\x00\x43" and frame[BOOTP] == 1 and b"\x63\x82\x53\x63\x35\x01\x01" in frame


def relayed_discover():
    capture = ROOT / "tests" / "golden" / "captures" / "storm-60.pcap"
    return next(frame.data for frame in pcapfile.read(capture) if is_discover(frame.data))
