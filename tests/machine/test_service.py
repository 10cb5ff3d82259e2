# SPDX-License-Identifier: Apache-2.0
"""relaysieved under a real systemd: start, reload, crash, hang, upgrade, and what it may do no more."""

import os
import re
import signal
import time
from pathlib import Path

import pytest
from installed import SERVICE
from lab.namespaces import LabError, wait_until
from machine import BOUND
from numbered import ATTEMPTS, Streams, stays_short
from wirelab import BOTH_DRIVERS

WATCHDOG = 3.0  # s, as in the unit


@BOTH_DRIVERS
def test_it_runs_with_what_it_needs_and_no_more(box, driver):
    box.start().carries()
    assert "\nproblems 0, " in (said := box.machine.run("relaysieve", "doctor")) and "bridge rs-lab stands behind it" in said
    status = dict(re.findall(r"^(\w+):\s+(.*)$", Path(f"/proc/{box.pid}/status").read_text(), re.M))
    net_admin = f"{1 << 12:016x}"
    assert (status["CapEff"], status["CapPrm"], status["CapAmb"]) == (net_admin, net_admin, f"{0:016x}")
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert status["Uid"].split()[0] == box.machine.run("id", "-u", "relaysieve").strip() != "0"
    box.machine.file("/etc/relaysieve/lab.toml").open("a").write('window = "900ms"\n')
    box.machine.systemctl("reload", SERVICE)
    assert "window: 1s -> 900ms" in box.journal()
    box.carries()
    box.machine.systemctl("stop", SERVICE)
    assert box.show("Result") == "success" and "received" in box.journal()
    box.is_a_plain_wire()
    box.machine.run("/usr/libexec/relaysieve/fallback-bridge", "down", "rs-lab")
    box.is_cut()


def test_the_unit_is_right_and_exposes_little(box, told):
    assert box.machine.run("systemd-analyze", "verify", "--man=no", SERVICE) == ""
    said = box.machine.run("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=25", "/etc/systemd/system/relaysieved@.service")
    told(said.splitlines()[-1].strip())


def test_settings_that_are_wrong_are_said_and_may_be_mended(box):
    file = box.machine.file("/etc/relaysieve/lab.toml")
    right = file.read_text()
    file.write_text(right + "window = 7\n")
    with pytest.raises(LabError):
        box.start()
    wait_until(lambda: "/etc/relaysieve/lab.toml:5:10: window: " in box.journal(), box.journal, BOUND)
    file.write_text(right)
    box.wait_until_active()
    box.carries()


def test_a_hang_ends_by_the_watchdog(box, told):
    """And what stands behind it carries on at once; systemd looks at its watchdogs up to half of their time late."""
    box.start()
    left, right = box.taps()
    with Streams(left, right) as streams:
        os.kill(box.pid, signal.SIGSTOP)
        wait_until(lambda: box.show("NRestarts") == "1", "the watchdog", BOUND)
        box.wait_until_active()
        streams.flow()
    assert WATCHDOG / 2 <= streams.longest_gap(told, "a hang") < 2 * WATCHDOG
    assert "Watchdog timeout" in box.journal()
    box.carries()


def test_without_the_watchdog_a_hang_lasts(box):
    folder = box.machine.file(f"/etc/systemd/system/{SERVICE}.d")
    folder.mkdir()
    (folder / "none.conf").write_text("[Service]\nWatchdogSec=0\n")
    box.machine.systemctl("daemon-reload")
    box.start()
    os.kill(box.pid, signal.SIGSTOP)
    time.sleep(2 * WATCHDOG)
    assert box.show("NRestarts") == "0"
    os.kill(box.pid, signal.SIGCONT)
    box.carries()


@BOTH_DRIVERS
def test_a_crash_gives_the_wire_to_the_bridge_and_back(box, driver, told):
    """Without the bridge it were a second and more until systemd has started it again; what a SIGKILL costs by itself:
    wire/test_fallback.py."""
    box.start()

    def attempt(number):
        left, right = box.taps()
        with Streams(left, right) as streams:
            os.kill(box.pid, signal.SIGKILL)
            box.wait_until_active(restarts=number)
            streams.flow()
        return streams.longest_gap(told, "a crash, and the start after it")
    stays_short(told, [attempt(number) for number in range(1, ATTEMPTS + 1)], driver, longest=0.5)
    box.carries()


@BOTH_DRIVERS
def test_an_upgrade_in_place(box, driver, told):
    """Its bound is a start by systemd beside other work; what the change of hands costs by itself: wire/test_fallback.py."""
    box.start()
    program = box.machine.file("/usr/bin/relaysieved")

    def attempt():
        old = box.pid
        left, right = box.taps()
        with Streams(left, right) as streams:
            box.machine.put_program("relaysieved", program)
            streams.flow()
            assert os.readlink(f"/proc/{old}/exe").endswith(" (deleted)"), "it runs the new one already"
            box.machine.systemctl("restart", SERVICE)
            streams.flow()
        assert box.pid != old and os.stat(f"/proc/{box.pid}/exe").st_ino == program.stat().st_ino
        return streams.longest_gap(told, "an upgrade")
    stays_short(told, [attempt() for _ in range(ATTEMPTS)], driver, longest=0.5)
    box.carries()


@BOTH_DRIVERS
@pytest.mark.parametrize("port", ["routers", "server"])
def test_a_port_that_goes_away_comes_back(box, driver, port):
    box.start().carries()
    box.unplug(port)
    wait_until(lambda: f"relaysieved: port {port}: has gone away" in box.journal(), box.journal, BOUND)
    wait_until(lambda: box.journal().count("no such interface") >= 2, "attempts", BOUND)
    box.plug(port)
    box.wait_until_active()
    box.carries()
    box.machine.systemctl("stop", SERVICE)
    box.is_a_plain_wire()
