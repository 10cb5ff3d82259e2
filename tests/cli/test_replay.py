# SPDX-License-Identifier: Apache-2.0
"""What `relaysieve replay` reports, in every mode, and who may run it."""

import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import pytest

import pcapfile
import relaysieve

CAPTURES = relaysieve.ROOT / "tests/golden/captures"
STORM = CAPTURES / "storm-60.pcap"  # 132 transmissions, each brought by two relays


# The report.

def test_the_report(tmp_path):
    done = relaysieve.run("replay", STORM)
    assert (done.status, done.err) == (0, "")
    for line in (r"storm-60\.pcap: 547 frames over .* mode enforce", r"  264  requests", r"  132  first copies", r"  132  second copies",
                 r"  0  retransmissions", r"  0  late copies", r"  0  turns", r"547 read = 415 forwarded \+ 132 dropped: the sums agree",
                 r"  132  second_copy +another relay already brought this transmission", r"forwarded undecided: none",
                 r"  264  reply +a BOOTREPLY, or what a DHCPv6 server says"):
        assert re.search(line + "$", done.out, re.MULTILINE), line


def test_the_report_as_json_agrees_with_the_verdicts(tmp_path):
    for capture in sorted(CAPTURES.glob("*.pcap")):
        done = relaysieve.run("replay", capture, "--json", "--verdicts", tmp_path / "lines")
        lines, report = relaysieve.verdicts(tmp_path / "lines"), done.report()
        count = Counter(line["reason"] for line in lines)
        assert (done.status, report["reasons"]) == (0, count), capture
        assert report["sums_agree"] is True
        assert report["frames"] == len(lines) == report["forwarded"] + report["dropped"]
        assert report["dropped"] == sum(line["verdict"] == "drop" for line in lines)
        assert (report["first_copies"], report["second_copies"]) == (count["first_copy"], count["second_copy"])
        assert (report["late_copies"], report["retransmissions"]) == (count["late_copy"], count["retransmission"])
        assert report["turns"] == count["turn_passed"]
        lags = [line["lag_us"] for line in lines if "lag_us" in line and line["reason"] != "echo"]
        assert sum(pair["copies"] for pair in report["pairs"]) + report["other_pairs"] == len(lags)
        if lags:
            assert min(pair["lag_us"]["min"] for pair in report["pairs"]) == min(lags)
            assert max(pair["lag_us"]["max"] for pair in report["pairs"]) == max(lags)


def test_pairs_of_relays(tmp_path):
    report = relaysieve.run("replay", STORM, "--json", "--verdicts", tmp_path / "lines").report()
    a = {"ip": "10.30.0.2", "mac": "02:00:00:30:00:02", "port": 0}
    b = {"ip": "10.30.0.3", "mac": "02:00:00:30:00:03", "port": 0}
    by_pair = {(pair["first"]["ip"], pair["second"]["ip"]): pair for pair in report["pairs"]}
    assert by_pair.keys() == {(a["ip"], b["ip"]), (b["ip"], a["ip"])}
    frames = pcapfile.read(STORM)
    source = {a["mac"]: a["ip"], b["mac"]: b["ip"]}
    lags = {}
    for line in relaysieve.verdicts(tmp_path / "lines"):
        if line["verdict"] == "drop":
            pair = tuple(source[frames[line[n] - 1].data[6:12].hex(":")] for n in ("first_frame", "frame"))
            lags.setdefault(pair, []).append(line["lag_us"])
    for key, pair in by_pair.items():
        exact = sorted(lags[key])
        assert pair["copies"] == len(exact)
        assert (pair["lag_us"]["min"], pair["lag_us"]["max"]) == (exact[0], exact[-1])
        # The histogram's buckets are 1/32 wide: the middle of one is at most 1/64 off.
        assert pair["lag_us"]["median"] == pytest.approx(exact[(len(exact) + 1) // 2 - 1], rel=1 / 64)


def distribution(text):
    """The bars: {up to where, us: copies}; no line is longer than 80 columns."""
    unit = {"us": 1, "ms": 1000, "s": 10**6}
    assert max(map(len, text.splitlines())) <= 120
    bars = re.findall(r"^  to +([0-9]+)([um]?s) +(\d+) +[0-9.]+%(?:  #{1,40})?$", text, re.MULTILINE)
    return {int(limit) * unit[of]: int(copies) for limit, of, copies in bars}


def test_how_far_apart_copies_come(tmp_path):
    """Every copy is in one bar, and in one bucket."""
    for name in ("storm-60", "pause-b", "raw-fastretx"):
        capture = CAPTURES / f"{name}.pcap"
        report = relaysieve.run("replay", capture, "--json", "--verdicts", tmp_path / "lines").report()
        lines = relaysieve.verdicts(tmp_path / "lines")
        lags = sorted(line["lag_us"] for line in lines if "lag_us" in line and line["reason"] != "echo")
        spread = report["lag"]
        assert spread["copies"] == len(lags) == sum(copies for _, copies in spread["distribution"]) > 10
        assert [int(spread["lag_us"][name]) for name in ("min", "max")] == [lags[0], lags[-1]]
        assert report["echoes"]["copies"] == sum(line["reason"] == "echo" for line in lines)
        bars = distribution(relaysieve.run("replay", capture).out)
        assert sum(bars.values()) == len(lags)
        below = 0
        for limit, copies in bars.items():
            below += copies
            # A bucket lies whole in one bar, and is 1/32 wide.
            assert sum(lag <= limit * 31 / 32 for lag in lags) <= below <= sum(lag < limit * 33 / 32 for lag in lags)


def test_how_soon_clients_repeat_themselves():
    """Unchanged after 50 ms (echoes) to 1 s; three come a little later than the window and are first copies."""
    report = relaysieve.run("replay", CAPTURES / "raw-fastretx.pcap", "--json").report()
    assert report["repetitions"]["copies"] == report["retransmissions"] + report["turns"] + 3 == 17
    assert 100_000 < report["repetitions"]["lag_us"]["min"] < 101_000
    assert relaysieve.run("replay", STORM, "--json").report()["repetitions"] == {"copies": 0, "lag_us": None, "distribution": []}


def test_who_brought_what():
    """The relays' reasons add up to the requests'."""
    report = relaysieve.run("replay", STORM, "--json").report()
    assert [(relay["ip"], relay["giaddr"], relay["copies"]) for relay in report["relays"]] == [
        ("10.30.0.3", "10.20.0.3", 132), ("10.30.0.2", "10.20.0.2", 132)]
    assert sum(relay["reasons"]["first_copy"] for relay in report["relays"]) == report["first_copies"] == 132
    assert sum(relay["second_copies"] for relay in report["relays"]) == report["second_copies"] == 132
    assert report["others"]["copies"] == 0


def test_a_malformed_frame_is_undecided(tmp_path):
    frames = pcapfile.read(STORM)[2:4]
    capture = tmp_path / "in.pcap"
    capture.write_bytes(pcapfile.pack([frames[0]._replace(data=frames[0].data[:100]), frames[1]]))
    report = relaysieve.run("replay", capture, "--json").report()
    assert report["undecided"] == {"malformed_ip": 1}
    assert re.search(r"^forwarded undecided\n +1  malformed_ip +an IP header", relaysieve.run("replay", capture).out, re.MULTILINE)


# Modes.

def test_monitor_forwards_everything_and_says_what_it_would_drop(tmp_path):
    enforced = relaysieve.replay(STORM, tmp_path)
    kept = tmp_path / "kept.pcap"
    monitored = relaysieve.replay(STORM, tmp_path, "--mode", "monitor", "--forwarded", kept)
    assert {line["verdict"] for line in monitored} == {"forward"}
    assert pcapfile.read(kept) == pcapfile.read(STORM)
    would = [line["frame"] for line in monitored if line["reason"] == "would_drop_second_copy"]
    assert would == [line["frame"] for line in enforced if line["verdict"] == "drop"] and len(would) == 132
    assert "  132  second copies" in relaysieve.run("replay", STORM, "--mode", "monitor").out


def test_bypass_looks_at_nothing(tmp_path):
    assert {line["reason"] for line in relaysieve.replay(STORM, tmp_path, "--mode", "bypass")} == {"bypassed"}


# Who runs it and where.

def test_it_needs_no_privilege():
    if os.getuid() != 0:
        assert relaysieve.run("replay", STORM).status == 0
        return
    with tempfile.TemporaryDirectory() as folder:  # outside pytest's folders, which are root's alone
        program, capture = shutil.copy(relaysieve.BINARY, folder), shutil.copy(STORM, folder)
        os.chown(folder, 65534, 65534)
        done = subprocess.run([program, "replay", capture, "--verdicts", f"{folder}/lines"], user=65534, group=65534,
                              extra_groups=[], capture_output=True, timeout=relaysieve.BOUND)
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(relaysieve.verdicts(f"{folder}/lines")) == 547
        assert Path(folder, "lines").stat().st_uid == 65534


def test_it_does_not_load_dpdk():
    """Loading it would take longer than most replays."""
    loaded = subprocess.run(["ldd", relaysieve.BINARY], check=True, capture_output=True, timeout=relaysieve.BOUND).stdout
    assert b"libpcap" in loaded and b"librte" not in loaded
