# SPDX-License-Identifier: Apache-2.0
"""The oracle is a second reading of the rule: short enough to be read, and with nothing of the core in it."""

from workshop import ROOT, Workshop

ORACLE = ROOT / "tests" / "support" / "oracle.h"


def test_is_short():
    assert len(ORACLE.read_text().splitlines()) < 150


def test_knows_nothing_of_the_core():
    beside = [files for unit, files in Workshop().deps.items() if unit.startswith("tests/unit/") and ORACLE in files]
    assert len(beside) >= 3
    for files in beside:
        assert not [file for file in files if file.is_relative_to(ROOT / "dataplane")]
