# SPDX-License-Identifier: Apache-2.0
"""What `relaysieve replay` reads and writes: formats, precision, broken files."""

import subprocess

import pytest

import pcapfile
import pcapngfile
import relaysieve

CAPTURE = relaysieve.ROOT / "tests/golden/captures/boot-udhcpc.pcap"
FRAMES = [frame._replace(time=frame.time + 123) for frame in pcapfile.read(CAPTURE)]  # no whole microseconds
MICROSECONDS = [frame._replace(time=frame.time // 1000 * 1000) for frame in FRAMES]

FORMATS = {
    "pcap, ns": (pcapfile.pack(FRAMES), FRAMES),
    "pcap, ns, big endian": (pcapfile.pack(FRAMES, order=">"), FRAMES),
    "pcap, us": (pcapfile.pack(FRAMES, nanoseconds=False), MICROSECONDS),
    "pcapng, ns": (pcapngfile.pack(FRAMES), FRAMES),
    "pcapng, ns, big endian": (pcapngfile.pack(FRAMES, order=">"), FRAMES),
    "pcapng, us": (pcapngfile.pack(FRAMES, resolution=6), MICROSECONDS),
    "pcapng, 100 ps": (pcapngfile.pack(FRAMES, resolution=10), FRAMES),
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    verdicts = relaysieve.replay(CAPTURE, tmp_path_factory.mktemp("expected"))
    assert [line["frame"] for line in verdicts if line["verdict"] == "drop"] == [6, 12]
    return verdicts


def split(verdicts, frames):
    """(forwarded, dropped)"""
    by = {"forward": [], "drop": []}
    for line, frame in zip(verdicts, frames):
        by[line["verdict"]].append(frame)
    return by["forward"], by["drop"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_verdicts_and_exact_times(name, expected, tmp_path):
    raw, frames = FORMATS[name]
    capture, kept, taken = tmp_path / "in", tmp_path / "kept", tmp_path / "taken"
    capture.write_bytes(raw)
    assert relaysieve.replay(capture, tmp_path, "--forwarded", kept, "--dropped", taken) == expected
    assert (pcapfile.read(kept), pcapfile.read(taken)) == split(expected, frames)


@pytest.mark.parametrize("name", FORMATS)
def test_standard_input(name, expected, tmp_path):
    done = relaysieve.run("replay", "-", "--verdicts", tmp_path / "lines", input=FORMATS[name][0])
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("standard input: 16 frames")
    assert relaysieve.verdicts(tmp_path / "lines") == expected


def test_what_wireshark_writes_and_reads(expected, tmp_path):
    """editcap's pcapng goes in; capinfos finds what comes out sound."""
    capture, kept = tmp_path / "in.pcapng", tmp_path / "kept.pcap"
    subprocess.run(["editcap", "-F", "pcapng", CAPTURE, capture], check=True, timeout=relaysieve.BOUND)
    assert capture.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    assert relaysieve.replay(capture, tmp_path, "--forwarded", kept) == expected
    found = subprocess.run(["capinfos", "-c", "-t", "-M", kept], check=True, capture_output=True, timeout=relaysieve.BOUND)
    assert found.stdout.split()[-5:] == [b"nsecpcap", b"Number", b"of", b"packets:", b"14"]


def test_a_snapped_frame_keeps_its_length(tmp_path):
    snapped = [pcapfile.frame(frame.time, frame.data[:100], len(frame.data)) for frame in FRAMES]
    capture, kept = tmp_path / "in.pcap", tmp_path / "kept.pcap"
    capture.write_bytes(pcapfile.pack(snapped))
    verdicts = relaysieve.replay(capture, tmp_path, "--forwarded", kept)
    assert pcapfile.read(kept) == snapped
    assert {line["reason"] for line in verdicts} == {"malformed_ip", "not_dhcp"}


def test_no_frames(tmp_path):
    capture, kept = tmp_path / "in.pcap", tmp_path / "kept.pcap"
    capture.write_bytes(pcapfile.pack([]))
    assert relaysieve.replay(capture, tmp_path, "--forwarded", kept) == []
    assert pcapfile.read(kept) == []


def test_another_link_type_is_refused(tmp_path):
    capture = tmp_path / "in.pcap"
    capture.write_bytes(pcapfile.pack(FRAMES, link=113))
    done = relaysieve.run("replay", capture, "--verdicts", tmp_path / "lines")
    assert (done.status, done.out) == (2, "")
    assert done.err == (f"relaysieve: {capture}: link type LINUX_SLL: only captures of Ethernet frames (EN10MB) can be read\n")
    assert not (tmp_path / "lines").exists()


@pytest.mark.parametrize("raw", [b"", b"\xd4\xc3", b"not a capture at all, but long enough for a header", bytes(24)])
def test_what_is_no_capture_is_refused(raw, tmp_path):
    capture = tmp_path / "in.pcap"
    capture.write_bytes(raw)
    done = relaysieve.run("replay", capture)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"relaysieve: {capture}: not a capture: ") and done.err.count("\n") == 1


def cuts(ends):
    """Lengths to cut a file to: around each frame's end, and in the middle of each frame."""
    for start, end in zip(ends, ends[1:]):
        yield from ((cut, cut == end) for cut in (start + 1, start + 15, start + 16, (start + end) // 2, end - 1, end))


@pytest.mark.parametrize("pack", [pcapfile.pack, pcapngfile.pack], ids=["pcap", "pcapng"])
def test_a_broken_file(pack, expected, tmp_path):
    """Cut anywhere: the frames before the break are judged and written, and one line says where it broke."""
    raw = pack(FRAMES)
    ends = [len(pack(FRAMES[:count])) for count in range(len(FRAMES) + 1)]
    capture, kept, taken, lines = (tmp_path / name for name in ("in", "kept", "taken", "lines"))
    for cut, whole in cuts(ends):
        capture.write_bytes(raw[:cut])
        done = relaysieve.run("replay", capture, "--verdicts", lines, "--forwarded", kept, "--dropped", taken, "--json")
        before = sum(end <= cut for end in ends) - 1
        assert done.status == (0 if whole else 2), cut
        assert done.err.count("\n") == (0 if whole else 1), cut
        if not whole:
            assert done.err.startswith(f"relaysieve: {capture}: broken at frame {before + 1}: "), cut
        assert done.report()["frames"] == before and done.report()["sums_agree"], cut
        assert (done.report()["broken"] is None) == whole, cut
        assert relaysieve.verdicts(lines) == expected[:before], cut
        assert (pcapfile.read(kept), pcapfile.read(taken)) == split(expected[:before], FRAMES), cut


def test_a_frame_of_impossible_length(expected, tmp_path):
    capture = tmp_path / "in.pcap"
    capture.write_bytes(pcapfile.pack(FRAMES[:5]) + b"\xff" * 64)
    done = relaysieve.run("replay", capture, "--verdicts", tmp_path / "lines")
    assert done.status == 2
    assert done.err.startswith(f"relaysieve: {capture}: broken at frame 6: ") and done.err.count("\n") == 1
    assert relaysieve.verdicts(tmp_path / "lines") == expected[:5]


def test_times_of_any_year(tmp_path):
    """A pcapng file can claim the year 2371: as nanoseconds that overflows, so it counts as 2106, pcap's last."""
    far = [frame._replace(time=12_676_000_694 * 10**9) for frame in FRAMES[:2]]
    capture, kept = tmp_path / "in.pcapng", tmp_path / "kept.pcap"
    capture.write_bytes(pcapngfile.pack(FRAMES[:2] + far + FRAMES[2:4], resolution=6))
    done = relaysieve.run("replay", capture, "--json", "--forwarded", kept)
    assert (done.status, done.err) == (0, "")
    assert done.report()["span_us"] == pytest.approx((2**32 - FRAMES[0].time / 10**9) * 10**6, rel=1e-6)
    assert done.report()["frames"] == 6
    assert len(pcapfile.read(kept)) == done.report()["forwarded"]
