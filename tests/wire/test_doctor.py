# SPDX-License-Identifier: Apache-2.0
"""relaysieve doctor: each trouble made real in a namespace, found, and found no more when it is gone."""

import contextlib
import json
import os
import shutil
import signal
import subprocess

import pytest
from control import ask
from lab.box import built
from lab.namespaces import wait_until
from wirelab import BOUND

PORTS = ("--routers", "routers", "--server", "server")
NOBODY = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all")


def doctor(wire, *words, before=(), program=None):
    """(exit status, [(level, subject, found, advice)])"""
    control = wire.daemon.control if wire.daemon else wire.folder / "nobody.sock"
    done = subprocess.run([*wire.box.enter(), *map(str, before), program or built("relaysieve"), "doctor", *words, "--json", "--control",
                           str(control)], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1) and done.stderr == "", done
    said = json.loads(done.stdout)
    assert sum(said["counts"].values()) == len(said["findings"])
    assert done.returncode == (said["counts"]["problem"] > 0)
    return done.returncode, [tuple(finding.values()) for finding in said["findings"]]


def found(findings, level, subject, part):
    return [advice for *about, what, advice in findings if about == [level, subject] and part in what]


@contextlib.contextmanager
def undone(make, unmake):
    make()
    try:
        yield
    finally:
        unmake()


def troubles(box):
    """name: (make, unmake, level, subject, part of what is found, part of the advice)"""
    def ip(*words):
        return lambda: box.ip(*words)

    def ethtool(*words):
        return lambda: box.run("ethtool", *words)

    def bridge_way():
        box.bridge("way")
        box.plug("server", "way")
        box.ip("route", "add", "default", "dev", "way")

    return {
        "an address": (ip("address", "add", "10.9.8.7/24", "dev", "routers"), ip("address", "flush", "dev", "routers"),
                       "warning", "port routers", "10.9.8.7/24", "ip address flush dev routers"),
        "MTUs that differ": (ip("link", "set", "server", "mtu", "1400"), ip("link", "set", "server", "mtu", "1500"),
                             "problem", "wire 1", "routers 1500, server 1400", "ip link set dev server mtu 1500"),
        "merging": (ethtool("-K", "routers", "gro", "on"), ethtool("-K", "routers", "gro", "off"),
                    "note", "port routers", "frames are merged (rx-gro)", ""),
        "a bridge": (lambda: (box.bridge("br0"), box.plug("server", "br0")), ip("link", "delete", "br0"),
                     "problem", "port server", "part of bridge br0", "ip link set dev server nomaster"),
        "a default route": (ip("route", "add", "default", "dev", "server"), ip("route", "flush", "default"),
                            "problem", "port server", "server carries the default route of this machine", "take another"),
        "a default route over a bridge": (bridge_way, ip("link", "delete", "way"),
                                          "problem", "port server", "way carries the default route of this machine", "take another"),
        "down": (ip("link", "set", "routers", "down"), ip("link", "set", "routers", "up"),
                 "note", "port routers", "it is down: the daemon brings it up", ""),
        "no such port": (ip("link", "set", "server", "down", "name", "elsewhere"), ip("link", "set", "elsewhere", "up", "name", "server"),
                         "problem", "port server", "no such interface", "ip netns exec"),
    }


@pytest.mark.parametrize("name", ["an address", "MTUs that differ", "merging", "a bridge", "a default route", "a default route over a bridge", "down", "no such port"])
def test_a_trouble_is_found_and_then_not(wire, name):
    make, unmake, level, subject, part, advice = troubles(wire.box)[name]
    if name == "merging":
        wire.box.run("ethtool", "-K", "routers", "gro", "off")
    assert not found(doctor(wire, *PORTS)[1], level, subject, part)
    with undone(make, unmake):
        status, findings = doctor(wire, *PORTS)
        (said,) = found(findings, level, subject, part)
        assert advice in said and (status == 1 if level == "problem" else True), findings
    wire.wait_for_carrier(wire.box, "routers", True)
    wire.wait_for_carrier(wire.box, "server", True)
    status, findings = doctor(wire, *PORTS)
    assert not found(findings, level, subject, part) and status == 0, findings


def test_a_lost_link(wire):
    wire.left.ip("link", "set", "eth0", "down")
    status, findings = doctor(wire, *PORTS)
    assert status == 1 and found(findings, "problem", "port routers", "no link")
    wire.left.ip("link", "set", "eth0", "up")
    wire.wait_for_carrier(wire.box, "routers", True)
    assert not found(doctor(wire, *PORTS)[1], "problem", "port routers", "no link")


def test_an_ipv6_link_local_address(wire):
    wire.box.sysctl("net.ipv6.conf.routers.disable_ipv6", 0)
    wait_until(lambda: found(doctor(wire, *PORTS)[1], "note", "port routers", "IPv6 link-local address"), "an address", BOUND)
    wire.box.sysctl("net.ipv6.conf.routers.disable_ipv6", 1)
    assert not found(doctor(wire, *PORTS)[1], "note", "port routers", "IPv6 link-local address")


def test_an_xdp_programme(wire):
    wire.start("--driver", "af_xdp")
    assert not found(doctor(wire)[1], "warning", "port routers", "XDP programme")  # it is the daemon's own
    # Somebody else's, as it seems to who does not know of that daemon.
    here, wire.daemon.control = wire.daemon.control, wire.folder / "nobody.sock"
    assert found(doctor(wire, *PORTS)[1], "warning", "port routers", "an XDP programme is on it") == ["ip link set dev routers xdp off"]
    wire.daemon.control = here
    wire.daemon.end(signal.SIGTERM)
    assert not found(doctor(wire, *PORTS)[1], "warning", "port routers", "XDP programme")


def test_the_ports_of_a_running_daemon_and_what_only_it_knows(wire):
    wire.start("--driver", "af_packet")
    status, findings = doctor(wire)
    assert status == 0 and found(findings, "ok", "daemon", "runs")
    assert {subject for _, subject, _, _ in findings} >= {"port routers", "port server", "huge pages", "nftables", "kernel", "cores", "clock"}
    assert found(findings, "ok", "nftables", "keep this machine's kernel off the wire")
    code, said = ask(wire.daemon, "/v1/doctor")
    assert code == 200 and said["troubles"] == {} and said["barrier"] == ""
    # Somebody makes it hear less than it should.
    wire.box.ip("link", "set", "server", "down")
    wait_until(lambda: found(doctor(wire)[1], "problem", "port server", "somebody has taken it down"), "the finding", BOUND)
    assert found(doctor(wire)[1], "warning", "port routers", "held down")
    wire.box.ip("link", "set", "server", "up")
    wait_until(lambda: doctor(wire)[0] == 0, "an end of it", BOUND)


def test_huge_pages(wire):
    """Taken away from the process by its environment: how many the machine has is not for us to change."""
    wire.start(before=("env", "RELAYSIEVED_ORDINARY_MEMORY=1"))
    assert found(doctor(wire)[1], "note", "huge pages", "the daemon runs without")


def test_another_version(wire):
    wire.start()
    other = built("relaysieve").parents[1] / "tests/wire/relaysieve_of_another_version"
    done = subprocess.run([*wire.box.enter(), other, "doctor", "--control", wire.daemon.control], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "warning daemon: version" in done.stdout and "this is 0.0.0" in done.stdout


def test_without_rights_and_without_a_daemon(wire):
    for folder in (wire.folder, *wire.folder.parents[:3]):
        os.chmod(folder, 0o755)
    program = wire.folder / "relaysieve"
    shutil.copy(built("relaysieve"), program)
    status, findings = doctor(wire, *PORTS, before=NOBODY, program=program)
    assert status == 0, findings
    assert found(findings, "warning", "rights", "lacks NET_ADMIN, NET_RAW")
    assert found(findings, "note", "nftables", "not seen")
    assert found(findings, "note", "daemon", "no relaysieved answers")
    assert not found(doctor(wire, *PORTS)[1], "warning", "rights", "lacks")


def test_in_words_and_wrong_words(wire):
    wire.box.ip("link", "set", "server", "mtu", "1400")
    done = subprocess.run([*wire.box.enter(), built("relaysieve"), "doctor", *PORTS, "--control", wire.folder / "nobody.sock"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout.startswith("problem wire 1: the MTUs differ, and frames too long for one port are lost there: routers 1500, server 1400\n"
                                  "        > ip link set dev server mtu 1500\n")
    done = subprocess.run([built("relaysieve"), "doctor", "--workers", "many"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith("--workers: ")
    done = subprocess.run([built("relaysieve"), "doctor", "eth1"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
