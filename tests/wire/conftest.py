# SPDX-License-Identifier: Apache-2.0
import shutil
import signal
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "support"), str(TESTS / "wire")]

from lab import namespaces  # noqa: E402
from wirelab import Wire  # noqa: E402

_PROGRAMS = ("curl", "ethtool", "ip", "setpriv", "sysctl", "unshare")


@pytest.fixture(scope="session", autouse=True)
def allowed():
    missing = [program for program in _PROGRAMS if not shutil.which(program)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; run deploy/install-packages test lab")
    if reason := namespaces.why_not():
        pytest.skip(reason)


@pytest.fixture
def driver(request):
    """How the daemon opens its network interfaces: as it likes, unless a test says otherwise (wirelab.BOTH_DRIVERS)."""
    return getattr(request, "param", "auto")


@pytest.fixture
def wire(tmp_path, driver):
    """Two hosts and the box between them; the daemon is not running yet."""
    before = namespaces.unwind_on_sigterm()
    made = Wire(tmp_path, driver)
    try:
        made.build()
        yield made
    finally:
        made.close()
        signal.signal(signal.SIGTERM, before)
