# SPDX-License-Identifier: Apache-2.0
"""The Debian package: on a fresh Debian, and as the service of a machine with systemd."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import frames
import pytest
from installed import END, SERVICE, Installed
from lab.namespaces import Namespace, run, wait_until, wire
from wirelab import BOUND, Tap

ROOT = Path(__file__).resolve().parents[2]
CAPTURE = ROOT / "tests" / "golden" / "captures" / "pause-b.pcap"
MIRROR = "http://deb.debian.org/debian"


def test_lintian_finds_nothing_that_is_not_explained(package):
    said = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", package], capture_output=True, text=True, timeout=600)
    assert said.returncode == 0 and said.stdout == "", said.stdout + said.stderr


class Fresh:
    """A Debian 12 that has nothing but what it begins with, and this package."""

    def __init__(self, folder, package):
        self.root = folder / "root"
        run("debootstrap", "--variant=minbase", "bookworm", self.root, MIRROR, timeout=1800)
        for name in ("apt/apt.conf.d", "resolv.conf"):  # how this machine reaches the mirror
            run("cp", "--recursive", "--dereference", f"/etc/{name}", self.root / "etc" / Path(name).parent)
        (self.root / "package.deb").write_bytes(package.read_bytes())
        self.before = self.files()
        self.run("sh", "-c", "apt-get --quiet=2 update && apt-get --quiet=2 install --yes --no-install-recommends /package.deb", timeout=1800)

    def files(self):
        """All that is there, but what apt and dpkg keep for themselves."""
        return {str(Path(folder, name).relative_to(self.root)) for folder, _, names in os.walk(self.root) for name in names
                if not re.match(r"(var/(lib|cache|log)|dev|proc|sys|tmp|run)/", str(Path(folder, name).relative_to(self.root)))}

    def enter(self):
        mounts = "for d in proc sys dev; do mount --rbind /$d $0/$d; done; mount -t tmpfs none $0/run; mount -t tmpfs none $0/tmp"
        return ["unshare", "--mount", "sh", "-c", f'{mounts}; exec chroot "$0" "$@"', self.root]

    def run(self, *words, timeout=300):
        return run(*self.enter(), "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", *words, timeout=timeout)


@pytest.fixture(scope="module")
def fresh(package, tmp_path_factory, interruptible):
    return Fresh(tmp_path_factory.mktemp("fresh"), package)


def test_replay_on_a_fresh_debian(fresh):
    (fresh.root / "capture.pcap").write_bytes(CAPTURE.read_bytes())
    report = json.loads(fresh.run("relaysieve", "replay", "/capture.pcap", "--json"))
    assert report["reasons"]["second_copy"] > 0
    (fresh.root / "capture.pcap").unlink()


def test_the_daemon_on_a_fresh_debian(fresh):
    hosts = [Namespace("left"), Namespace("right")]
    box = Namespace("box")
    daemon = None
    try:
        for host, port in zip(hosts, ("routers", "server")):
            wire(box, port, host, "eth0")
            host.up("eth0")
        daemon = subprocess.Popen([*box.enter(), *fresh.enter(), "relaysieved", "--routers", "routers", "--server", "server"],
                                  stdout=subprocess.PIPE, text=True)
        assert daemon.stdout.readline() == "relaysieved: ready\n"
        left, right = (Tap(host, "eth0") for host in hosts)
        copies = frames.hsrp_pair(1)
        left.send(*copies, END)
        assert right.until(END) == [copies[0]]
        daemon.send_signal(signal.SIGTERM)
        assert "\nreceived 3 = forwarded 2 + dropped 1 + refused 0\n" in "\n" + daemon.communicate(timeout=BOUND)[0]
    finally:
        if daemon is not None:
            daemon.kill()
            daemon.wait()
        for namespace in (box, *hosts):
            namespace.delete()


def test_removing_it_leaves_no_trace_but_settings(fresh):
    settings = fresh.root / "etc/relaysieve/rack.toml"
    settings.write_text('window = "900ms"\n')
    assert "usr/bin/relaysieved" in fresh.files()
    fresh.run("apt-get", "--quiet=2", "remove", "--yes", "relaysieve")
    ours = {path for path in fresh.files() - fresh.before if "relaysieve" in path}
    assert ours == {"etc/relaysieve/rack.toml"}


@pytest.fixture
def box(tmp_path, interruptible):
    made = Installed(tmp_path, "auto")
    try:
        made.build(program=False)
        yield made
    finally:
        made.close()


def install(box, package):
    there = box.machine.file("/tmp/package.deb")
    there.write_bytes(package.read_bytes())
    box.machine.run("dpkg", "--install", "/tmp/package.deb")


def test_it_cuts_nothing_when_it_is_installed_upgraded_and_removed(box, package):
    wait_until(lambda: box.machine.ip("link").count(" state UP ") == 2, "the links", BOUND)
    links = box.machine.ip("-details", "link")
    install(box, package)
    assert box.machine.ip("-details", "link") == links
    assert "relaysieved" not in box.machine.systemctl("list-units", "--all", "--plain", "relaysieved@*")
    box.start().carries()
    running = box.pid
    install(box, package)
    assert box.pid == running, "an upgrade has cut the wire"
    box.carries()
    box.machine.systemctl("restart", SERVICE)
    assert box.pid != running
    box.carries()
    running = box.pid
    box.machine.run("dpkg", "--remove", "relaysieve")
    assert not Path(f"/proc/{running}").exists()
    box.is_a_plain_wire()


def test_the_unit_as_installed_is_right(box, package):
    install(box, package)
    assert box.machine.run("systemd-analyze", "verify", SERVICE) == ""
