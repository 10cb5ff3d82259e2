# SPDX-License-Identifier: Apache-2.0
"""deploy/fallback-bridge, run on the box."""

import os
import subprocess
from pathlib import Path

from lab.box import built
from wirelab import BOUND

BRIDGE = "fallback"
TOOL = Path(__file__).resolve().parents[2] / "deploy" / "fallback-bridge"
PATH = f"{built('relaysieve').parent}:{os.environ['PATH']}"


def asked(wire, *words):
    """(exit status, standard error); on standard output it says nothing."""
    done = subprocess.run([*wire.box.enter(), TOOL, *words], capture_output=True, text=True, timeout=BOUND, env={**os.environ, "PATH": PATH})
    assert done.stdout == ""
    return done.returncode, done.stderr


def bridge(wire, *words):
    status, said = asked(wire, *words)
    assert status == 0, said
    return said


def refused(wire, *words):
    """The reason, one line."""
    status, said = asked(wire, *words)
    assert status == 1 and len(said.splitlines()) == 1, said
    return said.strip().removeprefix("fallback-bridge: ")
