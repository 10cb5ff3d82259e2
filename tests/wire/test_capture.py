# SPDX-License-Identifier: Apache-2.0
"""`relaysieve capture`: pcapng that Wireshark's own reader opens, with the reason in each packet's comment."""

import json
import os
import pty
import signal
import subprocess
import time

import frames
import pytest
from control import command
from lab.box import built
from lab.namespaces import run
from watching import Watcher
from wirelab import BOUND

END = frames.marker(0)
FIELDS = ("frame.number", "frame.comment", "frame.interface_name", "frame.packet_flags_direction", "frame.len",
          "frame.cap_len", "dhcp.id")


def packets(file):
    """What tshark reads, a dictionary a packet."""
    words = [word for field in FIELDS for word in ("-e", field)]
    lines = run("tshark", "-r", file, "-T", "fields", "-E", "separator=|", *words).splitlines()
    return [dict(zip(FIELDS, line.split("|"))) for line in lines]


def test_what_is_dropped_with_its_reason_and_first_copy(wire):
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    file = wire.folder / "dropped.pcapng"
    with Watcher(wire.daemon, "capture", "-w", "-", "--count", 3) as watcher:
        watcher.wait_until_it_looks()
        began = time.time()
        first, second = frames.hsrp_pair(1)
        left.send(first, second, first, frames.sized(60), *frames.hsrp_pair(2), END)
        assert len(right.until(END)) == 3
        file.write_bytes(watcher.ended())
    copy, echo, other = packets(file)
    assert copy["frame.comment"].startswith("drop: second_copy: another relay already brought this transmission; first copy ")
    assert copy["frame.comment"].endswith(" ms before, through 10.30.0.2 (02:00:00:30:00:02)")
    assert echo["frame.comment"].startswith("drop: echo: ") and echo["frame.comment"].endswith("through the same relay")
    assert other["frame.comment"].startswith("drop: second_copy: ")
    assert [packet["dhcp.id"] for packet in (copy, echo, other)] == ["0x00000001", "0x00000001", "0x00000002"]
    assert {packet["frame.interface_name"] for packet in (copy, echo, other)} == {"routers"}
    assert {packet["frame.packet_flags_direction"] for packet in (copy, echo, other)} == {"0x00000001"}  # inbound
    assert int(copy["frame.len"]) == int(copy["frame.cap_len"]) == len(second)
    times = [float(line) for line in run("tshark", "-r", file, "-T", "fields", "-e", "frame.time_epoch").split()]
    assert times == sorted(times) and began - 1 < times[0] and times[2] < time.time() + 1
    assert "relaysieve" in run("capinfos", file)


def test_a_first_copy_in_the_capture_is_named_by_its_packet(wire):
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    file = wire.folder / "all.pcapng"
    with Watcher(wire.daemon, "capture", "--reason", "first_copy,second_copy", "-w", file, "--count", 2) as watcher:
        end = time.monotonic() + BOUND
        while not (file.exists() and file.stat().st_size):  # the head comes at once
            assert time.monotonic() < end
            time.sleep(0.01)
        left.send(frames.sized(60), *frames.hsrp_pair(1), END)
        right.until(END)
        assert watcher.ended() == b""
    first, second = packets(file)
    assert first["frame.comment"] == "forward: first_copy: the first copy of a client's transmission"
    assert second["frame.comment"].endswith("through 10.30.0.2 (02:00:00:30:00:02), packet 1 here")


def test_wireshark_gets_packets_as_they_come(wire):
    """Through a pipe, as `-w - | wireshark -k -i -` does; the reader has seen enough after two, and all ends well."""
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    with Watcher(wire.daemon, "capture", "-w", "-") as watcher:
        reader = subprocess.Popen(["tshark", "-i", "-", "-l", "-c", "2", "-T", "fields", "-e", "frame.comment"],
                                  stdin=watcher.process.stdout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        watcher.process.stdout.close()  # it is the reader's alone
        try:
            for xid in range(1, 1000):
                left.send(*frames.hsrp_pair(xid), END)
                right.until(END)
                if reader.poll() is not None:
                    break
                time.sleep(0.1)
            said = reader.communicate(timeout=BOUND)[0].splitlines()
        finally:
            reader.kill()
            reader.wait()
        assert len(said) == 2 and all(line.startswith("drop: second_copy: ") for line in said)
        assert watcher.process.wait(BOUND) == 0
    wire.daemon.end(signal.SIGTERM)


def test_reasons_snaplen_and_lines(wire):
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    file = wire.folder / "short.pcapng"
    with Watcher(wire.daemon, "capture", "--reason", "first_copy,echo", "--snaplen", 60, "-w", "-", "--count", 2) as short, \
            Watcher(wire.daemon, "capture", "--json", "--count", 2) as lines, \
            Watcher(wire.daemon, "capture", "--count", 2) as words:
        for watcher in (short, lines, words):
            watcher.wait_until_it_looks()
        first, second = frames.hsrp_pair(1)
        left.send(first, second, second, END)
        right.until(END)
        file.write_bytes(short.ended())
        head, *said = map(json.loads, lines.ended().splitlines())
        assert head == {"watching": "all", "mode": "enforce"}
        assert [line["reason"] for line in said] == ["second_copy", "echo"]
        assert b"02:aa:00:00:00:01  DISCOVER  00000001  10.30.0.3 > 10.30.0.10" in words.ended()
    assert [(packet["frame.cap_len"], int(packet["frame.len"])) for packet in packets(file)] == [
        ("60", len(first)), ("60", len(second))]


def test_monitor_mode_shows_what_would_go(wire):
    wire.start("--mode", "monitor")
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    with Watcher(wire.daemon, "capture", "--json", "--count", 1) as watcher:
        watcher.wait_until_it_looks()
        left.send(*frames.hsrp_pair(1), END)
        assert len(right.until(END)) == 2
        line = json.loads(watcher.ended().splitlines()[1])
    assert (line["verdict"], line["reason"]) == ("forward", "would_drop_second_copy")


def test_two_workers_records_come_in_order(wire):
    wire.start("--workers", "2", "--driver", "af_packet")
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    with Watcher(wire.daemon, "capture", "--verdict", "all", "--reason", "first_copy,second_copy", "--json", "--count",
                 400) as watcher:
        watcher.wait_until_it_looks()
        for xid in range(200):
            left.send(*frames.hsrp_pair(xid))
        left.send(END)
        lines = [json.loads(line) for line in watcher.ended().splitlines()[1:]]
    assert len({line["frame"] for line in lines}) == 400
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    assert sum(line["verdict"] == "drop" for line in lines) == 200
    assert {line["frame"] % 2 for line in lines} == {0, 1}, "one worker did it all"
    right.drain()


def test_a_reader_who_does_not_read_loses_frames_and_slows_nobody(wire):
    """The command line is stopped while more comes than there is room for; every frame crosses, and what is missing is told."""
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    file = wire.folder / "slow.pcapng"
    burst = [frames.sized(1514)] * 100
    with Watcher(wire.daemon, "capture", "--verdict", "all", "-w", file) as watcher:
        end = time.monotonic() + BOUND
        while not (file.exists() and file.stat().st_size):
            assert time.monotonic() < end
            time.sleep(0.01)
        watcher.process.send_signal(signal.SIGSTOP)
        sent = 0
        for number in range(1, 201):  # 30 MB; there is room for 4 here, and some in the kernel
            left.send(*burst, frames.marker(number))
            assert len(right.until(frames.marker(number))) == len(burst)
            sent += len(burst) + 1
        watcher.process.send_signal(signal.SIGCONT)
        last = frames.marker(250)
        end = time.monotonic() + BOUND
        while last not in file.read_bytes():  # what comes after the gap tells how many are missing
            assert time.monotonic() < end
            left.send(last)
            sent += 1
            time.sleep(0.05)
        watcher.process.send_signal(signal.SIGINT)
        assert watcher.wait() == (0, b"")
    kept = len(packets(file))
    lost = sum(int(line or 0) for line in run("tshark", "-r", file, "-T", "fields", "-e", "frame.drop_count").splitlines())
    assert lost > 1000
    assert sent - 20 <= kept + lost <= sent
    received, forwarded, dropped, refused = wire.daemon.end(signal.SIGTERM)
    assert (received, dropped, refused) == (forwarded, 0, 0) and forwarded >= sent


def test_never_to_a_terminal(wire):
    wire.start()
    leader, follower = pty.openpty()
    try:
        process = subprocess.Popen([*map(str, [built("relaysieve"), "capture", "-w", "-", "--control", wire.daemon.control])],
                                   stdout=follower, stderr=subprocess.PIPE)
        assert process.communicate(timeout=BOUND)[1] == (
            b"relaysieve: -w: a capture file is not for a terminal: -w FILE, or | wireshark -k -i -\n")
        assert process.returncode == 2
    finally:
        os.close(leader)
        os.close(follower)




def test_wrong_words_leave_the_file_as_it_was(wire):
    wire.start()
    file = wire.folder / "precious.pcapng"
    file.write_text("precious")
    assert command(wire.daemon, "capture", "--verdict", "maybe", "-w", file)[0] == 2
    wire.daemon.end(signal.SIGTERM)
    assert command(wire.daemon, "capture", "-w", file)[0] == 1
    assert file.read_text() == "precious"


@pytest.mark.parametrize("words, line", [
    (("--verdict", "maybe"), 'verdict: "maybe" is not drop, forward or all'),
    (("--reason", "echo,because"), 'reason: "because" is none; `relaysieve capture --help` lists them'),
    (("--snaplen", "0"), 'snaplen: "0" is not a whole number from 1 to 4294967295'),
    (("-w", "/nowhere/x"), "/nowhere/x: No such file or directory"),
    (("-w", "-", "--json"), "--json: a capture file is pcapng"),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_wrong_words_are_one_line(wire, words, line):
    wire.start()
    assert command(wire.daemon, "capture", *words) == (2, "", f"relaysieve: {line}\n")
