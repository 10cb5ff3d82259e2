# SPDX-License-Identifier: Apache-2.0
"""relaysieved beside dpdk-testpmd, on the same vdevs, each with one forwarding thread on the same processor.

net_null makes the frames and takes them; requests are written into them by a callback that is preloaded into both
programs. What a frame costs is the forwarding threads' processor time over the ports' own counters, so that whoever
else runs on the machine counts less. The rest of a daemon (settings, status) is in it; testpmd's command line is not.
"""

import contextlib
import functools
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from lab.namespaces import wait_until
from wirelab import Relaysieved

from table.figures import NotHere, hold

from . import template

CLIENTS, SINK = 65_536, "net_null_sink,no-rx=1"
SOURCES = {"other": "net_null_other,size=64", "requests": "net_null_requests,size=342"}
REPETITIONS, SECONDS = 5, 1.5
BOUND = 60.0  # s
PROCESSORS = sorted(os.sched_getaffinity(0))


def processor_seconds(pid):
    """Of all its threads (schedstat counts ns)."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def environment(how, kind, folder):
    """Both do without huge pages: a few hundred buffers stay in the cache."""
    words = {**os.environ, "RELAYSIEVED_ORDINARY_MEMORY": "1"}
    if kind == "requests":
        frame = folder / "request"
        frame.write_bytes(template.relayed_discover())
        words |= {"RELAYED_REQUESTS_FRAME": str(frame), "RELAYED_REQUESTS_CLIENTS": str(CLIENTS),
                  "LD_PRELOAD": str(how.build / "bench" / "programs" / "librelayed_requests.so")}
    return words


class Testpmd:
    def __init__(self, mode, kind, folder, env):
        cores = f"0@{PROCESSORS[0]},1@{PROCESSORS[-1]}"
        self._said = folder / "testpmd.out"
        words = ["stdbuf", "-oL", "dpdk-testpmd", "--lcores", cores, "--no-pci", "--no-huge", "-m", "256", "--no-telemetry",
                 f"--file-prefix=bench{os.getpid()}", f"--vdev={SOURCES[kind]}", f"--vdev={SINK}", "--", "-i", "--auto-start",
                 f"--forward-mode={mode}", "--nb-cores=1", "--burst=32", "--total-num-mbufs=4096"]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=open(self._said, "wb"), stderr=subprocess.STDOUT,
                                        text=True, env=env)

    def frames(self):
        """Those that the sink has taken."""
        before = self._said.stat().st_size
        self.process.stdin.write("show port stats 1\n")
        self.process.stdin.flush()

        def answer():
            assert self.process.poll() is None, self._said.read_text()[-500:]
            return re.search(r"TX-packets: (\d+)", self._said.read_text()[before:])
        return int(wait_until(answer, "testpmd's counters", BOUND)[1])

    def check(self, kind):
        """It forwards whatever comes; the source is the same."""

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


class Ours(Relaysieved):
    class Here:
        def enter(self):
            return []

    def __init__(self, workers, kind, folder, env):
        words = ["--routers", f"vdev:{SOURCES[kind]}", "--server", f"vdev:{SINK}", "--metrics", "off", "--idle", "poll",
                 "--workers", workers, "--echo-window", "1ms"]
        cores = ",".join(map(str, PROCESSORS if workers > 1 else PROCESSORS[-1:]))
        preload = env.pop("LD_PRELOAD", "")
        super().__init__(self.Here(), folder, words, ["env", *[f"{k}={v}" for k, v in env.items() if k.startswith("RELAY")],
                                                      f"LD_PRELOAD={preload}", "taskset", "-c", cores])
        self.wait_until_ready()

    def frames(self):
        return self.port("server")["tx_frames"]

    def check(self, kind):
        """It was what it was called, and nothing was dropped."""
        clients = CLIENTS if kind == "requests" else 0
        wait_until(lambda: self.status()["memory"]["clients"] >= 0.99 * clients, "its clients to be counted", BOUND)
        status = self.status()
        reasons = Counter(status["reasons"])
        passed = reasons["not_dhcp"] if kind == "other" else reasons["first_copy"] + reasons["retransmission"]
        hold("clients", status["memory"]["clients"], clients)
        hold(f"frames of the kind '{kind}'", passed, status["totals"]["received"])

    close = Relaysieved.kill


def measure(who, kind, how, seconds):
    """ns a frame, or with two workers of both of them: ns in which one of them is dealt with."""
    with tempfile.TemporaryDirectory(prefix="relaysieve-bench-") as folder:
        env = environment(how, kind, Path(folder))
        workers = 2 if who == "two" else 1
        made = Testpmd if who in ("io", "macswap") else Ours
        program = made(who if made is Testpmd else workers, kind, Path(folder), env)
        with contextlib.closing(program):
            wait_until(lambda: program.frames() >= 2 * CLIENTS, "frames to flow", BOUND)
            frames, spent = program.frames(), processor_seconds(program.process.pid)
            time.sleep(seconds)
            # On a loaded machine a program may not have run at all in so short a time.
            wait_until(lambda: program.frames() > frames, "a frame more", BOUND)
            frames, spent = program.frames() - frames, processor_seconds(program.process.pid) - spent
            program.check(kind)
            return spent * 1e9 / frames / workers


@contextlib.contextmanager
def jobs(names, how):
    if missing := [tool for tool in ("dpdk-testpmd", "stdbuf", "taskset") if not shutil.which(tool)]:
        raise NotHere(f"not installed: {', '.join(missing)}; run deploy/install-packages test lab")
    if len(PROCESSORS) < 2:
        raise NotHere("testpmd needs two processors")

    def job(name, figures):
        _, who, kind = name.split("/")
        figures.add(name, "ns", measure(who, kind, how, 0.2 if how.short else SECONDS))
    yield [([name], functools.partial(job, name)) for name in names]
