# SPDX-License-Identifier: Apache-2.0
"""DHCPv6 on a live wire: a real client's SOLICIT by two real relays (tests/golden/captures), and all that tells of it."""

import json
import signal
from pathlib import Path

import frames
import pcapfile
import pytest
from control import ask
from watching import Watcher

CAPTURE = Path(__file__).resolve().parents[1] / "golden/captures/v6-dhclient6.pcap"
END = frames.marker(0)


@pytest.fixture(scope="module")
def conversation():
    """(the two copies of the SOLICIT, the server's two answers, the client's hardware address)"""
    truth = json.loads(CAPTURE.with_suffix(".json").read_text())
    packets = pcapfile.read(CAPTURE)
    copies = [packets[copy["n"] - 1].data for copy in truth["transmissions"][0]["frames"]]
    answers = [packet.data for packet in packets if packet.data[12:14] == b"\x86\xdd" and packet.data[20] == 17
               and packet.data[62] == 13 and packet.data[100] == 2]  # RELAY-REPL with an ADVERTISE
    duid = copies[0].index(b"\0\1\0\x0e\0\1\0\1") + 4  # option 1 of 14 bytes: time, hardware address (RFC 8415 s11.2)
    return copies, answers, copies[0][duid + 8:duid + 14].hex(":")


def crosses(wire, copies, answers=()):
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    left.send(*copies, END)
    came = right.until(END)
    right.send(*answers, END)
    return came, left.until(END)


def test_one_copy_crosses_and_the_answers(wire, conversation):
    copies, answers, _ = conversation
    assert len(copies) == 2 and answers
    wire.start("--mode", "bypass")
    came, _ = crosses(wire, copies)
    assert [frame for frame in came if frame in copies] == copies, "the trouble: both copies"
    wire.daemon.end(signal.SIGTERM)
    wire.start()
    came, back = crosses(wire, copies, answers)
    assert [frame for frame in came if frame in copies] == copies[:1]
    assert [frame for frame in back if frame in answers] == answers
    status = wire.daemon.status()
    assert status["families"]["v6"] == {"second_copy": 1, "first_copy": 1}
    assert status["families"]["v4"] == {}
    relays = ask(wire.daemon, "/v1/relays")[1]["relays"]
    assert sorted((relay["family"], relay["ip"], relay["giaddr"]) for relay in relays) == [
        ("v6", "fd20:30::2", "fd20:20::2"), ("v6", "fd20:30::3", "fd20:20::3")]
    wire.daemon.end(signal.SIGTERM)


def test_traced_by_the_hardware_address_of_either_family(wire, conversation):
    copies, answers, client = conversation
    wire.start()
    with Watcher(wire.daemon, "trace", client, "--json", "--count", len(copies) + len(answers)) as watcher:
        watcher.wait_until_it_looks()
        crosses(wire, copies, answers)
        _, first, second, *said = map(json.loads, watcher.ended().splitlines())
    assert [line["type"] for line in (first, second)] == ["SOLICIT"] * 2 and {line["family"] for line in (first, second, *said)} == {"v6"}
    assert (first["reason"], second["reason"]) == ("first_copy", "second_copy")
    assert second["first_relay"]["ip"] == first["source"]
    assert {line["type"] for line in said} == {"ADVERTISE"} and all(line["message"] == "reply" for line in said)
    assert all(line["yiaddr"].startswith("fd20:20::") for line in said)
    wire.daemon.end(signal.SIGTERM)
