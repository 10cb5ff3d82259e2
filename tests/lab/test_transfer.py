# SPDX-License-Identifier: Apache-2.0
"""What is no DHCP request crosses the box unharmed: 64 MiB over TFTP and over HTTP."""

import hashlib
import os

import pytest

from . import servers
from .box import Relaysieve

_SIZE = 64 << 20


@pytest.mark.parametrize("server, fetch", [
    # 1,468: the largest block that fits an Ethernet frame (RFC 2348); 64 MiB are 45,716 of them, none numbered twice
    (servers.tftp, ("--tftp-blksize", "1468", "tftp://10.30.0.10/image")),
    (servers.http, ("http://10.30.0.10/image",)),
], ids=["tftp", "http"])
def test_a_large_file_arrives_whole(lab, server, fetch):
    image = os.urandom(_SIZE)
    (servers.served(lab.folder) / "image").write_bytes(image)
    server(lab.server, lab.folder)
    host = lab.host("host", "02:00:00:20:02:01")
    host.ip("address", "add", "10.20.0.50/24", "dev", "eth0")
    host.ip("route", "add", "default", "via", "10.20.0.1")
    box = Relaysieve()
    lab.put(box)
    copy = lab.folder / "copy"
    host.run("curl", "--silent", "--show-error", "--output", copy, *fetch, timeout=240)
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == hashlib.sha256(image).hexdigest()
    assert box.status()["totals"]["received"] > _SIZE / 1514, "the file went another way"
