# SPDX-License-Identifier: Apache-2.0
"""`relaysieve replay` of long captures: constant memory, and a sign of life on a terminal."""

import os
import pty
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pcapfile
import relaysieve

STORM = relaysieve.ROOT / "tests/golden/captures/storm-60.pcap"


def peak_memory(capture):
    child = subprocess.Popen([relaysieve.BINARY, "replay", capture], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_maxrss * 1024


def test_memory_is_constant(tmp_path):
    """The same clients, at it for hours."""
    frames = pcapfile.read(STORM)
    span = frames[-1].time - frames[0].time + 10**10
    short, long = tmp_path / "short.pcap", tmp_path / "long.pcap"
    short.write_bytes(pcapfile.pack(frames))
    with open(long, "wb") as file:
        for again in range(300):
            later = pcapfile.pack([frame._replace(time=frame.time + again * span) for frame in frames])
            file.write(later if again == 0 else later[24:])
    assert long.stat().st_size > 50_000_000
    assert peak_memory(long) - peak_memory(short) < long.stat().st_size / 20


def test_without_a_thread_to_write(tmp_path):
    """A user who may have no more processes: then the one there is does it."""
    frames = pcapfile.read(STORM) * 20
    with tempfile.TemporaryDirectory() as folder:  # outside pytest's folders, which are root's alone
        program, capture, out = shutil.copy(relaysieve.BINARY, folder), Path(folder, "in.pcap"), Path(folder, "out.pcap")
        capture.write_bytes(pcapfile.pack(frames))
        os.chmod(folder, 0o777)
        user = {"user": 61234, "group": 61234, "extra_groups": []} if os.getuid() == 0 else {}
        limit = lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        done = subprocess.run([program, "replay", capture, "--mode", "monitor", "--forwarded", out], capture_output=True,
                              timeout=relaysieve.BOUND, preexec_fn=limit, **user)
        assert (done.returncode, done.stderr) == (0, b"")
        assert out.stat().st_size > 3_000_000
        assert pcapfile.read(out) == frames


# The progress bar.

def until(master, wanted, feed=lambda: None):
    seen, deadline = b"", time.monotonic() + relaysieve.BOUND
    while wanted not in seen and time.monotonic() < deadline:
        feed()
        os.set_blocking(master, False)
        try:
            seen += os.read(master, 65536)
        except BlockingIOError:
            time.sleep(0.01)
    return seen


def test_progress_on_a_terminal(tmp_path):
    raw = STORM.read_bytes()
    master, terminal = pty.openpty()
    child = subprocess.Popen([relaysieve.BINARY, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=terminal)
    try:
        child.stdin.write(raw)
        # A long job: frames keep coming until it has said how far it is.
        assert b" frames" in until(master, b" frames", lambda: child.stdin.write(raw[24:]))
        child.stdin.close()
        assert b"the sums agree" in child.stdout.read()
        assert child.wait(relaysieve.BOUND) == 0
        assert until(master, b"\r\x1b[K").endswith(b"\r\x1b[K"), "the line is wiped"
    finally:
        child.kill()
        child.wait()
        os.close(master)
        os.close(terminal)


def test_no_progress_elsewhere():
    raw = STORM.read_bytes()
    child = subprocess.Popen([relaysieve.BINARY, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        child.stdin.write(raw)
        began = time.monotonic()
        while time.monotonic() - began < 1:  # longer than a terminal would wait for its first sign
            child.stdin.write(raw[24:])
        assert child.communicate(timeout=relaysieve.BOUND)[1] == b""
    finally:
        child.kill()
        child.wait()
