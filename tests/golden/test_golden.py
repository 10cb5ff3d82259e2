# SPDX-License-Identifier: Apache-2.0
"""Captures of real relays and clients: exactly one copy of every transmission passes (see README.md)."""

import json
from collections import Counter
from pathlib import Path

import pytest

import pcapfile
import relaysieve

CAPTURES = sorted((Path(__file__).parent / "captures").glob("*.pcap"))
TURNS = {"turns off": ["--turn-after", "0"], "turns on": []}

# Transmissions of which not exactly one copy passes: the reasons of their copies, and how many there are.
# Each is what the rule says.
LATE = {("first_copy", "late_copy"): 39}  # relay B hung, its copies come up to 3.9 s late: beyond the window
ECHO = {("echo", "echo"): 3}              # repeated unchanged after 50 ms (two) and 99.7 ms: like the network's echo
PREFIX = {("prefix_delegation", "prefix_delegation"): 1}  # asks for a prefix: from the replies relays learn routes
DEATH = {("turn_passed",): 3}             # relay A died as its turn came: only B's copy came, and was held back
EXCEPTIONS = {
    ("pause-b", "turns off"): LATE, ("pause-b", "turns on"): LATE,
    ("raw-fastretx", "turns off"): ECHO, ("raw-fastretx", "turns on"): ECHO,
    ("failover-relay-a", "turns on"): DEATH,
    ("v6-kea-networkd6", "turns off"): PREFIX, ("v6-kea-networkd6", "turns on"): PREFIX,
}
# With turns off the copy that passes is the first to arrive, but for one: repeated after 99.98 ms, the first relay's copy
# is an echo and the second's, 0.7 ms later, a retransmission.
NOT_THE_FIRST = {"raw-fastretx": 1}

each_capture = pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
each_turns = pytest.mark.parametrize("turns", TURNS)


def truth_of(capture):
    return json.loads(capture.with_suffix(".json").read_text())


def copies(truth):
    """For each transmission that was relayed, the numbers of the frames that must be one."""
    free = set(truth["either"])
    numbers = ([copy["n"] for copy in sent["frames"] if copy["n"] not in free] for sent in truth["transmissions"])
    return [frames for frames in numbers if frames]


def not_exactly_one(truth, verdicts):
    """The transmissions of which not exactly one copy passes, as the reasons of their copies."""
    passed = {line["frame"] for line in verdicts if line["verdict"] == "forward"}
    reasons = {line["frame"]: line["reason"] for line in verdicts}
    return Counter(tuple(reasons[n] for n in frames) for frames in copies(truth) if len(passed & set(frames)) != 1)


def test_all_captures_are_here():
    assert len(CAPTURES) == 34 and len([path for path in CAPTURES if path.stem.startswith("v6-")]) == 7
    assert {len(truth_of(capture)["transmissions"]) > 0 for capture in CAPTURES} == {True}


@each_capture
def test_without_the_filter_the_copies_pass(capture, tmp_path):
    """The trouble, and that the checker sees it."""
    truth = truth_of(capture)
    twice = not_exactly_one(truth, relaysieve.replay(capture, tmp_path, "--mode", "bypass"))
    assert twice == {("bypassed", "bypassed"): len(truth["drop"])}
    assert twice.total() > 0


@each_turns
@each_capture
def test_one_copy_of_every_transmission_passes(capture, turns, tmp_path):
    found = not_exactly_one(truth_of(capture), relaysieve.replay(capture, tmp_path, *TURNS[turns]))
    assert found == EXCEPTIONS.get((capture.stem, turns), {})


@each_turns
@each_capture
def test_only_copies_are_dropped(capture, turns, tmp_path):
    truth = truth_of(capture)
    allowed = {n for frames in copies(truth) for n in frames} | set(truth["either"])
    dropped = {line["frame"] for line in relaysieve.replay(capture, tmp_path, *TURNS[turns]) if line["verdict"] == "drop"}
    assert dropped <= allowed


@each_capture
def test_the_first_copy_to_arrive_passes(capture, tmp_path):
    truth = truth_of(capture)
    passed = {line["frame"] for line in relaysieve.replay(capture, tmp_path, "--turn-after", "0")
              if line["verdict"] == "forward"}
    one_passed = [frames for frames in copies(truth) if len(passed & set(frames)) == 1]
    later = [frames for frames in one_passed if min(frames) not in passed]
    assert len(later) == NOT_THE_FIRST.get(capture.stem, 0)
    assert one_passed


@each_turns
@each_capture
def test_frames_cross_bit_for_bit(capture, turns, tmp_path):
    frames = pcapfile.read(capture)
    kept, taken = tmp_path / "forwarded.pcap", tmp_path / "dropped.pcap"
    verdicts = relaysieve.replay(capture, tmp_path, "--forwarded", kept, "--dropped", taken, *TURNS[turns])
    assert [line["frame"] for line in verdicts] == list(range(1, len(frames) + 1))
    for written, verdict in ((kept, "forward"), (taken, "drop")):
        assert pcapfile.read(written) == [f for f, line in zip(frames, verdicts) if line["verdict"] == verdict]


@each_turns
def test_copies_of_requests_for_prefixes_are_dropped_if_asked_for(turns, tmp_path):
    capture = Path(__file__).parent / "captures/v6-kea-networkd6.pcap"
    verdicts = relaysieve.replay(capture, tmp_path, "--dedup-prefix-delegation", *TURNS[turns])
    assert not not_exactly_one(truth_of(capture), verdicts)
