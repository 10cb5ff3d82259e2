# SPDX-License-Identifier: Apache-2.0
"""A worker that stands still: the log says so, status shows it, and systemd's watchdog is not told that all is well."""

import re
import signal
import socket
import time

import frames
import pytest
from control import command
from hold import held, threads
from lab.namespaces import wait_until
from wirelab import BOUND

END = frames.marker(0)
WATCHDOG = 1.0  # s; systemd's WatchdogSec, of which half is the period


def health(wire):
    return [(worker["stalls"], worker["stalled"]) for worker in wire.daemon.status()["workers"]]


def logged(wire):
    return re.findall(r": (?:error: worker_stalled|info: worker_moves): worker (\d) (has stalled: it has not moved for|moves again, after) [\d.ms]+$", wire.daemon.err, re.M)


@pytest.fixture
def manager(tmp_path):
    """systemd's end of the notification socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify.sock"))
        made.settimeout(BOUND)
        yield made


def with_watchdog(manager):
    return ("env", f"NOTIFY_SOCKET={manager.getsockname()}", f"WATCHDOG_USEC={WATCHDOG * 1e6:.0f}")


def told(manager):
    """All that systemd has been told by now."""
    said = []
    manager.setblocking(False)
    try:
        while True:
            said.append(manager.recv(100))
    except BlockingIOError:
        return said
    finally:
        manager.settimeout(BOUND)


def test_a_worker_that_stalls_is_seen_and_told(wire, manager):
    wire.start("--workers", 2, before=with_watchdog(manager))
    assert manager.recv(100) == b"READY=1"
    for _ in range(3):
        assert manager.recv(100) == b"WATCHDOG=1"
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    left.send(END)
    assert right.until(END) == []
    assert health(wire) == [(0, False), (0, False)] and "stall" not in wire.daemon.err

    worker = threads(wire.daemon.process.pid, "worker")[1]
    with held(worker):
        wait_until(lambda: health(wire)[1] == (1, True), "the stall", BOUND)
        assert health(wire)[0] == (0, False)
        assert "\nstalls of worker 1: 1, and it stands still now\n" in command(wire.daemon, "status")[1]
        assert logged(wire) == [("1", "has stalled: it has not moved for")]
        told(manager)
        time.sleep(2 * WATCHDOG)  # systemd would lose its patience here
        assert told(manager) == []
    wait_until(lambda: health(wire)[1] == (1, False), "its end", BOUND)
    assert logged(wire) == [("1", "has stalled: it has not moved for"), ("1", "moves again, after")]
    assert manager.recv(100) == b"WATCHDOG=1"
    seconds = float(re.search(r"worker 1 moves again, after ([\d.]+)s$", wire.daemon.err, re.M)[1])
    assert seconds > 1 + 2 * WATCHDOG
    assert command(wire.daemon, "status")[1].endswith("\nstalls of worker 1: 1\n")
    left.send(END)
    assert right.until(END) == []

    with held(worker):  # another time is told again
        wait_until(lambda: health(wire)[1] == (2, True), "the second stall", BOUND)
    wire.daemon.end(signal.SIGTERM)


def test_a_short_hold_and_a_process_that_was_stopped_are_no_stall(wire):
    wire.start()
    worker, = threads(wire.daemon.process.pid, "worker")
    with held(worker):
        time.sleep(0.3)
    wire.daemon.process.send_signal(signal.SIGSTOP)
    time.sleep(2)
    wire.daemon.process.send_signal(signal.SIGCONT)
    rounds = wire.daemon.status()["workers"][0]["rounds"]
    wait_until(lambda: wire.daemon.status()["workers"][0]["rounds"] > rounds + 20, "some rounds", BOUND)
    assert health(wire) == [(0, False)] and "stall" not in wire.daemon.err
    wire.daemon.end(signal.SIGTERM)


def test_who_has_no_watchdog_is_not_told(wire, manager):
    wire.start(before=("env", f"NOTIFY_SOCKET={manager.getsockname()}"))
    assert manager.recv(100) == b"READY=1"
    time.sleep(1)
    wire.daemon.end(signal.SIGTERM)
    assert told(manager) == [b"STOPPING=1"]
