# SPDX-License-Identifier: Apache-2.0
"""Runs the command line under test: RELAYSIEVE_BUILD names the build directory, default build/; RELAYSIEVE_PROGRAM
another program than the one there."""

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("RELAYSIEVE_BUILD", ROOT / "build")).resolve()
BINARY = Path(os.environ.get("RELAYSIEVE_PROGRAM", BUILD / "control" / "relaysieve"))
BOUND = 120  # s for one run, on a loaded machine


class Run(NamedTuple):
    status: int
    out: str
    err: str

    def report(self):
        return json.loads(self.out)


def run(*words, **more):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, timeout=BOUND, **more)
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def verdicts(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]


def replay(capture, folder, *flags):
    """Verdicts of a replay that must go well."""
    lines = Path(folder) / "verdicts.jsonl"
    done = run("replay", capture, "--verdicts", lines, *flags)
    assert done.status == 0, done.err
    return verdicts(lines)
