# SPDX-License-Identifier: Apache-2.0
"""The drawing of the path in deploy/OPERATING.md has every reason and every metric, and none that does not exist."""

import re

import pytest
from documents import ROOT, Command, blocks

REASONS = dict(re.findall(r"^  X\((\w+), (\w+),", (ROOT / "include/relaysieve/reason.h").read_text(), re.M))
TEXT = (ROOT / "deploy/OPERATING.md").read_text()


def drawing(text):
    return next(blocks(text[text.index("<!-- the path -->"):])).text


def reasons(text):
    """{name: action} of what is behind `forward:` and `drop:`."""
    return {name: action for action, names in re.findall(r"(forward|drop): ((?:[a-z0-9_]+ ?)+)", text) for name in names.split()}


def differences(text, metrics):
    drawn, known = drawing(text), set(re.findall(r"relaysieve_\w+", drawing(text)))
    return (set(reasons(drawn).items()) ^ set(REASONS.items())) | (known ^ metrics)


@pytest.fixture
def metrics(room):
    room.type(Command(0, "relaysieved --routers eth1 --server eth2", []))
    said = room.run("curl --silent --fail http://127.0.0.1:9467/metrics")
    room.end()
    assert said.returncode == 0, said.stderr
    return set(re.findall(r"^# TYPE (\S+) ", said.stdout, re.M))


def test_every_counter_stands_on_the_path(metrics):
    assert len(metrics) > 30 and len(REASONS) > 25
    assert differences(TEXT, metrics) == set()
    # and what is missing, new or misplaced would be seen:
    assert differences(TEXT.replace("drop: turn_passed", "drop: "), metrics) == {("turn_passed", "drop")}
    assert differences(TEXT.replace("forward: late_copy", "drop: late_copy"), metrics) == {("late_copy", "forward"), ("late_copy", "drop")}
    assert differences(TEXT.replace("relaysieve_relays ", "relaysieve_relayz "), metrics) == {"relaysieve_relays", "relaysieve_relayz"}
