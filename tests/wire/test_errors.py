# SPDX-License-Identifier: Apache-2.0
"""What is wrong is said in one clear line, with exit status 2; nothing on the box has been changed."""

import os
import shutil
import socket

import pytest
from lab.box import built
from lab.namespaces import Namespace

OK = ("--routers", "routers", "--server", "server")
PORT = "a port: a network interface, a PCI address, or vdev: and what DPDK takes"

CASES = {
    "no such interface": (("--routers", "nope", "--server", "server"), "port nope: no such interface"),
    "second port bad": (("--routers", "routers", "--server", "nope"), "port nope: no such interface"),
    "interface name too long": (("--routers", "x" * 20, "--server", "server"), f"port {'x' * 20}: no such interface"),
    "empty port": (("--routers", "", "--server", "server"), f'--routers: "" is not {PORT}'),
    "same port twice": (("--routers", "server", "--server", "server"), "--server: port server is given twice"),
    "same port by another name": (("--routers", "twin", "--server", "server"), "--server: port server is given twice"),
    "not Ethernet": (("--routers", "lo", "--server", "server"), "port lo: not an Ethernet interface"),
    "no such PCI device": (("--routers", "0000:ff:1f.7", "--server", "server"),
                           "port 0000:ff:1f.7: no such network device, or not bound to a driver that DPDK can use (vfio-pci)"),
    "no such vdev": (("--routers", "vdev:net_nope0", "--server", "server"),
                     'port vdev:net_nope0: DPDK cannot make it: EAL: failed to parse device "vdev:net_nope0"'),
    "vdev without a name": (("--routers", "vdev:", "--server", "server"),
                            'port vdev:: DPDK cannot make it: EAL: failed to parse device "vdev:"'),
    "vdev with bad arguments": (("--routers", "vdev:net_pcap0,colour=red", "--server", "server"),
                                "port vdev:net_pcap0,colour=red: DPDK cannot make it: "
                                "EAL: Driver cannot attach the device (net_pcap0)"),
    "vdev without its file": (("--routers", "vdev:net_pcap0,rx_pcap=/nope.pcap", "--server", "server"),
                              "port vdev:net_pcap0,rx_pcap=/nope.pcap: DPDK cannot make it: open_single_rx_pcap(): "
                              "Couldn't open /nope.pcap: /nope.pcap: No such file or directory"),
    "same vdev twice": (("--routers", "vdev:net_null0", "--server", "vdev:net_null0,size=64"),
                        "port vdev:net_null0,size=64: there is a net_null0 already"),
    "second routers' port bad": (("--routers", "routers,lo", "--server", "server"), "port lo: not an Ethernet interface"),
    "routers' port without a name": (("--routers", "routers,", "--server", "server"), f'--routers: "" is not {PORT}'),
    "wire of one port": (("--wire", "routers"), '--wire: "routers" is not two ports, the routers\' and the server\'s: eth1,eth2'),
    "wires that share a port": (("--wire", "routers,server", "--wire", "lo,server"), "--wire: port server is given twice"),
    "wire and routers": (("--wire", "routers,server", *OK), "--wire: not together with routers and server"),
    "two server ports": (("--routers", "routers", "--server", "server,lo"), f'--server: "server,lo" is not one {PORT[2:]}'),
    "no ports": ((), "--routers is required, or --wire"),
    "no server port": (("--routers", "routers"), "--server is required"),
    "no workers": ((*OK, "--workers", "0"), '--workers: "0" is not a whole number from 1 to 64'),
    "no number of workers": ((*OK, "--workers", "many"), '--workers: "many" is not a whole number from 1 to 64'),
    "more workers than queues": (("--routers", "vdev:net_pcap0,rx_pcap=tests/golden/captures/pause-b.pcap", "--server",
                                  "vdev:net_null0", "--workers", "2"),
                                 "port vdev:net_pcap0,rx_pcap=tests/golden/captures/pause-b.pcap: "
                                 "has queues for 1 workers, and 2 are wanted"),
    "another driver": ((*OK, "--driver", "pigeon"), '--driver: "pigeon" is not auto or af_packet or af_xdp'),
    "metrics at no address": ((*OK, "--metrics", "here:9467"), '--metrics: "here:9467" is not an IPv4 address and a port, such as '
                              "127.0.0.1:9467, or off"),
    "metrics at another's address": ((*OK, "--metrics", "192.0.2.1:9467"),
                                     "metrics: cannot listen on 192.0.2.1:9467: Cannot assign requested address"),
    "bad mode": ((*OK, "--mode", "maybe"), '--mode: "maybe" is not enforce or monitor or bypass'),
    "bad duration": ((*OK, "--window", "1"), '--window: "1" is not'),
    "no such group": ((*OK, "--control-group", "no-such-group"),
                      '--control-group: "no-such-group" is not a group of this machine'),
    "unknown flag": ((*OK, "--speed"), "The following argument was not expected: --speed"),
    "no such settings file": ((*OK, "--config", "/nope.toml"), "/nope.toml: "),
    "control path is a file": ((*OK, "--control", "/etc/passwd"),
                               "control socket /etc/passwd: is there already, and is not a socket"),
    "control path in no folder": ((*OK, "--control", "/proc/nope/control.sock"),
                                  "control socket /proc/nope/control.sock: No such file or directory"),
    "control path too long": ((*OK, "--control", "/" + "x" * 120),
                              f"control socket /{'x' * 120}: longer than 107 characters"),
}


@pytest.fixture(scope="module")
def box():
    box = Namespace("box")
    try:
        box.ip("link", "add", "name", "routers", "type", "veth", "peer", "name", "left")
        box.ip("link", "add", "name", "server", "type", "veth", "peer", "name", "right")
        box.ip("link", "property", "add", "dev", "server", "altname", "twin")
        yield box
    finally:
        box.delete()


def refused(box, words, folder, before=(), program=None):
    """Runs relaysieved, which must refuse. The one line it says."""
    import subprocess
    if "--control" not in words:
        words = (*words, "--control", folder / "control.sock")
    done = subprocess.run([*box.enter(), *before, program or built("relaysieved"), *map(str, words)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("relaysieved: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr[len("relaysieved: "):-1]


@pytest.mark.parametrize("words, line", CASES.values(), ids=CASES.keys())
def test_one_clear_line(box, tmp_path, words, line):
    said = refused(box, words, tmp_path)
    assert said == line or (line.endswith((" ", "not")) and said.startswith(line))
    assert "UP" not in box.ip("link", "show", "dev", "routers").split("state")[0]


@pytest.mark.parametrize("family, address, way", [("-4", "10.9.9.1/24", "10.9.9.2"), ("-6", "fd09::1/64", "fd09::2")])
def test_the_way_to_this_machine_is_no_port(box, tmp_path, family, address, way):
    box.ip("link", "set", "right", "up")
    box.speak_ipv6("server")
    box.ip("link", "set", "server", "up")
    box.ip("address", "add", address, "dev", "server", *(["nodad"] if family == "-6" else []))
    box.ip(family, "route", "add", "default", "via", way)
    try:
        assert refused(box, OK, tmp_path) == "port server: carries the default route of this machine"
    finally:
        box.ip(family, "route", "flush", "default")
        box.ip("address", "flush", "dev", "server")
        box.ip("link", "set", "server", "down")


def test_mtu_too_large(box, tmp_path):
    box.ip("link", "add", "name", "wide", "mtu", 20000, "type", "veth", "peer", "name", "other")
    said = refused(box, ("--routers", "wide", "--server", "server"), tmp_path)
    assert said == "port wide: its MTU is 20000, and no more than 10090 is carried"


def test_no_privilege(box, tmp_path):
    program = shutil.copy(built("relaysieved"), tmp_path)  # where anyone may run it
    for folder in (tmp_path, *tmp_path.parents[:2]):
        os.chmod(folder, 0o755)
    os.chmod(tmp_path, 0o777)
    said = refused(box, OK, tmp_path, before=("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"),
                   program=program)
    assert said == "port routers: not allowed: it takes root, or CAP_NET_RAW and CAP_NET_ADMIN"


def test_another_daemon_at_the_control_path(box, tmp_path):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "control.sock"))
        other.listen()
        assert refused(box, OK, tmp_path) == f"control socket {tmp_path}/control.sock: another relaysieved answers here"
