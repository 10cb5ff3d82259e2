# SPDX-License-Identifier: Apache-2.0
"""usage: latewire.py INTERFACE INTERFACE SECONDS

A long cable: what comes in on either interface goes out of the other, late. (netem is not in every kernel.)
"""

import collections
import selectors
import socket
import sys
import time

_SOL_PACKET, _PACKET_IGNORE_OUTGOING = 263, 23  # linux/socket.h, linux/if_packet.h
_ETH_P_ALL = 3


def end_of_cable(interface):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    end.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    end.bind((interface, 0))
    return end


def main(one, other, seconds):
    ends = end_of_cable(one), end_of_cable(other)
    ready = selectors.DefaultSelector()
    ready.register(ends[0], selectors.EVENT_READ, ends[1])
    ready.register(ends[1], selectors.EVENT_READ, ends[0])
    on_the_way = collections.deque()  # (when it is due, where it goes out, frame), in the order of `due`
    print("ready", flush=True)
    while True:
        pause = max(0.0, on_the_way[0][0] - time.monotonic()) if on_the_way else None
        for key, _ in ready.select(pause):
            on_the_way.append((time.monotonic() + seconds, key.data, key.fileobj.recv(65536)))
        while on_the_way and on_the_way[0][0] <= time.monotonic():
            _, end, frame = on_the_way.popleft()
            end.send(frame)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
