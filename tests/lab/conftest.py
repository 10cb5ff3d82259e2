# SPDX-License-Identifier: Apache-2.0
import contextlib
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from . import namespaces  # noqa: E402
from .topology import Lab  # noqa: E402

_PROGRAMS = ("busybox", "curl", "dhclient", "dhcpd", "dhcrelay", "dnsmasq", "ethtool", "ip", "kea-dhcp4",
             "nft", "qemu-system-x86_64", "setpriv", "sysctl", "tcpdump", "udhcpc")


@pytest.fixture(scope="session", autouse=True)
def allowed():
    missing = [program for program in _PROGRAMS if not shutil.which(program)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; run deploy/install-packages lab")
    if reason := namespaces.why_not():
        pytest.skip(reason)


@contextlib.contextmanager
def opened(**settings):
    """A lab that is closed whatever happens, SIGTERM too."""
    before = namespaces.unwind_on_sigterm()
    try:
        with tempfile.TemporaryDirectory(prefix="relaysieve-lab-") as folder:
            made = Lab(Path(folder), **settings)
            try:
                yield made
            finally:
                made.close()
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.fixture
def lab():
    with opened() as made:
        yield made
