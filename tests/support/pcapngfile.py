# SPDX-License-Identifier: Apache-2.0
"""pcapng files (draft-ietf-opsawg-pcapng) with one Ethernet interface, written block by block."""

import struct


def _block(order, kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def pack(frames, order="<", resolution=9):
    """`resolution`: time stamps count units of 10^-resolution s."""
    section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    options = struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)  # if_tsresol, end
    raw = [_block(order, 0x0A0D0D0A, section), _block(order, 1, struct.pack(order + "HHI", 1, 0, 262144) + options)]
    for time, data, length in frames:
        stamp = time * 10**resolution // 10**9
        raw.append(_block(order, 6, struct.pack(order + "IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(data), length) + data))
    return b"".join(raw)
