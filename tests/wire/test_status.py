# SPDX-License-Identifier: Apache-2.0
"""The control socket, and `relaysieve status`."""

import re
import signal
import socket
import stat
import subprocess
from pathlib import Path

import frames
import pytest
from control import ask
from lab.box import built
from lab.namespaces import run

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
    assert status == {**wire.daemon.status(), "uptime_seconds": status["uptime_seconds"], "workers": status["workers"]}
    (worker,) = status["workers"]
    assert (worker["stalls"], worker["stalled"]) == (0, False) and 1 <= worker["busy_rounds"] < worker["rounds"]
    assert status["mode"] == "enforce" and status["uptime_seconds"] > 0
    assert status["version"] == run(built("relaysieve"), "--version").strip()
    assert status["totals"] == {"received": 5, "forwarded": 4, "dropped": 1, "refused": 0}
    assert list(status["reasons"]) == [name for name, _ in REASONS] and len(REASONS) > 20
    assert {name: count for name, count in status["reasons"].items() if count} == {
        "second_copy": 1, "first_copy": 1, "not_dhcp": 1, "server_side": 2}
    routers, server = status["ports"]
    assert (routers["name"], routers["side"], routers["driver"], routers["link"]) == ("routers", "routers", "af_packet", True)
    assert (routers["rx_frames"], routers["rx_bytes"]) == (3, len(first) + len(second) + len(END))
    assert (routers["tx_frames"], routers["tx_bytes"]) == (2, 100 + len(END))
    assert (server["rx_frames"], server["tx_frames"], server["refused"], server["missed"]) == (2, 2, 0, 0)

    text = run(built("relaysieve"), "status", "--control", wire.daemon.control)
    assert wire.daemon.sums(text) == (5, 4, 1, 0)
    assert re.search(r"^ +1  drop +second_copy +another relay already brought this transmission$", text, re.M)
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
