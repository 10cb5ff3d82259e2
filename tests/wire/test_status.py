# SPDX-License-Identifier: Apache-2.0
"""The control socket, and `relaysieve status`."""

import contextlib
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import frames
import pytest
from control import ask
from lab.box import built
from lab.namespaces import run, wait_until
from wirelab import BOUND

END = frames.marker(0)
REASONS = re.findall(r"^  X\((\w+), (\w+),", (Path(__file__).parents[2] / "include/relaysieve/reason.h").read_text(), re.M)


def test_it_tells_what_it_counts_while_it_runs(wire):
    wire.start("--mode", "enforce", "--driver", "af_packet")
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    first, second = frames.hsrp_pair(1)
    left.send(first, second, END)
    assert right.until(END) == [first]
    right.send(frames.sized(100), END)
    assert left.until(END) == [frames.sized(100)]

    code, status = ask(wire.daemon, "/v1/status")
    assert code == 200
    varies = {name: status[name] for name in ("uptime_seconds", "workers", "rates")}
    assert status == {**wire.daemon.status(), **varies}
    (worker,) = status["workers"]
    assert (worker["stalls"], worker["stalled"]) == (0, False) and 1 <= worker["busy_rounds"] < worker["rounds"]
    assert status["mode"] == "enforce" and status["uptime_seconds"] > 0
    assert status["version"] == run(built("relaysieve"), "--version").strip()
    assert status["totals"] == {"received": 5, "forwarded": 4, "dropped": 1, "refused": 0}
    assert list(status["reasons"]) == [name for name, _ in REASONS] and len(REASONS) > 20
    assert {name: count for name, count in status["reasons"].items() if count} == {
        "second_copy": 1, "first_copy": 1, "not_dhcp": 1, "server_side": 2}
    routers, server = status["ports"]
    assert status["requests"] == {"forwarded": 1, "dropped": 1} and status["relays_heard"] == 2
    assert status["look_at"] == {"level": "ok", "text": "all is well", "command": ""}
    assert (routers["name"], routers["side"], routers["driver"], routers["link"]) == ("routers", "routers", "af_packet", True)
    assert (routers["rx_frames"], routers["rx_bytes"]) == (3, len(first) + len(second) + len(END))
    assert (routers["tx_frames"], routers["tx_bytes"]) == (2, 100 + len(END))
    assert (server["rx_frames"], server["tx_frames"], server["refused"], server["missed"]) == (2, 2, 0, 0)

    text = run(built("relaysieve"), "status", "--control", wire.daemon.control)
    assert wire.daemon.sums(text) == (5, 4, 1, 0)
    assert re.search(r"^ +1  drop +second_copy +another relay already brought this transmission$", text, re.M)
    assert text.splitlines()[1] == "all is well"
    assert "echo" not in text  # what has not occurred is not listed
    wire.daemon.end(signal.SIGTERM)


def test_the_socket_is_for_the_owner_and_its_group(wire):
    wire.start()
    assert stat.S_IMODE(wire.daemon.control.stat().st_mode) == 0o660


def test_its_folder_is_made_and_a_dead_daemons_socket_replaced(wire):
    wire.folder = wire.folder / "run" / "relaysieve"
    wire.folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(wire.folder / "control.sock"))
    wire.start()
    assert wire.daemon.status()["totals"]["received"] == 0
    wire.daemon.process.kill()
    wire.daemon.wait_for_end()
    assert wire.daemon.control.exists()  # left behind
    wire.daemon.kill()
    wire.start()
    assert wire.daemon.status()["totals"]["received"] == 0


def test_nobody_there(tmp_path):
    done = subprocess.run([built("relaysieve"), "status", "--control", tmp_path / "nobody.sock"], capture_output=True, text=True,
                          timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"relaysieve: control socket {tmp_path}/nobody.sock: no relaysieved answers\n"


@pytest.mark.parametrize("mode, crossed, reason", [
    ("enforce", 1, "second_copy"), ("monitor", 2, "would_drop_second_copy"), ("bypass", 2, "bypassed")])
def test_modes(wire, mode, crossed, reason):
    wire.start("--mode", mode)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    left.send(*frames.hsrp_pair(1), END)
    assert len(right.until(END)) == crossed
    status = wire.daemon.status()
    assert status["mode"] == mode and status["reasons"][reason] >= 1


def test_rates_are_of_the_last_seconds(wire):
    wire.start("--driver", "af_packet")
    left, right = wire.tap(wire.left), wire.tap(wire.right)

    def rates():
        status = wire.daemon.status()["rates"]
        return {**status, **{port["name"]: port for port in status["ports"]}}

    wait_until(lambda: "routers" in rates(), "the first sample", BOUND)  # a daemon with a small memory is ready before
    assert rates()["routers"]["rx_frames"] == 0
    begin = time.monotonic()
    left.send(*frames.hsrp_pair(1), *[frames.sized(1000)] * 97, END)
    assert len(right.until(END)) == 98
    wait_until(lambda: rates()["routers"]["rx_frames"] > 0, "rates", BOUND)
    seen = rates()
    elapsed = time.monotonic() - begin
    # A hundred frames over whatever time that was; a sample is a second old at most, and what was before it counts.
    over = seen["over_seconds"]
    assert 0 < over <= elapsed + 5 and seen["routers"]["rx_frames"] == pytest.approx(100 / over, rel=0.1, abs=0.1)
    assert seen["routers"]["tx_frames"] == seen["server"]["rx_frames"] == 0
    assert seen["server"]["tx_frames"] == pytest.approx(99 / over, rel=0.1, abs=0.1)
    assert seen["routers"]["rx_bits"] > 97 * 8000 / over * 0.9
    assert seen["requests"] == pytest.approx(2 / over, rel=0.1, abs=0.1)
    assert seen["dropped"] == pytest.approx(1 / over, rel=0.1, abs=0.1)
    text = run(built("relaysieve"), "status", "--control", wire.daemon.control)
    assert re.search(r"^port +frames/s in +bits/s in +frames/s out +bits/s out   over the last \d+ s$", text, re.M), text
    # And when nothing comes any more they go back to nothing.
    wait_until(lambda: rates()["routers"]["rx_frames"] == 0, "an end of the rates", BOUND)


def test_a_port_that_is_held_down_is_told_from_one_that_has_lost_its_link(wire):
    wire.start()
    for host in (wire.left, wire.right):
        wire.wait_for_carrier(host, "eth0", True)
    assert [wire.daemon.port(side)["held"] for side in ("routers", "server")] == [False, False]
    wire.right.ip("link", "set", "eth0", "down")
    wait_until(lambda: wire.daemon.port("routers")["held"], "routers held", BOUND)
    status = wire.daemon.status()
    assert [(port["link"], port["held"]) for port in status["ports"]] == [(False, True), (False, False)]
    assert status["look_at"] == {"level": "problem", "command": "ip link show server",
                                 "text": "no link: port server; held down with it (link_loss): port routers"}
    text = run(built("relaysieve"), "status", "--control", wire.daemon.control)
    assert re.search(r"^routers +routers +\w+ +held ", text, re.M) and re.search(r"^server +server +\w+ +down ", text, re.M)
    wire.right.ip("link", "set", "eth0", "up")
    wait_until(lambda: wire.daemon.status()["look_at"]["level"] == "ok", "both links", BOUND)
    assert all(port["link"] and not port["held"] for port in wire.daemon.status()["ports"])


@pytest.mark.parametrize("environment, coloured", [
    ({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False), ({"TERM": ""}, False)],
    ids=["a terminal", "NO_COLOR", "NO_COLOR empty", "TERM=dumb", "no TERM"])
def test_colour_only_where_it_is_wanted(wire, environment, coloured):
    wire.start("--mode", "monitor")
    words = [built("relaysieve"), "status", "--control", wire.daemon.control]
    assert "\x1b" not in run(*words)  # a pipe
    text = on_terminal(words, {"TERM": "xterm-256color", **environment})
    assert ("\x1b[33mmode monitor: " in text) == coloured == ("\x1b" in text)


def on_terminal(words, environment):
    """What a program prints on a terminal."""
    here, there = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with open(here, "rb", buffering=0) as screen:
        done = subprocess.Popen([str(word) for word in words], stdout=there, stdin=there, env={**plain, **environment})
        os.close(there)
        text = b""
        with contextlib.suppress(OSError):  # EIO: nobody has the terminal open any more
            while piece := screen.read(65536):
                text += piece
        assert done.wait(BOUND) == 0
    return text.decode()
