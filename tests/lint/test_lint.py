# SPDX-License-Identifier: Apache-2.0
"""What cppcheck (tests/lint/cppcheck.txt) has to say of all sources: nothing. Planted offences show that it looks."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PLANTED = HERE / "planted.cc"
SOURCES = ["include", "dataplane", "control", "deploy", "bench", "tests"]
CPPCHECK = ["cppcheck", "--quiet", "--std=c++20", "--language=c++", "--library=googletest", "--force", f"-j{os.cpu_count()}",
            "--enable=warning,performance,portability", f"--suppressions-list={HERE / 'cppcheck.txt'}",
            "-DLIBBPF_OPTS(type,name,...)=type name", "-DSEC(section)=", "-Iinclude", "-Idataplane", "-Icontrol", "-Itests",
            "--template={file}:{line}: {message} [{id}]"]


def cppcheck(*paths):
    done = subprocess.run([*CPPCHECK, *paths], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return done.stdout


def test_cppcheck():
    assert cppcheck(*SOURCES, f"-i{HERE.relative_to(ROOT)}") == ""


def test_cppcheck_sees_planted_offences():
    found = set(re.findall(r"planted.cc:\d+: .*\[(\w+)\]", cppcheck(PLANTED)))
    assert {"nullPointer", "arrayIndexOutOfBounds"} <= found
