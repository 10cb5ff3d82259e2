# SPDX-License-Identifier: Apache-2.0
"""The machine a table was taken on."""

import datetime
import os
import platform
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def said(*words):
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=30)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def commit():
    name = said("git", "rev-parse", "--short=12", "HEAD")
    return name + (" and changes" if name and said("git", "status", "--porcelain", "--untracked-files=no") else "")


def version_of(package):
    return said("dpkg-query", "--show", "--showformat=${Version}", package)


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    virtual = said("systemd-detect-virt", "--vm")
    return {
        "cpu": cpu[1] if cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "virtual": virtual if virtual not in ("", "none") else "no",
        "kernel": platform.release(),
        "compiler": said("g++", "-dumpfullversion"),
        "dpdk": version_of("libdpdk-dev"),
        "wireshark": version_of("wireshark-common"),
        "benchmark": version_of("libbenchmark-dev"),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "load": round(os.getloadavg()[0], 1),
        "commit": commit(),
    }


def in_a_line(about):
    return (f"{about['cpu']}, {about['cores']} cores{'' if about['virtual'] == 'no' else ' (virtual: ' + about['virtual'] + ')'}, "
            f"Linux {about['kernel']}, g++ {about['compiler']}, DPDK {about['dpdk']}; {about['date']}, "
            f"load {about['load']}, commit {about['commit']}")
