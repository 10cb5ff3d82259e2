# SPDX-License-Identifier: Apache-2.0
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "support"), str(TESTS / "wire"), str(TESTS / "machine")]

from room import Room  # noqa: E402
from stage import needs, standing  # noqa: E402


@pytest.fixture
def room(tmp_path):
    needs("/lib/systemd/systemd", "curl", "git", "nsenter", "pivot_root", "unshare")
    with standing(Room(tmp_path)) as made:
        yield made
