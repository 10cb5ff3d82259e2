# SPDX-License-Identifier: Apache-2.0
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from . import namespaces
from .topology import Lab

_PROGRAMS = ("busybox", "curl", "dhclient", "dhcpd", "dhcrelay", "dnsmasq", "ethtool", "ip", "kea-dhcp4",
             "qemu-system-x86_64", "setpriv", "sysctl", "tcpdump", "udhcpc")


@pytest.fixture(scope="session", autouse=True)
def allowed():
    missing = [program for program in _PROGRAMS if not shutil.which(program)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; run deploy/install-packages lab")
    if reason := namespaces.why_not():
        pytest.skip(reason)


@pytest.fixture
def lab():
    before = namespaces.unwind_on_sigterm()
    try:
        with tempfile.TemporaryDirectory(prefix="relaysieve-lab-") as folder:
            lab = Lab(Path(folder))
            try:
                yield lab
            finally:
                lab.close()
    finally:
        signal.signal(signal.SIGTERM, before)
