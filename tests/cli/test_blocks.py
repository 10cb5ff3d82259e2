# SPDX-License-Identifier: Apache-2.0
"""`relaysieve replay` reads a classic pcap file in blocks of its own, and a pipe through libpcap. Both must see the same."""

import os
import random
import struct
import subprocess
import threading
from collections import namedtuple

import pytest

import pcapfile
import relaysieve

STORM = pcapfile.read(relaysieve.ROOT / "tests/golden/captures/storm-60.pcap")
BLOCK = 2 * 262144  # read at once
Seen = namedtuple("Seen", "status err out forwarded dropped verdicts")


@pytest.fixture
def seen(tmp_path):
    """What a replay makes of these bytes: of a file, or of a pipe."""
    def replay(raw, pipe):
        outputs = [tmp_path / name for name in ("forwarded", "dropped", "verdicts")]
        for output in outputs:
            output.unlink(missing_ok=True)
        capture = tmp_path / "in.pcap"
        capture.write_bytes(raw)
        flags = [word for output in outputs for word in (f"--{output.name}", output)]
        with open(os.devnull) if not pipe else subprocess.Popen(["cat", capture], stdout=subprocess.PIPE).stdout as stdin:
            done = relaysieve.run("replay", "-" if pipe else capture, "--json", *flags, stdin=stdin)
        err, out = ((text.replace(str(capture), "standard input")) for text in (done.err, done.out))
        return Seen(done.status, err, out, *(output.read_bytes() if output.exists() else None for output in outputs))
    return replay


def alike(seen, raw):
    by_name = seen(raw, pipe=False)
    assert by_name == seen(raw, pipe=True)
    return by_name


def noise(dice, size):
    return pcapfile.frame(dice.randrange(2**31 * 10**9), dice.randbytes(size), size + dice.choice([0, 0, 7]))


def many(seed):
    """Some 4 MB: requests and replies, short and empty frames, jumbo and the longest ones."""
    dice = random.Random(seed)
    frames = []
    while sum(len(frame.data) for frame in frames) < 4_000_000:
        frames += dice.choices(STORM, k=dice.randrange(400))
        frames += [noise(dice, dice.choice([0, 1, 60, 9000, 262143, 262144])) for _ in range(dice.randrange(3))]
    return frames


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nanoseconds", [True, False])
def test_every_record_of_a_long_file(order, nanoseconds, seen):
    frames = many(seed=order + str(nanoseconds))
    raw = pcapfile.pack(frames, order, nanoseconds)
    assert len(raw) > 5 * BLOCK
    found = alike(seen, raw)
    assert (found.status, found.err, len(found.verdicts.splitlines())) == (0, "", len(frames))
    kept = iter(pcapfile.parse(found.forwarded)), iter(pcapfile.parse(found.dropped))
    for frame, line in zip(pcapfile.parse(raw), found.verdicts.splitlines()):
        assert next(kept[b'"drop"' in line]) == frame
    assert [*kept[0], *kept[1]] == []


@pytest.mark.parametrize("over", [-17, -16, -15, -1, 0, 1, 15, 16, 17])
def test_a_record_across_the_border_of_two_blocks(over, seen):
    """Its header, or its bytes, or nothing of it."""
    fillers = [pcapfile.frame(10**18, bytes(size)) for size in (262144, BLOCK - 262144 - 2 * 16 + over)]
    frames = fillers + STORM[2:5]
    found = alike(seen, pcapfile.pack(frames))
    assert found.status == 0
    assert pcapfile.parse(found.forwarded) + pcapfile.parse(found.dropped) == fillers + [STORM[2], STORM[4], STORM[3]]


@pytest.mark.parametrize("order", "<>")
def test_cut_at_each_byte(order, seen):
    frames = [STORM[2], STORM[3], pcapfile.frame(STORM[3].time, b"last")]
    frames = [frame._replace(data=frame.data[:60]) for frame in frames]
    raw = pcapfile.pack(frames, order)
    ends = [len(pcapfile.pack(frames[:count], order)) for count in range(4)]
    for cut in range(len(raw) + 1):
        found = alike(seen, raw[:cut])
        whole = sum(end <= cut for end in ends) - 1
        assert found.status == (0 if cut in ends else 2), cut
        assert (": not a capture: " in found.err) == (whole < 0), cut
        assert (f": broken at frame {whole + 1}: truncated dump file" in found.err) == (whole >= 0 and cut not in ends), cut
        if whole >= 0:
            assert len(found.verdicts.splitlines()) == whole, cut


def header(magic=0xA1B23C4D, major=2, minor=4, snapshot=262144):
    return struct.pack("<IHHiIII", magic, major, minor, 0, 0, snapshot, 1)


def record(seconds, fraction, held, length, data):
    return struct.pack("<IIII", seconds, fraction, held, length) + data


ODD = {  # and how many frames there are, of which the first two are plain
    "longer than the snapshot length": (header(snapshot=1000), record(9, 9, 1001, 1001, bytes(1001)), 4),
    "no snapshot length": (header(snapshot=0), record(9, 9, 1001, 1001, bytes(1001)), 4),
    "lengths the other way round": (header(minor=2), record(9, 9, 1001, 900, bytes(900)), None),
    "lengths perhaps the other way round": (header(minor=3), record(9, 9, 1001, 900, bytes(900)), 4),
    "longer records": (header(magic=0xA1B2CD34), record(9, 9, 900, 900, bytes(900)), None),
    "more than was on the wire": (header(), record(9, 9, 1001, 900, bytes(1001)), 4),
    "after 2038": (header(), record(2**31 + 9, 9, 64, 64, bytes(64)), 4),
    "after 2038, us": (header(magic=0xA1B2C3D4), record(2**32 - 1, 9, 64, 64, bytes(64)), 4),
    "more than a second of nanoseconds": (header(), record(9, 2**32 - 1, 64, 64, bytes(64)), 4),
    "more than a second of microseconds": (header(magic=0xA1B2C3D4), record(9, 2**31 - 1, 64, 64, bytes(64)), 4),
    "the longest": (header(), record(9, 9, 262144, 262144, bytes(262144)), 4),
    "longer than the longest": (header(snapshot=2**31), record(9, 9, 262145, 262145, bytes(262145)), 2),
    "of impossible length": (header(), record(9, 9, 2**32 - 1, 64, bytes(64)), 2),
    "another version": (header(minor=5), b"", 0),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_record_between_plain_ones(name, seen):
    head, odd, count = ODD[name]
    plain = [pcapfile.pack([frame])[24:] for frame in STORM[2:5]]
    found = alike(seen, head + plain[0] + plain[1] + odd + plain[2])
    if count is not None:
        assert len((found.verdicts or b"").splitlines()) == count
    assert (found.status, found.err == "") in ((0, True), (2, False))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files(seed, seen):
    dice = random.Random(seed)
    for _ in range(25):
        raw = bytearray(pcapfile.pack(STORM[:20], dice.choice("<>"), dice.random() < 0.5))
        for _ in range(dice.randrange(1, 4)):
            raw[dice.choice([dice.randrange(len(raw)), dice.randrange(24), dice.randrange(24, 40)])] = dice.choice([0, 1, 127, 255])
        alike(seen, raw)


def test_standard_input_that_is_a_file_begins_where_it_stands(tmp_path):
    capture = tmp_path / "in.pcap"
    capture.write_bytes(b"a shell has read this far\n" + pcapfile.pack(STORM))
    with open(capture, "rb", buffering=0) as stdin:
        stdin.readline()
        done = relaysieve.run("replay", "-", "--json", stdin=stdin)
    assert (done.status, done.err, done.report()["frames"]) == (0, "", 547)


def test_a_file_that_is_cut_short_while_it_is_read(tmp_path):
    """Whoever waits for the forwarded frames holds the replay up. It has read a block or two by then."""
    frames = [frame._replace(data=frame.data + bytes(9000)) for frame in STORM]
    raw = pcapfile.pack(frames)
    capture, fifo = tmp_path / "in.pcap", tmp_path / "forwarded"
    capture.write_bytes(raw)
    os.mkfifo(fifo)
    child = subprocess.Popen([relaysieve.BINARY, "replay", capture, "--mode", "monitor", "--json", "--forwarded", fifo],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out = {}
    talk = threading.Thread(target=lambda: out.update(zip(("out", "err"), child.communicate(timeout=relaysieve.BOUND))))
    talk.start()
    try:
        with open(fifo, "rb", buffering=0) as forwarded:
            first = forwarded.read(24)
            os.truncate(capture, len(raw) // 2)
            found = pcapfile.parse(first + forwarded.read())
    finally:
        talk.join(relaysieve.BOUND)
        child.kill()
    whole = sum(len(pcapfile.pack(frames[:count])) <= len(raw) // 2 for count in range(1, len(frames)))
    assert child.returncode == 2
    assert out["err"] == (f"relaysieve: {capture}: broken at frame {whole + 1}: truncated dump file; "
                          f"tried to read {len(frames[whole].data)} captured bytes, only got "
                          f"{len(raw) // 2 - len(pcapfile.pack(frames[:whole])) - 16}\n")
    assert found == frames[:whole]
