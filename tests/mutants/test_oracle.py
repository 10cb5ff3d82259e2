# SPDX-License-Identifier: Apache-2.0
"""The oracle is a second reading of the rule: short enough to be read, and with nothing of the core in it.

Its 150 lines (`oracle.h`, comments and all) decide: what becomes of a copy, when a transmission begins, whose turn it is,
what an undo takes back. What they compare is not among them: `reading.h` and `reading.cc` say what the key, the scope, the
relay and the client of a copy are, and which frames the rule does not look at, in 250 lines more. These start from the test's
own description of a copy (`Copy`, `Copy6`), not from a frame's bytes: that a frame is read rightly shows where both agree."""

from workshop import ROOT, Workshop

SUPPORT = ROOT / "tests" / "support"
ORACLE, READING = SUPPORT / "oracle.h", (SUPPORT / "reading.h", SUPPORT / "reading.cc")


def lines(*files):
    return sum(len(file.read_text().splitlines()) for file in files)


def test_is_short():
    assert lines(ORACLE) < 150
    assert lines(*READING) < 250


def test_knows_nothing_of_the_core():
    deps = {unit: files for unit, files in Workshop().deps.items() if unit.startswith("tests/unit/unit_tests.p/")}
    beside = [files for files in deps.values() if ORACLE in files]
    reading = [files for files in deps.values() if READING[1] in files]
    assert len(beside) >= 4 and len(reading) == 1
    for files in beside + reading:
        assert not [file for file in files if file.is_relative_to(ROOT / "dataplane")]
