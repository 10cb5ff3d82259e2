# SPDX-License-Identifier: Apache-2.0
"""relaysieve replay beside `editcap -w 1`, which compares whole frames over one second: wall time and peak memory.

editcap holds each frame against all of the last second, one by one: some 0.4 ms a frame, and a quarter of an hour for a
capture of 1 GB. It gets the first seconds of the same traffic, which flatters it: its first second has less to compare.
"""

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from table.figures import NotHere, hold

from . import template

RATE, RELAYS = 20_000, 2  # requests a second, copies of other relays included
LAG = 5                   # requests of one relay between two relays' copies: 0.5 ms
OURS, PEERS, SHORT = 10**9, 20 * 10**6, 2 * 10**6  # bytes; 20 MB are 2.8 s
REPETITIONS = 3


def make(path, size):
    """A capture (nanosecond pcap) of relayed requests, each client's once through each relay. Returns its frames."""
    frame = bytearray(template.relayed_discover())
    record, bootp = len(frame) + 16, template.BOOTP
    frames = size // record // RELAYS * RELAYS
    head = bytearray(16)
    head[8:12] = head[12:16] = len(frame).to_bytes(4, "little")
    with open(path, "wb", buffering=1 << 20) as out:
        out.write(bytes.fromhex("4d3cb2a1020004000000000000000000") + (262144).to_bytes(4, "little") + bytes([1, 0, 0, 0]))
        for number in range(frames):
            transmission, relay = divmod(number, RELAYS)
            client = (transmission - relay * LAG) % (frames // RELAYS)
            second, rest = divmod(number, RATE)
            head[0:8] = (1_700_000_000 + second).to_bytes(4, "little") + (rest * 10**9 // RATE).to_bytes(4, "little")
            frame[11] = frame[29] = frame[bootp + 27] = 2 + relay  # source MAC, source IP, giaddr
            frame[bootp + 4:bootp + 8] = (client * 0x9E3779B1 & 0xFFFFFFFF).to_bytes(4, "big")
            frame[bootp + 30:bootp + 34] = client.to_bytes(4, "big")
            out.write(head + frame)
    return frames


def timed(words):
    """(seconds, MB at its peak, what it printed) of a program."""
    begin = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([str(word) for word in words], stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begin
        said.seek(0)
        text = said.read()
    if process.returncode != 0:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}: {text.strip()[-300:]}")
    return seconds, used.ru_maxrss * 1024 / 1e6, text


def check(text, frames):
    report = json.loads(text)
    hold("frames of the replay", report["frames"], frames)
    hold("second copies of the replay", report["reasons"]["second_copy"], frames * (1 - 1 / RELAYS))


def check_editcap(text, frames):
    hold("frames that editcap saw", int(re.search(r"(\d+) packets? seen", text)[1]), frames)


@contextlib.contextmanager
def jobs(names, how):
    if not shutil.which("editcap"):
        raise NotHere("editcap is not installed: deploy/install-packages test")
    with tempfile.TemporaryDirectory(prefix="relaysieve-bench-") as folder:
        long, brief, survivors = (Path(folder, name) for name in ("long.pcap", "brief.pcap", "survivors.pcap"))
        many, few = make(long, SHORT if how.short else OURS), make(brief, SHORT if how.short else PEERS)
        replay = [how.build / "control" / "relaysieve", "replay", long, "--json"]
        programs = {
            "ours": (replay, many, check),
            "writing": ([*replay, "--forwarded", survivors], many, check),
            "editcap": (["editcap", "-w", "1", brief, survivors], few, check_editcap),
        }

        def job(whose, figures):
            words, frames, checked = programs[whose]
            seconds, peak, text = timed(words)
            checked(text, frames)
            figures.add(f"replay/{whose}/time", "ns", seconds * 1e9 / frames)
            figures.add(f"replay/{whose}/MB", "MB", peak)
            survivors.unlink(missing_ok=True)
        yield [([f"replay/{whose}/time", f"replay/{whose}/MB"], functools.partial(job, whose)) for whose in programs]
