# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around the daemon: no memory, a full disk, a clock that jumps. It says so in one line, and no frame minds."""

import re
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import frames
import pytest
from control import ask, change, command
from lab.box import built
from lab.namespaces import wait_until
from wirelab import BOTH_DRIVERS, BOUND

END = frames.marker(0)
FAKE_CLOCK = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


def on_a_small_disk(folder, run='exec "$@"'):
    """What to run a program with that finds 64 KiB of disk at `folder`, and nobody else does."""
    return ("unshare", "--mount", "sh", "-c", f"mount -t tmpfs -o size=64k none {folder} && {run}", "sh")


def passes(left, right, *more):
    """A pair of copies, of which the first gets through, and what else has to."""
    passes.xid += 1
    copies = frames.hsrp_pair(passes.xid)
    left.send(*copies, *more, END)
    assert right.until(END) == [copies[0], *more]


passes.xid = 0


@BOTH_DRIVERS
def test_memory_that_cannot_be_had_is_one_line(wire, driver):
    ports = ("--routers", "routers", "--server", "server", "--driver", driver)
    daemon = wire.launch(*ports, "--clients", 16 << 20, before=("prlimit", f"--data={10**9}"))  # it takes 1.5 GB
    assert daemon.wait_for_end() == 1
    assert daemon.err == "relaysieved: clients: no memory for 16777216\n"
    # Whatever it is that does not get its memory, from the first table to the last thread.
    limits, ends = range(24, 400, 12), []
    for megabytes in limits:
        daemon = wire.launch(*ports, before=("prlimit", f"--data={megabytes}000000"))
        wait_until(lambda: daemon.process.poll() is not None or "relaysieved: ready\n" in daemon.out, "ready, or the end", BOUND)
        ends.append(daemon.process.poll())
        if ends[-1] is None:
            break
        said = [line for line in daemon.err.splitlines() if not re.search(r": info: |: warning: |^(EAL: FATAL|libbpf): ", line)]
        ours, nftables = said[0].startswith("relaysieved: "), said[0].endswith("Memory allocation failure")
        assert len(said) == 1 and (ours or nftables), daemon.err
        # Where libbpf gets no memory for the kernel's types, it says that there are none: so AF_XDP is what is wrong.
        assert ends[-1] == (2 if "before Linux 6.8" in said[0] else 1), (megabytes, ends[-1], daemon.err)
        daemon.kill()
    assert ends[-1] is None and ends.count(1) > 2, "it never had enough, or always"
    wire.daemon.end(signal.SIGTERM)


def test_a_full_disk_ends_the_capture_and_nothing_else(wire, tmp_path):
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    disk, kept = tmp_path / "disk", tmp_path / "kept.pcapng"
    disk.mkdir()
    capture = subprocess.Popen(
        [*on_a_small_disk(disk, f'"$@"; status=$?; cp {disk}/all.pcapng {kept}; exit $status'), built("relaysieve"), "capture", "-w", disk / "all.pcapng", "--verdict", "all", "--control", wire.daemon.control],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        def full():
            for _ in range(20):
                passes(left, right, frames.marker(1))
            return capture.poll() is not None
        wait_until(full, "the end of the capture", BOUND)
        assert capture.wait() == 1
        assert capture.stderr.read().splitlines()[-1].endswith("No space left on device")
    finally:
        capture.kill()
        capture.communicate()
    passes(left, right)
    assert "stall" not in wire.daemon.err
    read = subprocess.run(["tshark", "-r", kept], capture_output=True, text=True, timeout=BOUND)  # its last packet may be cut short
    assert len(read.stdout.splitlines()) > 100, read.stderr
    wire.daemon.end(signal.SIGTERM)


def test_settings_stay_as_they_were_where_the_disk_is_full(wire, tmp_path):
    disk, text = tmp_path / "disk", 'window = "900ms"  # as agreed\n'
    disk.mkdir()
    (tmp_path / "before.toml").write_text(text)
    file = disk / "wire.toml"
    wire.start("--config", file, before=on_a_small_disk(
        disk, f'cp {tmp_path}/before.toml {file}; head --bytes=1M /dev/zero > {disk}/rest 2>/dev/null; exec "$@"'))
    status, out, err = command(wire.daemon, "set", "--save", "window", "800ms")
    assert status == 1 and out == "" and err.endswith("No space left on device\n") and len(err.splitlines()) == 1
    seen_by_it = Path(f"/proc/{wire.daemon.process.pid}/root{file}")
    assert seen_by_it.read_text() == text and sorted(seen_by_it.parent.iterdir()) == [seen_by_it.parent / "rest", seen_by_it]
    assert ask(wire.daemon, "/v1/settings")[1]["window"]["value"] == "900ms"
    (seen_by_it.parent / "rest").unlink()
    assert command(wire.daemon, "set", "--save", "window", "800ms")[0] == 0
    assert "800ms" in seen_by_it.read_text()
    wire.daemon.end(signal.SIGTERM)


@pytest.fixture
def clock(tmp_path):
    """The daemon's clock of the day, to be set; its monotonic clock goes on."""
    class Clock:
        file = tmp_path / "clock"
        before = ("env", f"LD_PRELOAD={FAKE_CLOCK}", f"FAKETIME_TIMESTAMP_FILE={file}", "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1")

        def jump(self, seconds):
            self.file.write_text(f"{seconds:+d}s\n")
    made = Clock()
    made.jump(0)
    return made


def test_a_clock_that_jumps_by_hours_has_no_effect(wire, clock):
    wire.start("--turn-after", "0s", before=clock.before)
    left, right = wire.tap(wire.left), wire.tap(wire.right)

    def hours_ahead(window):
        """The daemon's clock of the day, by its log; asked by a change of a setting that none of these copies minds."""
        assert change(wire.daemon, window=window)[0] == 200
        when = wire.daemon.err.splitlines()[-1].split()[0]
        return round((datetime.fromisoformat(when) - datetime.now()).total_seconds() / 3600)

    for number, hours in enumerate((0, 5, -5, 48, 0), 100):
        first, second = frames.hsrp_pair(number)
        left.send(first, END)
        assert right.until(END) == [first]
        clock.jump(hours * 3600)
        assert hours_ahead(f"{number}0ms") == hours
        left.send(second, END)
        assert right.until(END) == []
        time.sleep(0.11)  # longer than the echo window
        left.send(first, END)
        assert right.until(END) == [first]
        time.sleep(number / 100 + 0.01)  # longer than the window
        left.send(second, END)
        assert right.until(END) == [second]
    reasons = wire.daemon.status()["reasons"]
    assert (reasons["first_copy"] + reasons["late_copy"], reasons["second_copy"], reasons["retransmission"]) == (10, 5, 5)
    wire.daemon.end(signal.SIGTERM)
