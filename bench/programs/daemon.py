# SPDX-License-Identifier: Apache-2.0
"""The memory of a daemon with default settings: all that is resident, and its huge pages, once its table is full."""

import contextlib
import functools
import re
import shutil
import tempfile
from pathlib import Path

from pace import traffic
from wirelab import Wire

from table.figures import hold

CLIENTS, RATE = 262_144, 50_000  # the default number of clients; frames a second
ROUNDS = 10
REPETITIONS = 3
PARTS = ("RssAnon", "RssFile", "RssShmem", "HugetlbPages")


def resident(pid):
    """MB (10^6 bytes)."""
    kib = dict(re.findall(r"^(\w+):\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.M))
    return sum(int(kib[part]) for part in PARTS) * 1024 / 1e6


def measure(driver, clients):
    folder = Path(tempfile.mkdtemp(prefix="relaysieve-bench-"))
    wire = Wire(folder)
    try:
        wire.build()
        wire.start("--driver", driver)
        asked = 0
        for _ in range(ROUNDS):  # a machine with other things to do loses some
            traffic(wire, RATE, max(clients - asked, 1))
            asked = wire.daemon.status()["reasons"]["first_copy"]
            if asked >= clients:
                break
        hold("clients that the daemon has heard", asked, clients)
        return resident(wire.daemon.process.pid)
    finally:
        wire.close()
        shutil.rmtree(folder)


@contextlib.contextmanager
def jobs(names, how):
    def job(name, figures):
        figures.add(name, "MB", measure(name.split("/")[1], CLIENTS // 64 if how.short else CLIENTS))
    yield [([name], functools.partial(job, name)) for name in names]
