# SPDX-License-Identifier: Apache-2.0
"""relaysieve support: one archive, in which no address of this lab is left."""

import json
import re
import stat
import subprocess
import tarfile

import frames
import pytest
from control import command
from lab.box import built

END = frames.marker(0)
PORTS = ("--routers", "routers", "--server", "server")


def contents(archive):
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
        assert all(member.uid == member.gid == 0 for member in members)
        return {member.name.removeprefix("relaysieve-support/"): tar.extractfile(member).read().decode() for member in members if member.isfile()}


def support(wire, *words):
    return command(wire.daemon, "support", *words, "--config", wire.config, before=wire.box.enter())


@pytest.fixture
def busy(wire):
    """A daemon with a settings file that has heard two relays, on ports with addresses."""
    wire.config = wire.folder / "relaysieve.toml"
    wire.config.write_text('trusted_relays = ["10.30.0.0/24", "10.20.0.0/24"]  # of rack 10.20.0.2\n')
    wire.box.ip("address", "add", "192.0.2.77/24", "dev", "routers")
    wire.box.sysctl("net.ipv6.conf.server.disable_ipv6", 0)
    wire.box.ip("address", "add", "2a00:1:2:3::77/64", "dev", "server")
    wire.start("--config", wire.config)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    left.send(*frames.hsrp_pair(1), END)
    right.until(END)
    return wire


def originals(wire):
    """Every address that there is in this lab."""
    links = json.loads(wire.box.ip("-json", "address", "show"))
    macs = {link["address"] for link in links if link["ifname"] != "lo"}
    own = {address["local"] for link in links if link["ifname"] != "lo" for address in link["addr_info"]}
    return macs | own | {"02:00:00:30:00:02", "02:00:00:30:00:03", "10.30.0.2", "10.30.0.3", "10.20.0.2", "10.20.0.3", "10.30.0.0", "10.20.0.0"}


def test_no_address_is_left(busy):
    archive = busy.folder / "case.tar.gz"
    assert support(busy, "-o", archive, "--no-mask")[0] == 0
    bare = contents(archive)
    text = "\n".join(bare.values())
    assert all(address in text for address in originals(busy)), "not in the archive in the first place"
    assert "Nothing is masked" in bare["README.txt"]
    archive.unlink()

    status, out, err = support(busy, "-o", archive)
    assert (status, err) == (0, "") and f"{archive}: addresses are masked" in out
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    masked = contents(archive)
    assert set(masked) == set(bare) >= {"README.txt", "status.json", "relays.json", "settings.json", "doctor.txt", "doctor.json",
                                        "interfaces.txt", "versions.txt", "relaysieve.toml", "metrics.txt"}
    for name, content in masked.items():
        for address in originals(busy):
            assert address not in content, f"{address} in {name}"
    assert "Addresses are masked" in masked["README.txt"]
    # What the numbers say is as it was, and so is who is who.
    assert json.loads(masked["status.json"])["requests"] == {"forwarded": 1, "dropped": 1}
    one, two = json.loads(masked["relays.json"])["relays"]
    assert one["mac"] != two["mac"] and one["mac"][:9] == two["mac"][:9] == "02:00:00:"
    assert one["giaddr"] != two["giaddr"] and one["giaddr"].rpartition(".")[0] == two["giaddr"].rpartition(".")[0]
    assert re.search(rf'"{re.escape(one["giaddr"].rpartition(".")[0])}\.0/24"', masked["relaysieve.toml"])
    assert "192.0.2.77" not in masked["doctor.txt"] and "it has an address" in masked["doctor.txt"]


def test_it_says_what_went_into_it(busy):
    archive = busy.folder / "case.tar.gz"
    status, out, err = support(busy, "-o", archive, "--json")
    said = json.loads(out)
    assert (status, err, said["file"], said["masked"]) == (0, "", str(archive), True)
    inside = contents(archive)
    assert {entry["name"]: entry["bytes"] for entry in said["entries"] if "missing" not in entry} == {
        name: len(content.encode()) for name, content in inside.items()}
    for entry in said["entries"]:
        if "missing" in entry:
            assert entry["missing"] in inside["README.txt"]


def test_without_a_daemon(wire):
    archive = wire.folder / "case.tar.gz"
    done = subprocess.run([*wire.box.enter(), built("relaysieve"), "support", *PORTS, "-o", archive, "--control", wire.folder / "nobody.sock"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "without status.json: control socket" in done.stdout
    inside = contents(archive)
    assert "status.json" not in inside and "no relaysieved answers" in inside["README.txt"]
    assert "port routers" in inside["doctor.txt"] and "routers" in inside["interfaces.txt"]


def test_what_is_there_is_not_overwritten(wire):
    archive = wire.folder / "case.tar.gz"
    archive.write_text("precious")
    words = [*wire.box.enter(), built("relaysieve"), "support", *PORTS, "--control", wire.folder / "nobody.sock", "-o"]
    done = subprocess.run([*words, archive], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"relaysieve: {archive}: is there already\n")
    assert archive.read_text() == "precious"
    done = subprocess.run([*words, wire.folder / "no" / "such.tar.gz"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.endswith("cannot be written: No such file or directory\n")
