# SPDX-License-Identifier: Apache-2.0
"""The tests themselves are tested: each mutant of the core is killed by a test, by name; the core as it is passes the very
same programs."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mutants import LOCK, MUTANTS, STRESS_MUTANTS
from workshop import STRESS, UNIT, Workshop

AS_IT_IS = "the core as it is"
CASES = {(name, UNIT): edits for name, edits in ({AS_IT_IS: []} | MUTANTS).items()} | {
    (name, STRESS): edits for name, edits in ({AS_IT_IS: [(*LOCK, LOCK[1])]} | STRESS_MUTANTS).items()}


def name_of(case):
    name, program = case
    return name if program is UNIT else f"{name}, threads"


@pytest.fixture(scope="session")
def answers(request):
    """What the tests say about each case that was asked for: on all processors, but threads that are to meet have them to
    themselves."""
    workshop = Workshop()
    asked = [item.callspec.params["case"] for item in request.session.items if item.originalname == test_is_killed.__name__]

    def ask(case):
        with tempfile.TemporaryDirectory(prefix="relaysieve-mutant-") as room:
            return workshop.ask(CASES[case], case[1], Path(room))

    with ThreadPoolExecutor(os.cpu_count()) as crowd, ThreadPoolExecutor(1) as alone:
        found = {case: crowd.submit(ask, case) for case in asked if case[1] is UNIT}
        yield lambda case: found.get(case) or alone.submit(ask, case)
        for left in found.values():
            left.cancel()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_is_killed(case, answers, capsys):
    killers = answers(case).result()
    with capsys.disabled():
        print(f"\n  {name_of(case)}: {'killed by ' + ', '.join(killers) if killers else 'passes'}", end="")
    if case[0] == AS_IT_IS:
        assert not killers
    else:
        assert killers, "survived"
