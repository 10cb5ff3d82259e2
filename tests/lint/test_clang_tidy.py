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
# The analyzer follows the paths through a file that another one includes only if that one is called so. It takes as long again
# as all the rest, and is for `tests/run --long`.
UNIT = "UnifiedSource-{}.cc"
QUICK = "sources-{}.cc"
BOUND = 3600  # s for one unit, on a loaded machine


def configure(folder):
    subprocess.run(["meson", "setup", folder, ROOT, f"--native-file={SETTINGS}", "-Dtests=false"],
                   check=True, stdout=subprocess.DEVNULL)


def units(built, folder):
    """Writes what is compiled as units of several sources, for their headers are read once, and how each is compiled. A source
    that several programs have is in one only. {unit: its sources}"""
    found, seen, commands = {}, set(), []
    for unit in json.loads((built / "compile_commands.json").read_text()):
        path = (built / unit["file"]).resolve()
        listed = re.findall("#include ?<(.*)>", path.read_text()) if path.is_relative_to(built) else [path]
        sources = [source for source in ((built / file).resolve() for file in listed) if source not in seen]
        if sources:
            made = folder / (UNIT if os.environ.get("LINT_PATHS") else QUICK).format(len(found))
            made.write_text("".join(f'#include "{source}"\n' for source in sources))
            found[made] = sources
            seen |= set(sources)
            commands.append({**unit, "file": str(made), "command": unit["command"].removesuffix(unit["file"]) + str(made)})
    (folder / "compile_commands.json").write_text(json.dumps(commands))
    return found


def tidy(path, *words):
    """What it says; it has to have read the unit to its end."""
    done = subprocess.run(["clang-tidy-14", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", path, *words], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=BOUND)
    assert done.returncode == 0, f"{path}: clang-tidy ended with status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_clang_tidy(tmp_path):
    (built := tmp_path / "built").mkdir()
    configure(built)
    all_units = units(built, tmp_path)
    missing = {path for folder in FOLDERS for path in (ROOT / folder).rglob("*.cc")} - {source for sources in all_units.values() for source in sources}
    assert not missing, "no unit has them"
    with ThreadPoolExecutor(os.cpu_count()) as crowd:
        said = crowd.map(lambda path: tidy(path, "-p", tmp_path), all_units)
    found = sorted({line for text in said for line in re.findall(r"^.*: (?:warning|error): .*$", text, re.M)})
    assert not found, "\n".join(found)


def planted(folder, text):
    unit = folder / UNIT.format("planted")
    unit.write_text(text)
    return tidy(unit, "--", "-std=c++20")


def test_clang_tidy_sees_planted_offences_in_what_a_unit_includes(tmp_path):
    found = set(re.findall(r"planted.cc:\d+.*\[([\w.-]+)", planted(tmp_path, f'#include "{PLANTED}"\n')))
    assert {"bugprone-use-after-move", "clang-analyzer-core.NullDereference", "performance-for-range-copy"} <= found


def test_what_clang_tidy_cannot_read_does_not_pass(tmp_path):
    with pytest.raises(AssertionError, match="ended with status 1(.|\n)*nowhere.h"):
        planted(tmp_path, '#include "nowhere.h"\n')
    with pytest.raises(AssertionError, match="ended with status"):
        tidy(tmp_path / "nowhere.cc", "--", "-std=c++20")
