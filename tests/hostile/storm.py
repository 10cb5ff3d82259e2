# SPDX-License-Identifier: Apache-2.0
"""usage: storm.py FROM TO FILE SECONDS

Sends the frames of a file (hexadecimal, one a line) over and over for so many seconds, and all of them once at least, from eth0
of one network namespace; each time waits until the last has arrived at eth0 of another, so that no queue on the way overflows.
Prints how often.
"""

import sys
import time
from pathlib import Path
from types import SimpleNamespace

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "wire")]

from frames import marker  # noqa: E402
from wirelab import Tap  # noqa: E402


def main(source, target, file, seconds):
    with open(file) as lines:
        frames = [bytes.fromhex(line) for line in lines]
    source, target = (Tap(SimpleNamespace(name=name), "eth0") for name in (source, target))
    rounds, until = 0, time.monotonic() + seconds
    while not rounds or time.monotonic() < until:
        source.send(*frames, marker(rounds))
        target.until(marker(rounds))
        rounds += 1
    print(rounds)


if __name__ == "__main__":
    main(*sys.argv[1:4], float(sys.argv[4]))
