# SPDX-License-Identifier: Apache-2.0
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "support"), str(TESTS / "wire")]

from sight import Sight, more_huge_pages  # noqa: E402
from stage import needs, standing  # noqa: E402
from told import told  # noqa: E402, F401
from wirelab import Wire  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def allowed():
    needs("curl", "ethtool", "ip", "setpriv", "sysctl", "unshare")


@pytest.fixture
def driver(request):
    """How the daemon opens its network interfaces: as it likes, unless a test says otherwise (wirelab.BOTH_DRIVERS)."""
    return getattr(request, "param", "auto")


@pytest.fixture
def wire(tmp_path, driver):
    """Two hosts and the box between them; the daemon is not running yet."""
    with standing(Wire(tmp_path, driver)) as made:
        yield made


@pytest.fixture(scope="module")
def dpdk_tools():
    needs("dpdk-dumpcap", "dpdk-pdump", "dpdk-telemetry.py", "nsenter")


@pytest.fixture
def sight(wire, tmp_path, dpdk_tools):
    with more_huge_pages(192) as enough:
        if not enough:
            pytest.skip("no 192 huge pages of 2 MiB are to be had")
        made = Sight(tmp_path)
        try:
            yield made
        finally:
            if wire.daemon is not None:
                wire.daemon.kill()
            made.close()
