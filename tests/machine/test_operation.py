# SPDX-License-Identifier: Apache-2.0
"""What an operator does with the service: asks it, saves settings, watches for its fall-back."""

import re
import shlex
import shutil

import frames
import pytest
from installed import END, SERVICE
from lab.namespaces import LabError, wait_until
from machine import BOUND, ROOT

TWO = "relaysieved@two.service"
EXPORTER = "127.0.0.1:9100"


def refused(box, *words):
    with pytest.raises(LabError) as error:
        box.machine.run("relaysieve", *words)
    return str(error.value)


def test_the_command_line_finds_the_only_daemon_and_asks_which_of_two(box):
    assert "control socket /run/relaysieve/control.sock: no relaysieved answers" in refused(box, "status")
    box.start()
    assert "all is well" in box.machine.run("relaysieve", "status")
    box.machine.file("/etc/relaysieve/two.toml").write_text('routers = ["vdev:net_ring7"]\nserver = "vdev:net_ring8"\nmetrics = "off"\n')
    box.machine.systemctl("start", TWO)
    said = refused(box, "status")
    assert "ended with 2: relaysieve: several daemons run; which one is meant? --control /run/relaysieve/lab.sock, or /run/relaysieve/two.sock" in said
    assert "net_ring7" in box.machine.run("relaysieve", "status", "--control", "/run/relaysieve/two.sock")
    box.machine.systemctl("stop", TWO)
    assert "net_ring7" not in box.machine.run("relaysieve", "status")


def test_a_change_is_saved_into_a_file_of_roots_and_outlives_the_restart(box):
    file = box.machine.file("/etc/relaysieve/lab.toml")
    file.write_text("# Ours.\n" + file.read_text())
    text = file.read_text()
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (0, 0o644)
    box.machine.run("chown", "root:root", "/etc/relaysieve")  # its folder too: then it may not
    box.start()
    assert "ended with 1: relaysieve: /etc/relaysieve/lab.toml: Permission denied" in refused(box, "set", "--save", "window", "900ms")
    assert file.read_text() == text
    box.machine.run("chown", "relaysieve:relaysieve", "/etc/relaysieve")
    assert "saved to /etc/relaysieve/lab.toml" in box.machine.run("relaysieve", "set", "--save", "window", "900ms")
    assert file.read_text() == text + 'window = "900ms"\n' and file.stat().st_mode & 0o777 == 0o644
    box.machine.systemctl("restart", SERVICE)
    assert re.search(r"^window +900ms +/etc/relaysieve/lab.toml:", box.machine.run("relaysieve", "config", "show"), re.M)
    box.carries()


def test_a_file_that_only_some_may_read_is_not_shown_to_others(box):
    file = box.machine.file("/etc/relaysieve/lab.toml")
    text = file.read_text()
    box.machine.run("chown", "daemon:relaysieve", "/etc/relaysieve/lab.toml")
    file.chmod(0o640)  # its owner would lose sight of it
    box.start()
    assert "Operation not permitted" in refused(box, "set", "--save", "window", "900ms")
    assert file.read_text() == text
    box.machine.run("chown", "root:relaysieve", "/etc/relaysieve/lab.toml")
    box.machine.run("relaysieve", "set", "--save", "window", "900ms")
    about = file.stat()
    assert (about.st_mode & 0o777, about.st_gid) == (0o640, int(box.machine.run("id", "-g", "relaysieve")))


def member(group):
    return ["setpriv", "--reuid=65534", "--regid=65534", f"--groups={group}", "relaysieve", "status"]


@pytest.mark.parametrize("way", ["usermod", "SupplementaryGroups"])
def test_a_control_group_wants_the_daemons_user_as_its_member(box, way):
    box.machine.run("groupadd", "watchers")
    box.machine.file("/etc/relaysieve/lab.toml").open("a").write('control_group = "watchers"\n')
    with pytest.raises(LabError):
        box.start()
    wait_until(lambda: "has to be a member (usermod -aG GROUP relaysieve, or SupplementaryGroups= in the unit)" in box.journal(), box.journal, BOUND)
    box.machine.systemctl("stop", SERVICE)
    if way == "usermod":
        box.machine.run("usermod", "-aG", "watchers", "relaysieve")
    else:
        folder = box.machine.file(f"/etc/systemd/system/{SERVICE}.d")
        folder.mkdir()
        (folder / "group.conf").write_text("[Service]\nSupplementaryGroups=watchers\n")
        box.machine.systemctl("daemon-reload")
    box.start().carries()
    assert "mode enforce" in box.machine.run(*member("watchers"))
    with pytest.raises(LabError, match="not allowed"):
        box.machine.run(*member("nogroup"))


def test_a_unit_for_cards_exposes_little_too(box):
    """With what host-setup puts beside it for cards that DPDK drives."""
    lines = re.search(r"printf '%s\\\\n' (.+) >> \$dropin", (ROOT / "deploy" / "host-setup").read_text())[1]
    folder = box.machine.file("/etc/systemd/system/relaysieved@.service.d")
    folder.mkdir()
    (folder / "host-setup.conf").write_text("\n".join(["[Service]", *shlex.split(lines), ""]))
    box.machine.systemctl("daemon-reload")
    assert box.machine.run("systemd-analyze", "verify", "--man=no", SERVICE) == ""
    said = box.machine.run("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=25", "/etc/systemd/system/relaysieved@.service")
    assert re.search(r"^\S+ PrivateDevices= +Service potentially has access", said, re.M), "the drop-in is not looked at"
    print(said.splitlines()[-1])


def passed_on(box):
    """What node_exporter says that the bridge has received, which the alert RelaysieveFallbackActive looks at."""
    found = re.search(r'^node_network_receive_packets_total\{device="rs-lab"\} (\S+)$', box.machine.run("curl", "-s", f"http://{EXPORTER}/metrics"), re.M)
    assert found
    return float(found[1])


def moves(box, count=50):
    """By how much that moves while so many frames, to one host, cross the wire."""
    before = passed_on(box)
    left, right = box.taps()
    sent = [frames.marker(number) for number in range(1, count + 1)]
    left.send(*sent, END)
    assert right.until(END) == sent
    return passed_on(box) - before


def test_the_alert_on_the_fallback_sees_a_plain_wire_and_nothing_else(box):
    if not shutil.which("prometheus-node-exporter"):
        pytest.skip("not installed: prometheus-node-exporter; run deploy/install-packages test")
    box.machine.run("systemd-run", "--unit=exporter", "prometheus-node-exporter", "--collector.disable-defaults", "--collector.netdev",
                    f"--web.listen-address={EXPORTER}")
    box.start()
    wait_until(lambda: box.machine.run("curl", "-s", f"http://{EXPORTER}/metrics", check=False), "node_exporter", BOUND)
    assert moves(box) == 0
    box.machine.systemctl("kill", "--signal=KILL", SERVICE)
    box.machine.systemctl("stop", SERVICE)
    assert moves(box) == 51
    box.machine.ip("link", "set", "rs-lab", "promisc", "off")  # as a bridge is by itself: it does not count what it passes on
    assert moves(box) == 0
    box.machine.ip("link", "set", "rs-lab", "promisc", "on")
    box.start()
    assert moves(box) == 0
