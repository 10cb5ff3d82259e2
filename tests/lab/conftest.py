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


def _stop(*_):
    raise KeyboardInterrupt  # unwinds through the fixtures, which clean up


@pytest.fixture
def lab():
    before = signal.signal(signal.SIGTERM, _stop)
    folder = Path(tempfile.mkdtemp(prefix="relaysieve-lab-"))  # short: a socket's path holds 107 characters
    folder.chmod(0o755)
    lab = None
    try:
        lab = Lab(folder)
        yield lab
    finally:
        if lab:
            lab.close()
        shutil.rmtree(folder)
        signal.signal(signal.SIGTERM, before)
