# SPDX-License-Identifier: Apache-2.0
"""The harnesses: what each aims at, how it is built, and its three cases."""

import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import seeds
from report import coverage
from support import sanitized

HERE = Path(__file__).resolve().parent
PROGRAMS = sanitized.folder_of("address") / "tests" / "fuzz"
PLANTED = 60  # s within which the planted bug has to be found
ASAN = f"quarantine_size_mb=16:malloc_context_size=4:{sanitized.SYMBOLS}"  # quick, and small
SLACK = 600   # s that a loaded machine may need beyond the time given


class Harness(NamedTuple):
    aims: list    # files that it is to run
    planted: str  # what its planted bug looks like when it is found: an expression
    words: str    # its dictionary
    longest: int  # input, bytes


ALL = {
    "parser": Harness(
        ["dataplane/message.cc", "dataplane/message6.cc", "dataplane/ipv6.cc", "dataplane/dhcp_frame.cc", "dataplane/dhcp_frame6.cc",
         "dataplane/fingerprint.cc", "dataplane/layouts.cc", "dataplane/maker.h", "dataplane/maker6.h", "dataplane/short_way.h",
         "dataplane/glimpse.h", "dataplane/options.h", "dataplane/options6.h", "dataplane/layers.h"],
        "believe_lengths", "dhcp.dict", 2048),
    "filter": Harness(
        ["dataplane/filter.cc", "dataplane/straight.h", "dataplane/observation.cc", "dataplane/bucket.cc",
         "dataplane/bucket.h", "dataplane/memory.cc", "dataplane/turns.h", "dataplane/relay_list.h"],
        "must be, and is not: one reason", "", 600),
    "capture": Harness(["dataplane/capture/reader.cc", "dataplane/capture/plain_records.cc"],
                       "heap-buffer-overflow|must be, and is not: the same frames", "dhcp.dict", 2048),
    "settings": Harness(
        ["control/settings/settings_read.cc", "control/settings/settings_kinds.cc", "control/settings/settings_kinds.h",
         "control/settings/text.cc", "control/settings/toml_edit.cc", "control/settings/toml_text.cc",
         "control/settings/wire_plan.cc"],
        "copy_names", "settings.dict", 1024),
    "api": Harness(
        ["control/settings/live_settings.cc", "control/settings/settings_change.cc",
         "control/settings/settings_save.cc", "control/settings/settings_kinds.cc", "control/settings/toml_edit.cc"],
        r"note\(", "settings.dict", 512),
}


def build(names, report):
    """Only what is asked for, and what that stands on."""
    begin = time.monotonic()
    error = sanitized.build("address", [f"tests/fuzz/{name}{kind}" for name in names for kind in ("", "_planted")])
    report.case("build", time.monotonic() - begin, error)
    return not error


def fuzz(program, folder, words, profile="/dev/null", limit=0):
    """Runs a harness in `folder`; returns its exit status, what it said, and how long it took."""
    begin = time.monotonic()
    done = subprocess.run([program, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=limit + SLACK,
                          env=sanitized.environment(profile, ASAN_OPTIONS=ASAN))
    return done.returncode, done.stdout, time.monotonic() - begin


def crash_of(out):
    """The end of what a harness says of a crash."""
    at = re.search(r"must be, and is not|ERROR: |runtime error: ", out)
    return out[at.start() if at else -3000:][:3000]


def run(name, seconds, keep, report):
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as folder:
        folder = Path(folder)
        (folder / "seeds").mkdir()
        count = seeds.write(name, folder / "seeds")
        replay_crashes(name, folder, report)
        find_planted(name, folder, report)
        look_for_more(name, folder, seconds, keep, count, report)


def words_of(name, corpus):
    harness = ALL[name]
    words = [f"-max_len={harness.longest}", "-print_final_stats=1", "-timeout=60", "-rss_limit_mb=2048"]
    if harness.words:
        words.append(f"-dict={HERE / harness.words}")
    return [*words, corpus, "seeds"]


def replay_crashes(name, folder, report):
    crashes = sorted((HERE / "crashes" / name).glob("*"))
    for crash in crashes:
        status, out, took = fuzz(PROGRAMS / name, folder, [crash])
        report.case(f"{name}: {crash.name}", took, crash_of(out) if status else "")


def find_planted(name, folder, report):
    corpus = folder / "planted"
    corpus.mkdir()
    status, out, took = fuzz(PROGRAMS / f"{name}_planted", folder,
                             [f"-max_total_time={PLANTED}", *words_of(name, corpus)], limit=PLANTED)
    found = status != 0 and re.search(ALL[name].planted, out)
    executions = re.findall(r"^#(\d+)", out, re.MULTILINE)
    report.case(f"{name}: the planted bug is found", took,
                "" if found else f"not within {PLANTED} s\n{out[-2000:]}",
                f"after {executions[-1] if executions else 0} executions")


def look_for_more(name, folder, seconds, keep, seeds_count, report):
    corpus = keep / name if keep else folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    profile = folder / "profile"
    program = PROGRAMS / name
    status, out, took = fuzz(program, folder, [f"-max_total_time={seconds}", *words_of(name, corpus.resolve())],
                             profile, seconds)
    crashes = [file for file in folder.iterdir() if re.match(r"(crash|oom|timeout|leak)-", file.name)]
    if status != 0:
        told = "".join(f"\nan input: {file.read_bytes().hex()}" for file in crashes)
        report.case(f"{name}: no crash", took, crash_of(out) + told)
        return
    executions = int(re.search(r"number_of_executed_units: (\d+)", out)[1])
    report.case(f"{name}: no crash", took, "",
                f"{executions:,} executions, {executions / took:,.0f} a second, from {seeds_count} seeds",
                *coverage(program, profile, ALL[name].aims))
