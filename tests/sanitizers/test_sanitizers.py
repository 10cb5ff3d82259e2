# SPDX-License-Identifier: Apache-2.0
"""The unit tests, the threads that meet in one memory and the replays of real captures, under AddressSanitizer and
UndefinedBehaviorSanitizer, and under ThreadSanitizer; planted faults show that these look. The former also say which lines
of the core were run."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import line_coverage
import sanitized
from sanitized import ROOT

REPLAY = "sanitizers/replay"  # by way of tests/golden
BOTH = ["unit/unit_tests", "unit/control_tests", "unit/stream_tests", "unit/event_tests", "unit/taps_tests", "stress/stress_tests",
        "stress/tap_tests", REPLAY]
# How two threads meet in a ring of DPDK's, ThreadSanitizer cannot see: it is in Debian's library.
PROGRAMS = {"address": [*BOTH, "wire/worker_test"], "thread": BOTH}
CASES = [(sanitizer, name) for sanitizer, names in PROGRAMS.items() for name in names]
PLANTED = "sanitizers/planted"
FAULTS = {
    "address": {
        "behind-the-end": "AddressSanitizer: heap-buffer-overflow", "after-free": "AddressSanitizer: heap-use-after-free",
        "leak": "LeakSanitizer: detected memory leaks", "overflow": "runtime error: signed integer overflow",
        "shift": "runtime error: shift exponent 32 is too large",
    },
    "thread": {"race": "ThreadSanitizer: data race", "lock-order": "ThreadSanitizer: lock-order-inversion"},
}
# The core without its atomic step, and a tap that does not wait for the worker.
RACY = {"stress/stress_racy_tests": "--gtest_filter=*ExactlyOnePasses", "stress/tap_racy_tests": "--gtest_filter=*"}
TESTS_WERE_RUN = re.compile(r"^\[  PASSED  \] [1-9]\d* tests?\.|^[1-9]\d* passed", re.M)  # GoogleTest's words, and pytest's
LEAST = 95    # percent of the lines
BOUND = 3000  # s for one program, on a loaded machine
CORE = [str(path.relative_to(ROOT)) for path in sorted([*(ROOT / "include").rglob("*.h"), *(ROOT / "dataplane").glob("*.h"),
                                                        *(ROOT / "dataplane").glob("*.cc")])]
# The oracle's searches and the threads' rounds are cut short: each is like the others.
SHORT = {"ORACLE_STREAMS": "20", "ORACLE_DEPTH": "3", "ORACLE_SEED": "1", "RELAYSIEVE_ROUNDS": "50000"}


def program(sanitizer, name):
    return sanitized.folder_of(sanitizer) / "tests" / name


@pytest.fixture(scope="session")
def built():
    """Says that all is built under a sanitizer."""
    errors = {}

    def build(sanitizer):
        if sanitizer not in errors:
            names = [*PROGRAMS[sanitizer], PLANTED, *(RACY if sanitizer == "thread" else ())]
            errors[sanitizer] = sanitized.build(sanitizer, [f"tests/{name}" for name in names])
        assert not errors[sanitizer], errors[sanitizer]
    return build


@pytest.fixture(scope="session")
def ran(built, tmp_path_factory):
    """What became of a program under a sanitizer: each runs once, beside the others. And where they noted their lines."""
    profiles = tmp_path_factory.mktemp("profiles")
    runs = {}

    def ask(sanitizer, name):
        built(sanitizer)
        if (sanitizer, name) not in runs:
            runs.update({(sanitizer, each): crowd.submit(run, sanitizer, each, profiles) for each in PROGRAMS[sanitizer]})
        return runs[sanitizer, name].result()

    with ThreadPoolExecutor(os.cpu_count()) as crowd:
        yield ask, profiles


def run(sanitizer, name, profiles):
    environment = sanitized.environment(profiles / f"{name.replace('/', '-')}.%m.profraw", **SHORT)
    environment.pop("GTEST_OUTPUT", None)
    words = [program(sanitizer, name), "--gtest_brief=1"]
    if name == REPLAY:
        environment["RELAYSIEVE_PROGRAM"] = str(program(sanitizer, name))
        words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "tests/golden"]
    return said(words, environment)


def said(words, environment):
    return subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=BOUND)


@pytest.mark.parametrize("sanitizer, fault", [(sanitizer, fault) for sanitizer, faults in FAULTS.items() for fault in faults])
def test_a_planted_fault_is_seen(sanitizer, fault, built):
    built(sanitizer)
    for name, seen in (("none", False), (fault, True)):
        done = said([program(sanitizer, PLANTED), name], sanitized.environment())
        assert (done.returncode != 0, FAULTS[sanitizer][fault] in done.stdout) == (seen, seen), done.stdout


@pytest.mark.parametrize("name", RACY)
def test_a_race_of_our_own_is_seen(name, built):
    built("thread")
    done = said([program("thread", name), RACY[name]], sanitized.environment())
    assert done.returncode != 0 and "WARNING: ThreadSanitizer: data race" in done.stdout, done.stdout[-6000:]


@pytest.mark.parametrize("sanitizer, name", CASES)
def test_nothing_is_reported(sanitizer, name, ran):
    done = ran[0](sanitizer, name)
    assert done.returncode == 0, done.stdout[-6000:]
    assert TESTS_WERE_RUN.search(done.stdout), done.stdout[-6000:]


def test_the_core_is_covered(ran, tmp_path, capsys):
    ask, profiles = ran
    for name in PROGRAMS["address"]:
        ask("address", name)
    files = line_coverage.lines_of([program("address", name) for name in PROGRAMS["address"]], sorted(profiles.glob("*.profraw")),
                                   tmp_path / "profdata", CORE)
    lines = {(name, n): count for name, counts in files.items() for n, count in counts.items()}
    with capsys.disabled():
        print(f"\n  {line_coverage.share(lines):.1f} % of the {len(lines)} lines of include/ and the core of dataplane/ were run")
        for name, counts in sorted(files.items()):
            if line_coverage.share(counts) < LEAST:
                print(f"  {line_coverage.row_of(name, counts)}")
    assert {name for name in CORE if name.endswith(".cc")} <= set(files)
    assert line_coverage.share(lines) >= LEAST
