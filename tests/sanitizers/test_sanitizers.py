# SPDX-License-Identifier: Apache-2.0
"""The core's unit tests under AddressSanitizer and UndefinedBehaviorSanitizer; planted faults show that these look. The same
run says which lines of the core were run."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

import line_coverage
import sanitized
from sanitized import FOLDER, ROOT

PROGRAMS = ["tests/unit/unit_tests", "tests/unit/taps_tests"]
PLANTED = "tests/sanitizers/planted"
FAULTS = {
    "behind-the-end": "AddressSanitizer: heap-buffer-overflow",
    "after-free": "AddressSanitizer: heap-use-after-free",
    "leak": "LeakSanitizer: detected memory leaks",
    "overflow": "runtime error: signed integer overflow",
    "shift": "runtime error: shift exponent 32 is too large",
}
LEAST = 95    # percent of the lines
BOUND = 3000  # s for one program, on a loaded machine
CORE = [str(path.relative_to(ROOT)) for path in sorted([*(ROOT / "include").rglob("*.h"), *(ROOT / "dataplane").glob("*.h"),
                                                        *(ROOT / "dataplane").glob("*.cc")])]
# The oracle's searches are cut short: each of their streams is like the others.
SHORT = {"ORACLE_STREAMS": "20", "ORACLE_DEPTH": "3", "ORACLE_SEED": "1"}


@pytest.fixture(scope="session")
def built():
    error = sanitized.build([*PROGRAMS, PLANTED])
    assert not error, error


@pytest.fixture(scope="session")
def ran(built, tmp_path_factory):
    """What became of each program, all of them at once, and the folder in which they noted the lines that they ran."""
    profiles = tmp_path_factory.mktemp("profiles")
    with ThreadPoolExecutor(os.cpu_count()) as crowd:
        yield dict(zip(PROGRAMS, crowd.map(lambda program: run(program, profiles), PROGRAMS))), profiles


def run(program, profiles):
    environment = sanitized.environment(profiles / f"{program.replace('/', '-')}.profraw", **SHORT)
    environment.pop("GTEST_OUTPUT", None)
    return subprocess.run([FOLDER / program, "--gtest_brief=1"], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=BOUND)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(fault, built):
    for name, seen in (("none", False), (fault, True)):
        done = subprocess.run([FOLDER / PLANTED, name], env=sanitized.environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=BOUND)
        assert (done.returncode != 0, FAULTS[fault] in done.stdout) == (seen, seen), done.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_is_reported(program, ran):
    done = ran[0][program]
    assert done.returncode == 0, done.stdout[-6000:]
    assert "[  PASSED  ] " in done.stdout, "tests were run"


def test_the_core_is_covered(ran, tmp_path, capsys):
    files = line_coverage.lines_of([FOLDER / program for program in PROGRAMS], sorted(ran[1].glob("*.profraw")),
                                   tmp_path / "profdata", CORE)
    lines = {(name, n): count for name, counts in files.items() for n, count in counts.items()}
    with capsys.disabled():
        print(f"\n  {line_coverage.share(lines):.1f} % of the {len(lines)} lines of include/ and the core of dataplane/ were run")
        for name, counts in sorted(files.items()):
            if line_coverage.share(counts) < LEAST:
                print(f"  {line_coverage.row_of(name, counts)}")
    assert {name for name in CORE if name.endswith(".cc")} <= set(files)
    assert line_coverage.share(lines) >= LEAST
