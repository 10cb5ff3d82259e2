# SPDX-License-Identifier: Apache-2.0
import shutil
import signal
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "support"), str(TESTS / "wire"), str(TESTS / "machine")]

from installed import Installed  # noqa: E402
from lab import namespaces  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def allowed():
    missing = [program for program in ("/lib/systemd/systemd", "nsenter", "pivot_root", "unshare") if not shutil.which(program)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; run deploy/install-packages test lab")
    if reason := namespaces.why_not():
        pytest.skip(reason)


@pytest.fixture
def driver(request):
    return getattr(request, "param", "auto")


@pytest.fixture
def box(tmp_path, driver):
    """A machine with relaysieve installed, between two hosts; nothing has been started."""
    before = namespaces.unwind_on_sigterm()
    made = Installed(tmp_path, driver)
    try:
        made.build()
        yield made
    finally:
        made.close()
        signal.signal(signal.SIGTERM, before)
