# SPDX-License-Identifier: Apache-2.0
"""`relaysieve advise CAPTURE`: what it makes of real captures, and of copies whose times are made."""

import re
import shlex
import subprocess

import pytest

import pcapfile
import relaysieve

CAPTURES = relaysieve.ROOT / "tests/golden/captures"
STORM = CAPTURES / "storm-60.pcap"
MS = 10**6
B_MAC, B_SOURCE, B_GIADDR = bytes.fromhex("020000300003"), bytes((10, 30, 0, 3)), bytes((10, 20, 0, 3))
GIADDR_AT = 14 + 20 + 8 + 24


def advice(capture, *flags):
    report = relaysieve.run("advise", capture, "--json", *flags).report()
    return report, {one["setting"]: one for one in report["advice"]}


def changed(tmp_path, change):
    """The storm with other frames of router B."""
    frames = [frame._replace(**change(frame)) if frame.data[6:12] == B_MAC and frame.data[26:30] == B_SOURCE else frame
              for frame in pcapfile.read(STORM)]
    capture = tmp_path / "changed.pcap"
    capture.write_bytes(pcapfile.pack(sorted(frames, key=lambda frame: frame.time)))
    return capture


def later(by):
    return lambda frame: {"time": frame.time + by}


def from_giaddr(*giaddr):
    def change(frame):
        data = bytearray(frame.data)
        data[GIADDR_AT:GIADDR_AT + 4] = bytes(giaddr)
        data[40:42] = b"\0\0"  # no UDP checksum
        return {"data": bytes(data)}
    return change


def rewritten(frame):
    """Router B takes option 55 for 43."""
    at = frame.data.index(b"\x37", GIADDR_AT + 212)
    return {"data": frame.data[:at] + b"\x2b" + frame.data[at + 1:]}


# Real captures.

def test_where_all_is_well_nothing_is_changed():
    report, by_setting = advice(STORM)
    assert report["command"] is None and list(by_setting) == ["window", "echo_window", "subnet_bits", "match", "turn_after"]
    assert by_setting["window"]["enough"] and by_setting["window"]["copies"] == 132
    assert not by_setting["echo_window"]["enough"]
    text = relaysieve.run("advise", STORM).out
    assert re.search(r"^window +keep 1s +\(rests on 132 copies\)\n +- all 132 copies came inside the window: median 9\d\.?\dus, ", text, re.M)
    assert "echo_window  keep 100ms: too little evidence" in text and text.endswith("\nnothing to change\n")


def test_a_relay_that_hung_is_named():
    report, by_setting = advice(CAPTURES / "pause-b.pcap")
    assert report["late_copies"] == 39 and report["command"] == "relaysieve set window 5s"
    assert any(reason.startswith("39 of them came through 10.30.0.3") for reason in by_setting["window"]["reasons"])


@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.pcap")), ids=lambda path: path.stem)
def test_what_is_advised_is_allowed_and_comes_to_rest(capture):
    """Whatever a capture makes it say: the settings that it wants are taken, and soon it wants nothing more."""
    for flags in ([], ["--window", "5s"], ["--window", "10ms", "--echo-window", "0"], ["--scope", "exact"], ["--turn-after", "0"],
                  ["--echo-window", "199ms"]):
        given = dict(zip(flags[::2], flags[1::2]))
        for _ in range(4):  # a wrong scope hides what a window would show
            report, _ = advice(capture, *(word for pair in given.items() for word in pair))
            if report["command"] is None:
                break
            words = shlex.split(report["command"])
            assert words[:2] == ["relaysieve", "set"]
            given |= {f"--{name.replace('_', '-')}": value for name, value in zip(words[2::2], words[3::2])}
        assert report["command"] is None, (flags, given)


# Copies made late, twins, and rewritten.

def test_late_copies_ask_for_a_window_that_holds_them(tmp_path):
    capture = changed(tmp_path, later(1300 * MS))
    report, _ = advice(capture)
    assert report["late_copies"] > 100 and report["command"] == "relaysieve set window 2s"
    report, by_setting = advice(capture, "--window", "2s")
    assert report["late_copies"] == 0 and not by_setting["window"]["change"]
    report, by_setting = advice(capture, "--window", "1400ms")
    assert by_setting["window"]["wanted"] == "5s", "1.3 s all but fills it"


def test_twins_ask_for_fewer_bits_or_a_group(tmp_path):
    report, _ = advice(changed(tmp_path, from_giaddr(10, 20, 1, 3)))
    assert report["command"] == "relaysieve set subnet_bits 23"
    far = changed(tmp_path, from_giaddr(10, 99, 0, 3))
    report, by_setting = advice(far)
    assert shlex.split(report["command"]) == ["relaysieve", "set", "relay_groups", '{"group1":["10.20.0.0/24","10.99.0.0/24"]}']
    assert by_setting["relay_groups"]["copies"] == 264, "each passed twice"
    settings = tmp_path / "settings.toml"
    settings.write_text('[relay_groups]\ngroup1 = ["10.20.0.0/24", "10.99.0.0/24"]\n')
    report, _ = advice(far, "--config", settings)
    assert report["command"] is None and report["copies"] == 132
    assert "relaysieve set relay_groups '{" in relaysieve.run("replay", far).out, "a replay says what would help too"


def test_a_router_that_rewrites_asks_for_identity(tmp_path):
    capture = changed(tmp_path, rewritten)
    report, _ = advice(capture)
    assert report["command"] == "relaysieve set match identity"
    text = relaysieve.run("replay", capture).out
    assert re.search(r"^ +! one of them rewrites options: relaysieve set match identity would help$", text, re.M)
    assert advice(capture, "--match", "identity")[0]["command"] is None


def test_a_dead_relay_is_not_answered_with_a_long_window(tmp_path):
    """Each client asks again unchanged after 3.5 s. What comes through B alone then is a repetition, and no late copy."""
    frames = pcapfile.read(STORM)
    begun = [frame._replace(time=frame.time - frames[0].time) for frame in frames if frame.data[36:38] == b"\0\x43"]
    a = [frame for frame in begun if frame.data[26:30] == bytes((10, 30, 0, 2))]
    b = [frame for frame in begun if frame.data[26:30] == B_SOURCE]
    assert len(a) == len(b) == 132

    def made(*parts):
        capture = tmp_path / "made.pcap"
        capture.write_bytes(pcapfile.pack(sorted((frame for part in parts for frame in part), key=lambda frame: frame.time)))
        return advice(capture)

    def again(part):
        return [frame._replace(time=frame.time + 3500 * MS) for frame in part]
    healthy = [frame._replace(time=frame.time + 60_000 * MS) for frame in begun]
    report, _ = made(a, again(b), healthy)  # A died: nobody knows
    assert report["late_copies"] == 132 and report["command"] == "relaysieve set window 5s"
    report, by_setting = made(a, again(b), healthy, again(healthy))  # others are seen to ask again
    assert report["late_copies"] >= 132 and report["repetitions"] > 100 and report["command"] is None
    assert any("may be repetitions through another relay" in reason for reason in by_setting["window"]["reasons"])


# Words, and who runs it.

def test_wrong_words_are_one_line_and_status_2():
    for words, part in ((["--window", "1s"], "go with a CAPTURE"), (["--config", "x"], "go with a CAPTURE"),
                        ([STORM, "--window", "1"], '--window: "1" is not a duration'), ([STORM, STORM], "storm-60.pcap"),
                        (["/nonexistent.pcap"], "/nonexistent.pcap: No such file or directory"),
                        ([relaysieve.BINARY], "not a capture")):
        done = relaysieve.run("advise", *words)
        assert (done.status, done.out) == (2, "") and done.err.count("\n") == 1 and part in done.err, done


def test_nobody_there(tmp_path):
    for command in ("advise", "relays"):
        done = relaysieve.run(command, "--control", tmp_path / "nobody.sock")
        assert (done.status, done.out) == (1, "")
        assert done.err == f"relaysieve: control socket {tmp_path}/nobody.sock: no relaysieved answers\n"


@pytest.mark.parametrize("command", ["advise", "relays"])
def test_help_has_an_example(command):
    done = relaysieve.run(command, "--help")
    assert (done.status, done.err) == (0, "")
    assert re.search(rf"^Example: .*\n  relaysieve {command} ", done.out, re.M) and "--json" in done.out


def test_standard_input():
    with open(STORM, "rb") as stdin:
        assert relaysieve.run("advise", "-", stdin=stdin).out == relaysieve.run("advise", STORM).out
    assert subprocess.run([relaysieve.BINARY, "advise", "-"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 2
