# SPDX-License-Identifier: Apache-2.0
"""The alert rules, by promtool: each fires in its trouble and not before, and its tests would notice if it did not."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
RULES, TESTS = FOLDER / "relaysieve.rules.yml", FOLDER / "relaysieve.rules.test.yml"
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text())


def promtool(*words):
    return subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=60)


def test_the_rules_are_right():
    checked = promtool("check", "rules", RULES)
    assert checked.returncode == 0 and f"{len(ALERTS)} rules found" in checked.stdout
    tested = promtool("test", "rules", TESTS)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def broken(folder, alert, expression):
    """What the tests say of rules of which one has another expression."""
    text, found = re.subn(rf"(- alert: {alert}\n +expr: )(\|\n(?: {{10}}.*\n)+|.*\n)", lambda m: m[1] + expression + "\n", RULES.read_text())
    assert found == 1
    (folder / RULES.name).write_text(text)
    shutil.copy(TESTS, folder)
    return promtool("test", "rules", folder / TESTS.name)


@pytest.mark.parametrize("alert", ALERTS)
def test_one_that_never_fires_is_noticed(alert, tmp_path):
    said = broken(tmp_path, alert, "vector(0) > 1")
    assert said.returncode != 0 and alert in said.stdout + said.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_one_that_always_fires_is_noticed(alert, tmp_path):
    said = broken(tmp_path, alert, "vector(1)")
    assert said.returncode != 0 and alert in said.stdout + said.stderr
