# SPDX-License-Identifier: Apache-2.0
"""The in-process benchmarks in a short form: each works and judges what it was asked for, or refuses to report. No time
means anything here."""

import json
import re
import subprocess

import pytest
from conftest import BUILD

PROGRAM = BUILD / "bench" / "relaysieve_bench"
BOUND = 300  # s, on a loaded machine
SMALL = "(clients:1024/|clients:65536/relays:2/|other64)"
JUDGES = {"filter/full", "filter/ours", "filter/ours6", "filter/xdp", "floor/memory", "window/ours", "window/rte_hash",
          "window/rte_member", "window/flat_hash_map", "worker/ours"}
MISSING = {"filter/full": 0.05}  # clients of a full table that found no room
THINGS = JUDGES | {"fingerprint/ours", "message/ours", "message/ours6", "reading/ours", "reading/ours6", "worker/io", "worker/macswap"}


def bench(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=BOUND)


def rows(thing, *words, which=SMALL):
    done = bench(*words, f"--benchmark_filter=^{thing}/.*{which}", "--benchmark_min_time=0.001", "--benchmark_format=json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["benchmarks"]
    assert found, f"no row of {thing}"
    why = found[0].get("error_message", "")
    if why.startswith("skipped: "):  # the kernel refuses, or there is one processor
        pytest.skip(why.removeprefix("skipped: "))
    return found


def asked(row, word):
    return int(re.search(f"{word}:(\\d+)", row["name"])[1])


def test_no_thing_is_forgotten_here():
    names = bench("--benchmark_list_tests").stdout.split()
    assert {"/".join(name.split("/")[:2]) for name in names} == THINGS


@pytest.mark.parametrize("thing", sorted(THINGS))
def test_works_on_what_it_was_asked_for(thing):
    for row in rows(thing):
        assert not row.get("error_occurred"), row
        assert row["ns_per_frame"] > 0
        if "other64" in row["name"]:
            continue
        copies = row["dropped" if thing in JUDGES else "copies"]
        assert copies == pytest.approx(1 - 1 / asked(row, "relays"), abs=0.01), row
        assert row["distinct_clients"] == pytest.approx(asked(row, "clients"), rel=MISSING.get(thing, 0.01)), row


@pytest.mark.parametrize("wrong", ["mix", "clients"])
@pytest.mark.parametrize("thing", sorted(THINGS))
def test_refuses_what_it_was_not_asked_for(thing, wrong):
    for row in rows(thing, f"--wrong={wrong}", which="clients:(1024/.*warm|65536/relays:1/.*port:ring)"):
        told = re.fullmatch(r"not what was asked for: ([\d.]+) % copies instead of ([\d.]+) %, (\d+) clients instead of (\d+)",
                            row["error_message"])
        copies, asked_copies, clients, asked_clients = map(float, told.groups())
        assert (abs(copies - asked_copies) > 20) == (wrong == "mix")
        assert clients == pytest.approx(asked_clients / (2 if wrong == "clients" else 1), rel=MISSING.get(thing, 0.02))


def test_only_known_words():
    done = bench("--wrong=what")
    assert done.returncode == 2 and "--wrong=what" in done.stderr
