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
    return subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=300)


def test_the_rules_are_right():
    checked = promtool("check", "rules", RULES)
    assert checked.returncode == 0 and f"{len(ALERTS)} rules found" in checked.stdout
    tested = promtool("test", "rules", TESTS)
    assert tested.returncode == 0, tested.stdout + tested.stderr


RULE = r"(- alert: {}\n +expr: )(\|\n(?: {{10}}.*\n)+|.*\n)"


def expression(alert):
    """In one line."""
    return " ".join(re.search(RULE.format(alert), RULES.read_text())[2].removeprefix("|").split())


def weaker(whole):
    """The expression without one side of an `or`, without what an `and` or `unless` adds, and without one name in a list of them."""
    for word in re.finditer(r" (or|and|unless) ", whole):
        yield whole[:word.start()]
        if word[1] == "or":
            yield whole[word.end():]
    for several in re.finditer(r'=~"([\w|]+)"', whole):
        names = several[1].split("|")
        for name in names:
            left = "|".join(other for other in names if other != name)
            yield f"{whole[:several.start(1)]}{left}{whole[several.end(1):]}"


WEAKER = [(alert, mutant) for alert in ALERTS for mutant in weaker(expression(alert))]


def broken(folder, alert, other):
    """What the tests say of rules of which one has another expression."""
    text, found = re.subn(RULE.format(alert), lambda m: m[1] + other + "\n", RULES.read_text())
    assert found == 1
    (folder / RULES.name).write_text(text)
    shutil.copy(TESTS, folder)
    return promtool("test", "rules", folder / TESTS.name)


def test_the_rules_have_parts_to_leave_out():
    assert len(WEAKER) >= 15 and {"RelaysieveRelaySilent", "RelaysieveNoSecondCopies", "RelaysieveDuplicatesLeaking",
                                  "RelaysieveWorkerStalled"} == {alert for alert, _ in WEAKER}


@pytest.mark.parametrize("alert, mutant", WEAKER)
def test_a_part_that_is_left_out_is_noticed(alert, mutant, tmp_path):
    said = broken(tmp_path, alert, mutant)
    assert said.returncode != 0 and alert in said.stdout + said.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_one_that_never_fires_is_noticed(alert, tmp_path):
    said = broken(tmp_path, alert, "vector(0) > 1")
    assert said.returncode != 0 and alert in said.stdout + said.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_one_that_always_fires_is_noticed(alert, tmp_path):
    said = broken(tmp_path, alert, "vector(1)")
    assert said.returncode != 0 and alert in said.stdout + said.stderr
