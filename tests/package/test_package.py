# SPDX-License-Identifier: Apache-2.0
"""The Debian package: on a fresh Debian, and as the service of a machine with systemd."""

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path

import frames
import pytest
from installed import END, SERVICE, Installed
from lab.box import built
from lab.namespaces import LabError, Namespace, run, wait_until, wire
from tree import Tree
from wirelab import BOUND, Tap

ROOT = Path(__file__).resolve().parents[2]
CAPTURE = ROOT / "tests" / "golden" / "captures" / "pause-b.pcap"


def test_lintian_finds_nothing_that_is_not_explained(package):
    said = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", package], capture_output=True, text=True, timeout=600)
    assert said.returncode == 0 and said.stdout == "", said.stdout + said.stderr


@pytest.fixture(scope="module")
def fresh(debian, package, tmp_path_factory):
    tree = Tree(debian, tmp_path_factory.mktemp("fresh") / "root")
    tree.before = tree.files()
    tree.install(package=package)
    return tree


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


ASKED_FOR = """
usr/bin/relaysieved usr/bin/relaysieve usr/lib/systemd/system/relaysieved@.service usr/lib/sysusers.d/relaysieve.conf usr/share/doc/relaysieve/relaysieve.toml
usr/share/man/man1/relaysieve.1.gz usr/share/man/man5/relaysieve.toml.5.gz usr/share/man/man8/relaysieved.8.gz
usr/share/bash-completion/completions/relaysieve usr/share/bash-completion/completions/relaysieved usr/share/zsh/site-functions/_relaysieve
usr/libexec/relaysieve/fallback-bridge usr/libexec/relaysieve/host-setup usr/share/relaysieve/relaysieve.json usr/share/relaysieve/relaysieve.rules.yml
usr/share/doc/relaysieve/README.md usr/share/doc/relaysieve/OPERATING.md usr/share/doc/relaysieve/SERVERS.md usr/share/doc/relaysieve/WDS.md
usr/share/doc/relaysieve/SECURITY.md usr/share/doc/relaysieve/CONTRIBUTING.md usr/share/doc/relaysieve/CHANGELOG.md usr/share/doc/relaysieve/changelog.gz
"""


def test_everything_is_in_it(package):
    files = {line.split()[-1].removeprefix("./") for line in run("dpkg-deb", "--contents", package).splitlines()}
    assert [path for path in ASKED_FOR.split() if path not in files] == []


def test_all_that_its_changes_name_is_beside_it(package):
    changes = package.with_suffix(".changes")
    if not changes.exists():
        pytest.skip(f"no {changes}")
    named = re.findall(r"^ [0-9a-f]{64} \d+ (\S+)$", changes.read_text(), re.M)
    assert {Path(name).suffix for name in named} == {".deb", ".buildinfo"} and any("dbgsym" in name for name in named)
    assert [name for name in named if not (package.parent / name).exists()] == []


def test_without_dpdks_pools_the_daemon_says_which_plugin_is_missing(fresh):
    plugin, = fresh.root.glob("usr/lib/*/dpdk/pmds-*/librte_mempool_ring.so.*.*")
    hidden = [link for link in plugin.parent.glob("librte_mempool_ring.so*")]
    fresh.run("mkdir", "/hidden")
    for link in hidden:
        link.rename(fresh.root / "hidden" / link.name)
    try:
        done = subprocess.run([*fresh.enter(), "relaysieved", "--routers", "vdev:net_ring0", "--server", "vdev:net_ring1"],
                              capture_output=True, text=True, timeout=BOUND)
        assert done.returncode == 1 and "its plugin librte_mempool_ring is missing (on Debian 12 the package librte-mempool-ring23)" in done.stderr
        assert "no memory for" not in done.stderr
    finally:
        for link in hidden:
            (fresh.root / "hidden" / link.name).rename(link)
        (fresh.root / "hidden").rmdir()


def test_removing_it_leaves_no_trace_but_settings_and_a_purge_none(fresh):
    settings = fresh.root / "etc/relaysieve/rack.toml"
    settings.write_text('window = "900ms"\n')
    enabled = fresh.root / "etc/systemd/system/multi-user.target.wants/relaysieved@rack.service"
    enabled.parent.mkdir(parents=True, exist_ok=True)
    enabled.symlink_to("/lib/systemd/system/relaysieved@.service")  # as systemctl enable does
    assert "usr/bin/relaysieved" in fresh.files() and "relaysieve" in (fresh.root / "etc/passwd").read_text()
    fresh.run("apt-get", "--quiet=2", "remove", "--yes", "relaysieve")
    ours = {path for path in fresh.files() - fresh.before if "relaysieve" in path}
    assert ours == {"etc/relaysieve/rack.toml"}  # and nothing that starts it when it is installed again
    fresh.run("apt-get", "--quiet=2", "purge", "--yes", "relaysieve")
    assert not {path for path in fresh.files() - fresh.before if "relaysieve" in path}
    assert not settings.parent.exists()
    assert "relaysieve" not in (fresh.root / "etc/passwd").read_text() + (fresh.root / "etc/group").read_text()


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
    dpkg(box, "--install", "/tmp/package.deb")


def dpkg(box, *words):
    run(*box.machine.enter(), "dpkg", *words, timeout=600)


def later(package, folder):
    """The next version, whose command line is another one."""
    tree, made = folder / "later", folder / "later.deb"
    run("dpkg-deb", "--raw-extract", package, tree)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"^(Version: .*)$", r"\1+later", control.read_text(), flags=re.M))
    shutil.copy(built("relaysieve").parents[1] / "tests/wire/relaysieve_of_another_version", tree / "usr/bin/relaysieve")
    run("dpkg-deb", "--root-owner-group", "--build", tree, made)
    return made


def test_it_cuts_nothing_when_it_is_installed_upgraded_and_removed(box, package, tmp_path):
    wait_until(lambda: box.machine.ip("link").count(" state UP ") == 2, "the links", BOUND)
    links = box.machine.ip("-details", "link")
    install(box, package)
    assert box.machine.ip("-details", "link") == links
    assert "relaysieved" not in box.machine.systemctl("list-units", "--all", "--plain", "relaysieved@*")
    box.start().carries()
    box.machine.run("relaysieve", "set", "--save", "window", "900ms")
    assert 'window = "900ms"' in box.machine.file("/etc/relaysieve/lab.toml").read_text()
    box.machine.run("chown", "root:root", "/etc/relaysieve")  # who wants nothing saved
    box.machine.systemctl("enable", SERVICE)
    running = box.pid
    install(box, later(package, tmp_path))
    assert box.machine.run("dpkg-query", "--show", "--showformat", "${Version}", "relaysieve").endswith("+later")
    assert box.pid == running, "an upgrade has cut the wire"
    assert re.search(r"^warning daemon: version \S+ runs, and this is 0\.0\.0$", box.machine.run("relaysieve", "doctor"), re.M)
    assert box.machine.file("/etc/relaysieve").stat().st_uid == 0, "an upgrade has given the settings away"
    box.carries()
    box.machine.systemctl("restart", SERVICE)
    assert box.pid != running
    box.carries()
    running = box.pid
    dpkg(box, "--remove", "relaysieve")
    assert not Path(f"/proc/{running}").exists()
    assert not box.machine.file(f"/etc/systemd/system/multi-user.target.wants/{SERVICE}").is_symlink()
    box.is_a_plain_wire()


SET_UP = ("/var/lib/relaysieve/host-setup/cards/0000:77:00.0", "/etc/driverctl.d/pci-0000:77:00.0", "/etc/sysctl.d/60-relaysieve.conf",
          "/etc/udev/rules.d/60-relaysieve.rules", "/etc/systemd/system/relaysieved@.service.d/host-setup.conf")


def test_what_host_setup_did_is_undone_or_it_stays(box, package):
    """A card that is not there any more; one that is: test_host_setup.py."""
    install(box, package)
    for path in SET_UP:
        box.machine.run("sh", "-c", 'mkdir -p "${0%/*}" && echo virtio-pci > "$0"', path)
    udevadm = box.machine.file("/usr/bin/udevadm")
    udevadm.unlink(missing_ok=True)
    udevadm.write_text("#!/bin/sh\nexit 1\n")
    udevadm.chmod(0o755)
    with pytest.raises(LabError, match="what host-setup has set up is still there, and so is relaysieve"):
        dpkg(box, "--remove", "relaysieve")
    assert "ok installed" in box.machine.run("dpkg-query", "--show", "--showformat", "${Status}", "relaysieve")
    assert box.machine.file(SET_UP[0]).exists() and box.machine.file("/usr/libexec/relaysieve/host-setup").exists()
    udevadm.write_text("#!/bin/sh\n")
    dpkg(box, "--remove", "relaysieve")
    assert [path for path in SET_UP if box.machine.file(path).exists()] == []


def test_the_unit_as_installed_is_right(box, package):
    install(box, package)
    assert box.machine.run("systemd-analyze", "verify", SERVICE) == ""
