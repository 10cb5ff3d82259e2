# SPDX-License-Identifier: Apache-2.0
"""What cppcheck (tests/lint/cppcheck.txt) has to say of all sources: nothing. Planted offences show that it looks, and one at
the end of each source that it reads all of it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SOURCES = ["include", "dataplane", "control", "deploy", "bench", "tests"]
CPPCHECK = ["cppcheck", "--quiet", "--std=c++20", "--language=c++", "--library=googletest", "--force", f"-j{os.cpu_count()}",
            "--enable=warning,performance,portability", f"--suppressions-list={HERE / 'cppcheck.txt'}",
            "-DLIBBPF_OPTS(type,name,...)=type name", "-DSEC(section)=", "-Iinclude", "-Idataplane", "-Icontrol", "-Itests", "-Ibench",
            "--template={file}:{line}: {message} [{id}]"]
# cppcheck 2.10 takes 1s for a number, and where one stands in a constant expression it gives up the file.
DURATION = re.compile(r"""(R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|//.*)|\b(\d[\d']*)(ns|us|ms|s|min|h)\b""")
UNITS = {"ns": "nanoseconds", "us": "microseconds", "ms": "milliseconds", "s": "seconds", "min": "minutes", "h": "hours"}
AT_THE_END = "inline int at_the_end_{}() {{ int numbers[1] = {{}}; return numbers[1]; }}\n"


def readable(text):
    return DURATION.sub(lambda found: found[1] or f"std::chrono::{UNITS[found[3]]}({found[2]})", text)


def copy(tree):
    """All sources, readable, and an offence below the last line of each: {file: the number of that line}."""
    lines = {}
    for path in sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.*") if path.suffix in (".c", ".cc", ".h")):
        name = path.relative_to(ROOT)
        if not path.is_relative_to(HERE):
            text = readable(path.read_text())
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(text + AT_THE_END.format(len(lines)))
            lines[str(name)] = text.count("\n") + 1
    return lines


def cppcheck(tree, *paths):
    done = subprocess.run([*CPPCHECK, *paths], cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What it says of the copy, and what it has to."""
    tree = tmp_path_factory.mktemp("tree")
    lines = copy(tree)
    return set(cppcheck(tree, *SOURCES)), {f"{name}:{line}: Array 'numbers[1]' accessed at index 1, which is out of bounds. [arrayIndexOutOfBounds]"
                                           for name, line in lines.items()}


def test_cppcheck(said):
    assert said[0] - said[1] == set()


def test_cppcheck_reads_every_source_to_its_end(said):
    assert said[1] - said[0] == set()


def test_cppcheck_sees_planted_offences():
    found = set(re.findall(r"planted.cc:\d+: .*\[(\w+)\]", "\n".join(cppcheck(ROOT, HERE / "planted.cc"))))
    assert {"nullPointer", "arrayIndexOutOfBounds"} <= found
