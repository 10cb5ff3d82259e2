# SPDX-License-Identifier: Apache-2.0
"""`relaysieve reload` and SIGHUP: the settings file read again while frames flow."""

import os
import re
import signal
import socket

import frames
import pytest
from control import ask, change, command
from lab.namespaces import wait_until
from wirelab import BOUND

END = frames.marker(0)


@pytest.fixture
def file(wire):
    return wire.folder / "settings.toml"


def value(wire, name):
    about = ask(wire.daemon, "/v1/settings")[1][name]
    return about["value"], about["from"]


def crossed(wire, taps, xid):
    """How many of the two copies of a new transmission reach the server."""
    left, right = taps
    left.send(*frames.hsrp_pair(xid), END)
    return len(right.until(END))


def test_what_the_file_says_now_counts_from_the_next_frame_on(wire, file):
    file.write_text('window = "900ms"\n')
    wire.start("--config", file)
    taps = wire.tap(wire.left), wire.tap(wire.right)
    assert crossed(wire, taps, 1) == 1
    file.write_text('mode = "monitor"\nwindow = "900ms"\ntrusted_relays = ["10.0.0.0/8"]\n')
    assert crossed(wire, taps, 2) == 1, "nobody has told it yet"
    assert command(wire.daemon, "reload") == (0, 'mode: enforce -> monitor\ntrusted_relays: [] -> ["10.0.0.0/8"]\n', "")
    assert crossed(wire, taps, 3) == 2
    assert value(wire, "mode") == ("monitor", f"{file}:1:8")
    assert value(wire, "window") == ("900ms", f"{file}:2:10")
    assert command(wire.daemon, "reload") == (0, "nothing changed: it was so already\n", "")
    file.write_text("")
    assert ask(wire.daemon, "/v1/reload", "--request", "POST") == (200, {
        "changed": {"mode": {"from": "monitor", "to": "enforce"}, "window": {"from": "900ms", "to": "1s"},
                    "trusted_relays": {"from": ["10.0.0.0/8"], "to": []}}, "at_restart": {}})
    assert value(wire, "mode") == ("enforce", "default")
    assert crossed(wire, taps, 4) == 1
    said = re.findall(r"relaysieved: \w+: (?:\w+: )?(uid .*)$", wire.daemon.err, re.M)
    assert said[:2] == ["uid 0 reloaded the settings", 'uid 0 changed mode from "enforce" to "monitor"']
    wire.daemon.end(signal.SIGTERM)


def test_what_was_set_and_not_saved_goes_and_flags_stay(wire, file):
    file.write_text('window = "900ms"\necho_window = "50ms"\n')
    wire.start("--config", file, "--echo-window", "70ms")
    assert change(wire.daemon, window="800ms", subnet_bits=20)[0] == 200
    assert command(wire.daemon, "reload") == (0, "window: 800ms -> 900ms\nsubnet_bits: 20 -> 24\n", "")
    assert value(wire, "echo_window") == ("70ms", "--echo-window")


def test_what_cannot_change_waits_for_the_restart(wire, file):
    file.write_text("")
    wire.start("--config", file)
    file.write_text('clients = 128\nmode = "monitor"\ncontrol = "/nowhere.sock"\n')
    assert command(wire.daemon, "reload") == (
        0, "mode: enforce -> monitor\nclients: 262144 -> 128, takes effect at the restart\n", ""), "--control wins"
    assert value(wire, "clients") == (262144, "default")
    assert "clients: 128 takes effect at the restart; until then 262144" in wire.daemon.err
    wire.daemon.end(signal.SIGTERM)


WRONG = 'windwo = "1s"\nwindow = 1\nsubnet_bits = 33\necho_window = "200ms"\n[relay_groups]\na = ["10.0.0.1"]\nb = ["10.0.0.1"]\n'
LINES = ['1:1: "windwo" is not a setting: did you mean window?', "2:10: window: 1 is not a duration",
         '3:15: subnet_bits: "33" is not a whole number from 0 to 32', '4:15: echo_window: "200ms" is not a duration such as 250ms, '
         "from 0 to below 200ms: GRUB", '7:6: relay_groups.b: "10.0.0.1" overlaps with group a']


def test_all_that_is_wrong_is_said_and_nothing_changes(wire, file):
    file.write_text('mode = "monitor"\n')
    wire.start("--config", file)
    assert change(wire.daemon, window="800ms")[0] == 200
    before = ask(wire.daemon, "/v1/settings")
    file.write_text('mode = "enforce"\n' + WRONG)
    status, out, err = command(wire.daemon, "reload")
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert len(lines) == len(LINES)
    for line, (number, rest) in zip(lines, (part.split(":", 1) for part in LINES)):
        assert line.startswith(f"relaysieve: {file}:{int(number) + 1}:{rest}"), line
    assert ask(wire.daemon, "/v1/settings") == before
    assert wire.daemon.err.count("uid 0: not reloaded: ") == len(LINES)
    file.unlink()
    status, _, err = command(wire.daemon, "reload")
    assert status == 2 and err.startswith(f"relaysieve: {file}: ") and err.count("\n") == 1
    assert ask(wire.daemon, "/v1/settings") == before
    wire.daemon.end(signal.SIGTERM)


def test_a_hangup_signal_reloads_and_says_who(wire, file):
    file.write_text("")
    wire.start("--config", file)
    file.write_text('mode = "bypass"\n')
    wire.daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: value(wire, "mode")[0] == "bypass", "the mode of the file", BOUND)
    file.write_text("mode = 1\n")
    wire.daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "not reloaded" in wire.daemon.err, "a word on the mistake", BOUND)
    assert value(wire, "mode")[0] == "bypass"
    assert f"SIGHUP from uid {os.getuid()} changed mode" in wire.daemon.err
    assert f"SIGHUP from uid {os.getuid()}: not reloaded: {file}:1:8: mode: 1 is not enforce or" in wire.daemon.err
    wire.daemon.end(signal.SIGTERM)


def test_systemd_is_told(wire, file):
    file.write_text("")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(wire.folder / "notify"))
        systemd.settimeout(BOUND)
        wire.start("--config", file, before=("env", f"NOTIFY_SOCKET={wire.folder}/notify"))
        wire.daemon.process.send_signal(signal.SIGHUP)
        said = []
        while len([word for word in said if word != b"WATCHDOG=1"]) < 3:
            said.append(systemd.recv(4096))
        ready, reloading, again = [word for word in said if word != b"WATCHDOG=1"]
        assert ready == again == b"READY=1"
        assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", reloading)
        wire.daemon.end(signal.SIGTERM)
