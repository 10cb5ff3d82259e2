# SPDX-License-Identifier: Apache-2.0
"""The filter against the slow model of its rule, verdict by verdict, over all captures and many settings."""

import os
import re
from pathlib import Path

import pytest

import pcapfile
import relaysieve
from model import MS, Model, Settings
from traffic import traffic
from traffic6 import traffic6

SEEDS, FRAMES = 8, 1500  # of random traffic, for each of the settings
MOST_SEEDS = max(SEEDS, int(os.environ.get("ORACLE_STREAMS", "0"), 0) // 250)  # of the comparison: 100 in `tests/run --long`
REASONS = set(re.findall(r"^  X\((\w+), ", (relaysieve.ROOT / "include/relaysieve/reason.h").read_text(), re.MULTILINE))
CAPTURES = sorted((Path(__file__).parent / "captures").glob("*.pcap"))

# The flags, and the same for the model.
SETTINGS = {
    "defaults": ([], {}),
    "no turns": (["--turn-after", "0"], dict(turn_after=0)),
    "early turns": (["--turn-after", "300ms"], dict(turn_after=300 * MS)),
    "window 10ms": (["--window", "10ms", "--echo-window", "5ms"], dict(window=10 * MS, echo_window=5 * MS)),
    "window 5s": (["--window", "5s"], dict(window=5000 * MS)),
    "no echo window": (["--echo-window", "0"], dict(echo_window=0)),
    "scope exact": (["--scope", "exact"], dict(scope="exact")),
    "scope any": (["--scope", "any"], dict(scope="any")),
    "32 bits": (["--subnet-bits", "32"], dict(subnet_bits=32)),
    "16 bits": (["--subnet-bits", "16"], dict(subnet_bits=16)),
    "no VLANs": (["--ignore-vlan"], dict(ignore_vlan=True)),
    "groups": (["--config", Path(__file__).parent / "groups.toml"],
               dict(relay_groups=[["10.20.0.3", "10.21.0.0/16", "fd20:20::3", "fd20:21::/32"], ["10.20.1.0/24"]],
                    server_groups=[["10.30.0.10", "10.30.0.11", "fd20:30::10", "fd20:30::11"]])),
    "identity": (["--match", "identity"], dict(match="identity")),
    "monitor identity": (["--mode", "monitor", "--match", "identity"], dict(mode="monitor", match="identity")),
    "monitor": (["--mode", "monitor"], dict(mode="monitor")),
    "bypass": (["--mode", "bypass"], dict(mode="bypass")),
    "trust one relay": (["--trusted-relays", "10.20.0.2,10.30.0.2"], dict(trusted=["10.20.0.2", "10.30.0.2"])),
    "trust DHCPv6 relays": (["--trusted-relays", "fd20:20::/64,fd20:30::/120"], dict(trusted=["fd20:20::/64", "fd20:30::/120"])),
    "48 bits of IPv6": (["--subnet6-bits", "48"], dict(subnet6_bits=48)),
    "prefixes": (["--dedup-prefix-delegation"], dict(dedup_prefix_delegation=True)),
}



def traffic_for(seed, settings):
    # A client with more than eight relays has no turns for those beyond: the filter's limit, not the rule's.
    crowds = settings.get("turn_after") == 0
    return sorted(traffic(seed, FRAMES // 2, crowds) + traffic6(seed, FRAMES // 2, crowds), key=lambda frame: frame.time)


def run_model(settings, frames):
    model = Model(Settings(**settings))
    return [model.judge(number, frame.time, frame.data) for number, frame in enumerate(frames, 1)]


def differences(capture, folder, names):
    frames = pcapfile.read(capture)
    found = []
    for name in names:
        flags, settings = SETTINGS[name]
        filtered = relaysieve.replay(capture, folder, *flags)
        assert len(filtered) == len(frames)
        for line, expected in zip(filtered, run_model(settings, frames)):
            got = (line["verdict"], line["reason"], line.get("first_frame"))
            if got != expected:
                found.append(f"{name}, frame {line['frame']}: filter {got}, model {expected}")
    return "\n".join(found)


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_filter_and_model_agree_on_real_traffic(capture, tmp_path):
    assert not differences(capture, tmp_path, SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_filter_and_model_agree_on_random_traffic(name, tmp_path):
    for seed in range(MOST_SEEDS):
        capture = tmp_path / f"{seed}.pcap"
        capture.write_bytes(pcapfile.pack(traffic_for(seed, SETTINGS[name][1])))
        assert not differences(capture, tmp_path, [name]), f"seed {seed}"


def test_random_traffic_meets_every_reason():
    met = {reason for seed in range(SEEDS) for _, settings in SETTINGS.values()
           for _, reason, _ in run_model(settings, traffic_for(seed, settings))}
    # A single door has no server's side, and no loop; the model's memory is never short, so it evicts nothing.
    assert REASONS - met == {"server_side", "looped", "evicted_retry"}


@pytest.mark.parametrize("name", [name for name, (flags, _) in SETTINGS.items() if flags])
def test_each_setting_changes_a_verdict(name):
    """Else the comparison would not show that filter and model heed it."""
    settings = SETTINGS[name][1]
    assert any(run_model(settings, frames) != run_model({}, frames)
               for frames in (traffic_for(seed, settings) for seed in range(SEEDS)))
