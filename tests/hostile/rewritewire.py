# SPDX-License-Identifier: Apache-2.0
"""usage: rewritewire.py ROUTER SWITCH

A cable between two interfaces that stands for a router that rewrites options: the vendor class (60) of each DHCP request that
the router sends is written in other letters.
"""

import selectors
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.latewire import end_of_cable  # noqa: E402

_UDP, _OPTIONS = 34, 42 + 240  # of an Ethernet frame with an IPv4 header of 20 bytes


def rewritten(frame):
    if frame[12:14] != b"\x08\0" or frame[23] != 17 or frame[_UDP + 2:_UDP + 4] != b"\0\x43":
        return frame
    changed = bytearray(frame)
    at = _OPTIONS
    while at + 1 < len(changed) and changed[at] != 255:
        if changed[at] == 60:
            value = slice(at + 2, at + 2 + changed[at + 1])
            changed[value] = changed[value].swapcase()
        at += 1 if changed[at] == 0 else 2 + changed[at + 1]
    changed[_UDP + 6:_UDP + 8] = b"\0\0"  # no checksum
    return bytes(changed)


def main(router, switch):
    ends = end_of_cable(router), end_of_cable(switch)
    ready = selectors.DefaultSelector()
    ready.register(ends[0], selectors.EVENT_READ, lambda frame: ends[1].send(rewritten(frame)))
    ready.register(ends[1], selectors.EVENT_READ, ends[0].send)
    print("ready", flush=True)
    while True:
        for key, _ in ready.select():
            key.data(key.fileobj.recv(65536))


if __name__ == "__main__":
    main(*sys.argv[1:])
