# SPDX-License-Identifier: Apache-2.0
"""Frames through a wire at a steady rate, and how long they take: bench/traffic at both its ends.

The source and sink is one thread that never sleeps, on one processor; the box is held to another, if there is one. `first`:
both go before whatever else the machine is doing (sched(7), SCHED_FIFO), which would otherwise be what is measured; the
kernel then takes 50 ms of each second from one that never sleeps, so that only medians mean something.
"""

import contextlib
import json
import os

from lab.box import built
from lab.namespaces import run

TRAFFIC = built("relaysieved").parents[1] / "bench" / "traffic"
_PROCESSORS = sorted(os.sched_getaffinity(0))
OF_THE_BOX = ("taskset", "-c", str(_PROCESSORS[0]))  # before its program


@contextlib.contextmanager
def before_all_else(process):
    run("chrt", "--all-tasks", "--fifo", "--pid", 1, process.pid)
    try:
        yield
    finally:
        run("chrt", "--all-tasks", "--other", "--pid", 0, process.pid)


def traffic(wire, rate, frames, first=False, more=()):
    """Sends so many relayed requests from left to right; what bench/traffic says of them. `more`: further words for it."""
    words = [TRAFFIC, *(f"{host.name}/eth0" for host in (wire.left, wire.right)),
             "--rate", rate, "--frames", frames, "--cpu", _PROCESSORS[-1], *more]
    with before_all_else(wire.daemon.process) if first and wire.daemon else contextlib.nullcontext():
        return json.loads(run(*(["chrt", "--fifo", 1] if first else []), *words, timeout=60 + 2 * frames / rate))
