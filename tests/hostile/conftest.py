# SPDX-License-Identifier: Apache-2.0
import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "support"), str(TESTS / "wire"), str(TESTS / "golden")]

from honest import HONEST  # noqa: E402
from lab.conftest import allowed, opened  # noqa: E402, F401
from told import told  # noqa: E402, F401


@pytest.fixture
def lab():
    """The lab of tests/lab, whose captures are about the honest clients' messages only."""
    with opened(watched=HONEST) as made:
        yield made


@pytest.fixture
def wakeful_lab():
    """The same, whose captures are about everybody's."""
    with opened() as made:
        yield made


@pytest.fixture
def seconds():
    """How long an attack lasts: ATTACK_SECONDS, which `tests/run --long` sets."""
    return float(os.environ.get("ATTACK_SECONDS", 10))
