# SPDX-License-Identifier: Apache-2.0
"""How `relaysieve replay` ends: wrong words, and outputs that cannot be written."""

import re
import resource
import shutil
import signal
import subprocess

import pytest

import pcapfile
import relaysieve
from test_replay import STORM


def one_line(done, status, *parts):
    assert (done.status, done.out) == (status, ""), done
    assert done.err.count("\n") == 1 and done.err.endswith("\n"), done.err
    for part in parts:
        assert part in done.err


# Wrong words.

WRONG = {
    "no file": ([], "IN"),
    "unknown flag": (["in", "--windwo", "1s"], "--windwo"),
    "two inputs": (["in", "in2"], "in2"),
    "flag without value": (["in", "--window"], "--window"),
    "no unit": (["in", "--window", "1"], '--window: "1" is not a duration'),
    "too long": (["in", "--window", "6s"], "from 10ms to 5s"),
    "too short": (["in", "--window", "9ms"], "from 10ms to 5s"),
    "GRUB": (["in", "--echo-window", "200ms"], "GRUB repeats a request after 200ms"),
    "echo above window": (["in", "--window", "100ms", "--echo-window", "150ms"], "150ms is not below the window, 100ms"),
    "window below echo": (["in", "--window", "50ms"], "50ms is not above the echo_window, 100ms by default"),
    "turns too late": (["in", "--turn-after", "61s"], "from 0 to 60s"),
    "mode": (["in", "--mode", "strict"], '"strict" is not enforce or monitor or bypass'),
    "match": (["in", "--match", "all"], '"all" is not content or identity'),
    "scope": (["in", "--scope", "vlan"], '"vlan" is not subnet or any or exact'),
    "bits": (["in", "--subnet-bits", "33"], "a whole number from 0 to 32"),
    "network": (["in", "--trusted-relays", "10.0.0.0/33"], "an IP address or network"),
    "clients": (["in", "--clients", "63"], "a whole number from 64 to 16777216"),
    "missing file": (["/nonexistent/in.pcap"], "/nonexistent/in.pcap: No such file or directory"),
    "a folder": (["/tmp"], "/tmp: not a capture"),
    "missing settings": ([STORM, "--config", "/nonexistent/c.toml"], "/nonexistent/c.toml: "),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_words_are_one_line_and_status_2(name):
    words, part = WRONG[name]
    one_line(relaysieve.run("replay", *words), 2, part)


def test_a_command_is_needed():
    one_line(relaysieve.run(), 2, "a command is needed")
    one_line(relaysieve.run("reply"), 2, "reply")


def test_help_has_every_flag_and_an_example():
    done = relaysieve.run("replay", "--help")
    assert (done.status, done.err) == (0, "")
    for flag in ("config window echo-window scope subnet-bits match turn-after mode forwarded dropped verdicts json ignore-vlan "
                 "trusted-relays clients").split():
        assert re.search(rf"^  --{flag}\b", done.out, re.MULTILINE), flag
    assert "default 100ms; 0 to below 200ms" in done.out
    assert re.search(r"^Example: .*\n  relaysieve replay ", done.out, re.MULTILINE)


# Outputs.

@pytest.mark.parametrize("flag", ["--forwarded", "--dropped", "--verdicts"])
def test_an_output_that_is_the_input_is_refused(flag, tmp_path):
    capture, link = tmp_path / "in.pcap", tmp_path / "link.pcap"
    shutil.copy(STORM, capture)
    link.hardlink_to(capture)
    for output in (capture, link):
        one_line(relaysieve.run("replay", capture, flag, output), 2, f"{output}: is the input as well")
        with open(capture, "rb") as stdin:
            one_line(relaysieve.run("replay", "-", flag, output, stdin=stdin), 2, f"{output}: is the input as well")
    assert capture.read_bytes() == STORM.read_bytes()


def test_one_file_for_two_outputs_is_refused(tmp_path):
    out = tmp_path / "out"
    one_line(relaysieve.run("replay", STORM, "--forwarded", out, "--dropped", tmp_path / "." / "out"), 2, "is given for two outputs")
    assert not out.exists()
    assert relaysieve.run("replay", STORM, "--forwarded", "/dev/null", "--dropped", "/dev/null").status == 0


@pytest.mark.parametrize("flag", ["--forwarded", "--dropped", "--verdicts"])
def test_an_output_that_cannot_be_made_is_a_wrong_word(flag, tmp_path):
    out = tmp_path / "missing" / "out"
    one_line(relaysieve.run("replay", STORM, flag, out), 2, f"{out}: No such file or directory")
    one_line(relaysieve.run("replay", STORM, flag, "-"), 2, "-: an output must be a file with a name")


@pytest.mark.parametrize("flag", ["--forwarded", "--dropped", "--verdicts"])
def test_a_full_disk_is_a_failure(flag):
    one_line(relaysieve.run("replay", STORM, flag, "/dev/full"), 1, "/dev/full: No space left on device")


@pytest.mark.parametrize("flag", ["--forwarded", "--dropped", "--verdicts"])
def test_a_disk_that_fills_up_is_a_failure(flag, tmp_path):
    """The last of several pieces is written in part. What is there by then is what it would have been."""
    frames, capture, out, whole = pcapfile.read(STORM), tmp_path / "in.pcap", tmp_path / "out", tmp_path / "whole"
    span = frames[-1].time - frames[0].time + 10**10
    capture.write_bytes(pcapfile.pack([frame._replace(time=frame.time + n * span) for n in range(30) for frame in frames]))
    assert relaysieve.run("replay", capture, flag, whole).status == 0

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    one_line(relaysieve.run("replay", capture, flag, out, preexec_fn=limited), 1, f"{out}: File too large")
    assert whole.stat().st_size > 1_000_000
    assert out.read_bytes() == whole.read_bytes()[:600_000]


def test_a_report_that_cannot_be_written_is_a_failure():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([relaysieve.BINARY, "replay", STORM], stdout=full, stderr=subprocess.PIPE, timeout=relaysieve.BOUND)
    assert (done.returncode, done.stderr) == (1, b"relaysieve: standard output: cannot be written\n")
