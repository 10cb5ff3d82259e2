# SPDX-License-Identifier: Apache-2.0
"""Classic pcap files (draft-ietf-opsawg-pcap), read and written independently of the code under test."""

import struct
from typing import NamedTuple

ETHERNET = 1
_UNITS = {b"\xa1\xb2\xc3\xd4": 1000, b"\xa1\xb2\x3c\x4d": 1}  # the magic number: ns in one unit of time


class Frame(NamedTuple):
    time: int     # ns since 1970
    data: bytes
    length: int   # on the wire; more than len(data) where a snapshot length cut it


def frame(time, data, length=None):
    return Frame(time, data, len(data) if length is None else length)


def parse(raw):
    little = raw[:4][::-1] in _UNITS
    order = "<" if little else ">"
    unit = _UNITS[raw[:4][::-1] if little else raw[:4]]
    frames, at = [], 24
    while at < len(raw):
        seconds, fraction, held, length = struct.unpack_from(order + "IIII", raw, at)
        data = raw[at + 16:at + 16 + held]
        assert len(data) == held, f"the file ends inside frame {len(frames) + 1}"
        frames.append(Frame(seconds * 10**9 + fraction * unit, data, length))
        at += 16 + held
    return frames


def read(path):
    with open(path, "rb") as file:
        return parse(file.read())


def pack(frames, order="<", nanoseconds=True, link=ETHERNET):
    unit = 1 if nanoseconds else 1000
    raw = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)]
    for time, data, length in frames:
        raw.append(struct.pack(order + "IIII", time // 10**9, time % 10**9 // unit, len(data), length) + data)
    return b"".join(raw)
