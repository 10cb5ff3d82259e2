# SPDX-License-Identifier: Apache-2.0
"""What each harness starts from: real captures (tests/golden/captures), cut to the form of its input."""

import json
import subprocess
from itertools import cycle
from pathlib import Path

from support import pcapfile

CAPTURES = Path(__file__).resolve().parents[1] / "golden" / "captures"
POLICIES = 8  # of parser_fuzz.cc
# Circuit, remote, link selection; and, in an option of its own, a VRF.
RELAY_INFO = bytes.fromhex("520e" "01023031" "02026162" "05040a140000" "5207" "97050062" "6c7565")
TAG = bytes.fromhex("81000005")
LONG_OPTIONS = 3 * (b"\x2b\xff" + bytes(255))  # more than is hashed at once

SETTINGS = [
    'window = "1s"\necho_window = "100ms"\nturn_after = "2.5s"\nmode = "enforce"\n',
    'match = "identity" # by name\nscope = "exact"\nsubnet_bits = 20\nsubnet6_bits = 56\nignore_vlan = true\n',
    'trusted_relays = [\n  "10.0.0.0/8", # all\n  "fd20::/16",\n  "192.0.2.1",\n]\n',
    '[relay_groups]\ncampus = ["10.20.0.0/24", "10.21.0.0/24"]\n\n[server_groups]\npxe = ["10.30.0.10", "10.30.0.11"]\n',
    'relay_groups.east = ["10.2.0.0/16"]\nrelay_groups.west = ["10.3.0.0/16"]\n',
    '[relay_groups]\nannex = [\n  "10.22.0.0/24", # one\n]\n"b c" = ["10.23.0.1"]\n',
    'server_groups = { "a b" = ["10.30.0.10"] }\nrelay_groups.north = ["10.1.0.0/16"]\nclients = 4096\nworkers = 2\n',
    'routers = ["eth1", "eth2"]\nserver = "eth3"\ndriver = "af_packet"\nmetrics = "off"\nlink_loss = "ignore"\n',
]
BODIES = [
    '{"window": "800ms", "subnet_bits": 20}',
    '{"mode": "monitor", "match": "identity", "scope": "any", "ignore_vlan": true, "subnet_bits": 22}',
    '{"trusted_relays": ["10.0.0.0/8"], "relay_groups": {"campus": ["10.20.0.0/24"]}, "server_groups": {}, "subnet_bits": 16, "subnet6_bits": 48, "dedup_prefix_delegation": true}',
    '{"trusted_relays": "10.0.0.0/8,192.0.2.1", "echo_window": "50ms", "turn_after": "0s", "subnet_bits": 28}',
]


def captures():
    for path in sorted(CAPTURES.glob("*.pcap")):
        yield path, pcapfile.read(path)


def parser():
    """Policy, order, size of the first frame, and two frames: a request and the next one."""
    policies = cycle([*range(POLICIES), *range(128, 128 + POLICIES)])  # on this CPU, and on any
    for path, frames in captures():
        most = 48 if path.name.startswith("opt82") else 12
        frames = [frame.data for frame in frames if len(frame.data) < 700 and (len(frame.data) > 300 or is_dhcp6(frame.data))][:most]
        frames += [relayed for frame in frames[:4] for relayed in with_relay_info(frame)]
        frames += [frame[:12] + TAG + frame[12:] for frame in frames[:2]]
        frames += [extended for frame in frames[:1] if is_dhcp6(frame) for extended in with_extensions(frame)]
        for one, other in zip(frames, frames[1:]):
            yield bytes([next(policies), 0b1010]) + len(one).to_bytes(2, "little") + one + other


def is_dhcp6(frame):
    """Untagged, UDP to port 547."""
    return frame[12:14] == b"\x86\xdd" and frame[20] == 17 and frame[56:58] == b"\x02\x23"


def with_extensions(frame):
    """An untagged IPv6 packet behind an authentication header, as a first fragment, and as one that is whole."""
    for header, words in ((51, "110100000000000000000000"), (44, "1100000100000000"), (44, "1100000000000000")):
        words = bytes.fromhex(words)
        size = int.from_bytes(frame[18:20], "big") + len(words)
        yield frame[:18] + size.to_bytes(2, "big") + bytes([header]) + frame[21:54] + words + frame[54:]


def with_relay_info(frame):
    """An untagged request that a relay has told a subnet and a VRF in two options 82, padded as before, not at all, and long."""
    begin = 14 + 20 + 8 + 240
    if frame[12:15] != b"\x08\0\x45" or frame[42] != 1 or frame[begin - 4:begin] != b"\x63\x82\x53\x63":
        return
    end = begin
    while end + 1 < len(frame) and frame[end] != 255:
        end += 2 + frame[end + 1] if frame[end] else 1
    for rest in (frame[end:], frame[end:end + 1], LONG_OPTIONS + frame[end:end + 1]):
        relayed = bytearray(frame[:end] + RELAY_INFO + rest)
        for length, front in ((16, 14), (38, 34)):  # of IPv4 and of UDP
            relayed[length:length + 2] = (len(relayed) - front).to_bytes(2, "big")
        yield bytes(relayed)


def step(seconds):
    """The filter harness' byte for a gap: its limits under the first policy, or tenths of a millisecond."""
    limits = [0, 0.1, 0.2, 0.25, 1, 2.5, 1, 4, 2, 5, 70, 1.25]
    if seconds < 0.0128:
        return 128 | int(seconds * 10_000)
    return 4 * min(range(len(limits)), key=lambda n: abs(limits[n] - seconds)) + 1


def filter():
    """What clients sent and who brought it, client by client: as it was; and with all that may come between."""
    for n, (path, _) in enumerate(captures()):
        clients = {}
        for sent in json.loads(path.with_suffix(".json").read_text())["transmissions"]:
            clients.setdefault(sent["client"], []).append(sent)
        for sends in list(clients.values())[:4]:
            yield stream(sends, bytes(4), [b"\0"])
            yield stream(sends, bytes([0, 0, 16 * (n % 4), n % 16]), EVENTS)
    for window in range(4):
        for words in (0, 1, 64):  # by content, by identity, DHCPv6
            yield crowd(bytes([window, words, 0, 128]))


# The filter harness' byte for what else happens, with those that follow it: each event and in between a refusal, a burst.
EVENTS = [b"\0", b"\x08", b"\0", b"\x10", b"\x18", b"\x20", b"\x20", b"\0", b"\x28\x15\0", b"\0", b"\x28\0\1", b"\0",
          b"\x28\x20\3", b"\0", b"\x28\0\0", b"\x30"]


def stream(sends, rule, events):
    # Relay and message; when; refused or not, and what else happens.
    copies = bytearray(rule)
    events = cycle(events)
    last = sends[0]["t"]
    for sent in sends[:40]:
        message = 8 if sent["type"] == "REQUEST" else 0
        for n, copy in enumerate(sent["frames"]):
            gap = copy["delay_us"] / 1e6 if n else sent["t"] - last
            copies += bytes([message | (copy["via"] == "B"), step(max(gap, 0))]) + next(events)
        last = sent["t"]
    return bytes(copies)


def crowd(rule):
    """More requests at once than a bucket holds, from one relay after the other."""
    return rule + b"".join(bytes([what | relay, 128, 0]) for relay in (0, 1, 0) for what in range(0, 128, 4))


def capture():
    """A few frames in every dialect."""
    for path, frames in captures():
        few = [frame._replace(data=frame.data[:400]) for frame in frames[:3]]
        for order in "<>":
            for nanoseconds in (True, False):
                yield pcapfile.pack(few, order, nanoseconds)
        yield subprocess.run(["editcap", "-F", "pcapng", "-", "-"], input=pcapfile.pack(few), check=True,
                             capture_output=True).stdout


def settings():
    yield from (text.encode() for text in SETTINGS)


def api():
    yield from (b"\0" + body.encode() for body in BODIES)
    yield from (b"\1" + body.encode() for body in BODIES)


def write(name, folder):
    seeds = list(dict.fromkeys(globals()[name]()))
    assert seeds
    for n, seed in enumerate(seeds):
        (folder / f"seed-{n}").write_bytes(seed)
    return len(seeds)
