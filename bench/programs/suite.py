# SPDX-License-Identifier: Apache-2.0
"""The in-process suite (Google Benchmark): one run, its repetitions in random order."""

import contextlib
import functools
import json
import re
import subprocess

from table.figures import Figures

REPETITIONS = 1                   # Google Benchmark does its own
ROUNDS, SECONDS, SHORT_SECONDS = 7, 0.3, 0.01
BOUND = 600                       # s for all of it
NOT_HERE = "skipped: "            # begins what a benchmark says that cannot be had on this machine
SUFFIX = re.compile(r"/(manual_time|real_time|process_time|repeats:\d+|iterations:\d+)")


def exactly(names):
    return "^(" + "|".join(map(re.escape, sorted(names))) + ")/manual_time$"


def words(program, names, repetitions, seconds):
    return [program, f"--benchmark_filter={exactly(names)}", "--benchmark_format=json", f"--benchmark_min_time={seconds}",
            f"--benchmark_repetitions={repetitions}", "--benchmark_enable_random_interleaving=true"]


def cost(run):
    """ns a frame."""
    return run["ns_per_frame"] if "ns_per_frame" in run else 1e9 / run["items_per_second"]


def read(report, figures):
    """What Google Benchmark said, into figures. What refused to report is broken."""
    for run in report["benchmarks"]:
        name = SUFFIX.sub("", run["name"])
        if run.get("error_occurred"):
            why = run["error_message"]
            figures.fail([name, f"{name}/bytes"], why.removeprefix(NOT_HERE), broken=not why.startswith(NOT_HERE))
        elif run.get("run_type") == "iteration":
            figures.add(name, "ns", cost(run))
            if "bytes_per_client" in run:
                figures.add(f"{name}/bytes", "B", run["bytes_per_client"])
    return figures


def measure(program, names, repetitions, seconds, figures):
    rows = {name.removesuffix("/bytes") for name in names}
    done = subprocess.run(words(program, rows, repetitions, seconds), capture_output=True, text=True, timeout=BOUND)
    if done.returncode != 0 or not done.stdout:
        raise RuntimeError((done.stderr.strip().splitlines() or [f"{program} ended with {done.returncode}"])[-1])
    read(json.loads(done.stdout), figures)
    figures.fail([name for name in names if name not in figures], "there is no such benchmark", broken=True)


def measure_small(program, names, repetitions, seconds, figures):
    """Whether each works shows at a thousand clients too, and a million take time to get to know."""
    small = {name.replace("clients:1048576", "clients:1024"): name for name in names}
    found = Figures()
    measure(program, small, repetitions, seconds, found)
    figures.update((small[name], figure) for name, figure in found.items() if name in small)


@contextlib.contextmanager
def jobs(names, how):
    program = how.build / "bench" / "relaysieve_bench"
    times = (1, SHORT_SECONDS) if how.short else (ROUNDS, SECONDS)
    job = measure_small if how.short else measure
    yield [(names, functools.partial(job, program, names, *times))]
