# SPDX-License-Identifier: Apache-2.0
"""What clang-tidy (.clang-tidy) has to say of all that is installed: nothing. Planted offences show that it looks."""

import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLANTED = Path(__file__).resolve().parent / "planted.cc"
SETTINGS = ROOT / "tests" / "sanitizers" / "address.ini"  # with clang, and several files to a unit
FOLDERS = ("dataplane", "control", "deploy")
BOUND = 1800  # s for one unit, on a loaded machine


def configure(folder):
    subprocess.run(["meson", "setup", folder, ROOT, f"--native-file={SETTINGS}", "-Dtests=false"],
                   check=True, stdout=subprocess.DEVNULL)


def units(folder):
    """What is compiled, with the sources in it: the headers are read once for all of a unit."""
    for unit in json.loads((folder / "compile_commands.json").read_text()):
        path = (folder / unit["file"]).resolve()
        listed = re.findall("#include ?<(.*)>", path.read_text()) if path.is_relative_to(folder) else [str(path)]
        yield path, {(folder / file).resolve() for file in listed}


def tidy(path, *words):
    """What it says; it has to have read the unit to its end."""
    done = subprocess.run(["clang-tidy-14", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", path, *words], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=BOUND)
    assert done.returncode == 0, f"{path}: clang-tidy ended with status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_clang_tidy(tmp_path):
    configure(tmp_path)
    all_units = dict(units(tmp_path))
    missing = {path for folder in FOLDERS for path in (ROOT / folder).rglob("*.cc")} - set().union(*all_units.values())
    assert not missing, "no unit has them"
    with ThreadPoolExecutor(os.cpu_count()) as crowd:
        said = crowd.map(lambda path: tidy(path, "-p", tmp_path), all_units)
    found = sorted({line for text in said for line in re.findall(r"^.*: (?:warning|error): .*$", text, re.M)})
    assert not found, "\n".join(found)


def test_clang_tidy_sees_planted_offences():
    found = set(re.findall(r"planted.cc:\d+.*\[([\w.-]+)", tidy(PLANTED, "--", "-std=c++20")))
    assert {"bugprone-use-after-move", "clang-analyzer-core.NullDereference", "performance-for-range-copy"} <= found


def test_what_clang_tidy_cannot_read_does_not_pass(tmp_path):
    unit = tmp_path / "unit.cc"
    with pytest.raises(AssertionError, match="ended with status"):
        tidy(unit, "--", "-std=c++20")
    unit.write_text('#include "nowhere.h"\n')
    with pytest.raises(AssertionError, match="ended with status 1(.|\n)*nowhere.h"):
        tidy(unit, "--", "-std=c++20")
