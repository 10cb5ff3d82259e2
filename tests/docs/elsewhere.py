# SPDX-License-Identifier: Apache-2.0
"""What stands in the documents and is not run by tests/docs, each with the reason, and what is looked at instead."""

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

from _pytest.mark.expression import Expression
from documents import ROOT
from lab.box import built

BUILD = built("relaysieve").parents[1]
BOUND = 120  # s

# (the command, the reason, who runs it)
NOT_RUN = [
    (r"^deploy/install-packages\b", "installs packages", "every run of tests/run"),
    (r"^(meson setup|ninja -C|meson install)\b", "builds for a quarter of an hour", "every run of tests/run; tests/package"),
    (r"^(tests/run|tests/fuzz/run|bench/run|bench/compare|bench/idle)\b", "runs for minutes or an hour", "tests/run, by hand; tests/bench in short"),
    (r"^deploy/quickstart\b", "installs, builds and boots for minutes", "tests/lab, from the same parts"),
    (r"^(deploy/build-deb|apt install)\b", "builds and installs the package", "tests/package"),
    (r"^((PYTHONPATH|RELAYSIEVE_BUILD|ATTACK_SECONDS)=\S+ )?/usr/bin/python3 -m (pytest|lab\.demo)\b", "is a test run of its own", "tests/run"),
    (r"^build/(tests|bench)/", "is a test run of its own", "tests/run"),
    (r"^(git config|tests/lint/quick)\b", "wants a clone, which it changes", "tests/lint/test_quick.py"),
    (r"^/usr/libexec/relaysieve/host-setup\b|\bnics(\.toml)?$", "wants cards behind an IOMMU", "tests/package/test_host_setup.py"),
    (r"^(echo 64 > /proc/sys/vm|dpdk-dumpcap|echo /relaysieve/stats)", "reserves huge pages of the whole machine", "tests/wire/test_dpdk_tools.py"),
]


def reason_not_to_run(words):
    return next((reason for pattern, reason, _ in NOT_RUN if re.search(pattern, words)), None)


@cache
def _tests_of(path):
    """The names of all tests in a part or a file."""
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--collect-only", path],
                          cwd=ROOT, env={**os.environ, "RELAYSIEVE_BUILD": str(BUILD)}, capture_output=True, text=True, timeout=BOUND)
    return [line for line in done.stdout.split("\n") if "::" in line]


def _asks_pytest(words):
    """A selection of tests: is there one?"""
    _, _, wanted = words.partition(" -m pytest ")
    path, *rest = shlex.split(wanted)
    path, _, name = path.partition("::")
    if not (ROOT / path).exists():
        return f"{path} is not there"
    names = [test for test in _tests_of(path) if f"::{name}" in test]
    if rest[:1] == ["-k"]:
        chosen = Expression.compile(rest[1])
        names = [test for test in names if chosen.evaluate(lambda part: part.lower() in test.lower())]
    return None if names else "selects no test"


def _asks_gtest(words):
    path, *flags = words.replace("'", "").split()
    program = BUILD / Path(path).relative_to("build")
    if not program.exists():
        return f"{path} is not there"
    if not flags or not flags[0].startswith("--gtest_filter"):
        return None
    listed = subprocess.run([program, *flags, "--gtest_list_tests"], capture_output=True, text=True, timeout=BOUND).stdout
    return None if re.search(r"^  \w", listed, re.M) else "selects no test"


def trouble_with(words):
    """What is wrong with a command that is not run, as far as it can be told; None if nothing is."""
    words = words.partition("#")[0].strip()
    if " -m pytest" in words:
        return _asks_pytest(words)
    if words.startswith("build/") and "tests/" in words:
        return _asks_gtest(words)
    program = words.split()[0]
    if program in ("tests/run",) or (ROOT / program).is_file() and not program.startswith("build/"):
        if not os.access(ROOT / program, os.X_OK):
            return f"{program} cannot be run"
        text = (ROOT / program).read_text()
        unknown = [flag for flag in re.findall(r" (--?[a-z][\w-]*)", words) if flag not in text]
        parts = [part for part in words.split()[1:] if program == "tests/run" and not part.startswith("-") and not (ROOT / "tests" / part).is_dir()]
        lists = [name for name in words.split()[1:] if program == "deploy/install-packages" and not (ROOT / "deploy/packages" / name).is_file()]
        wrong = unknown + parts + lists
        return f"{program} does not know {' '.join(wrong)}" if wrong else None
    return None
