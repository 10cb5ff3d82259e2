# SPDX-License-Identifier: Apache-2.0
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "support"), str(TESTS / "wire"), str(TESTS / "machine")]

from installed import Installed  # noqa: E402
from stage import needs, standing  # noqa: E402
from told import told  # noqa: E402, F401


@pytest.fixture(scope="session", autouse=True)
def allowed():
    needs("/lib/systemd/systemd", "nsenter", "pivot_root", "unshare")


@pytest.fixture
def driver(request):
    return getattr(request, "param", "auto")


@pytest.fixture
def box(tmp_path, driver):
    """A machine with relaysieve installed, between two hosts; nothing has been started."""
    with standing(Installed(tmp_path, driver)) as made:
        yield made
