# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), *(str(TESTS / part) for part in ("support", "wire", "machine", "docs", "package"))]

from lab import namespaces  # noqa: E402
from stage import needs  # noqa: E402
from tree import debootstrap  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def allowed():
    needs("debootstrap", "dpkg-buildpackage", "lintian")


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """The package, built from this tree by its own script; $RELAYSIEVE_DEB names one that is there already."""
    if given := os.environ.get("RELAYSIEVE_DEB"):
        return Path(given)
    folder = tmp_path_factory.mktemp("package")
    with open(folder / "log", "w") as log:
        done = subprocess.run([TESTS.parent / "deploy" / "build-deb", folder], stdout=log, stderr=log, timeout=3600)
    assert done.returncode == 0, (folder / "log").read_text()[-3000:]
    made, = [deb for deb in folder.glob("*.deb") if "dbgsym" not in deb.name]
    return made


@pytest.fixture(scope="session")
def debian(tmp_path_factory, interruptible):
    """A fresh Debian, to be copied."""
    return debootstrap(tmp_path_factory.mktemp("debian") / "root")


@pytest.fixture(scope="session")
def interruptible():
    before = namespaces.unwind_on_sigterm()
    yield
    signal.signal(signal.SIGTERM, before)
