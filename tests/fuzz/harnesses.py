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
# A frame of a sanitizer's or libFuzzer's stack: the functions of a planted bug stand in a namespace of their own.
IN_PLANTED = re.compile(r"^ +#\d+ 0x[0-9a-f]+ in .*\bplanted::", re.MULTILINE)
ASAN = f"quarantine_size_mb=16:malloc_context_size=4:{sanitized.SYMBOLS}"  # quick, and small
SLACK = 600   # s that a loaded machine may need beyond the time given
# s for one input. The slowest took less than 1 s where twenty other programs used both cores: what takes 20 s is a loop.
ONE_INPUT = 20
PACE = 2      # executions a second that a loaded machine reaches, beyond the seeds

TEXT = ["-mutate_depth=2"]  # mutations at a time: of a text that was changed in five places hardly one can be read


class Harness(NamedTuple):
    aims: list    # files that it is to run
    least: float  # percent of their lines that the seeds and some seconds reach, and a little less
    words: str    # its dictionary
    longest: int  # input, bytes
    more: list = []  # of libFuzzer's options


def of(folder, words):
    return [f"{folder}/{word}" for word in words.split()]


ALL = {
    "parser": Harness(
        of("dataplane", "message.cc message6.cc ipv6.cc dhcp_frame.cc dhcp_frame6.cc fingerprint.cc groups.cc layouts.cc layouts.h "
           "maker.h maker6.h short_way.h glimpse.h options.h options6.h layers.h wire.h ipv6.h keyed_hash.h")
        + of("include/relaysieve", "address.h message.h policy.h"),
        90, "dhcp.dict", 2048),
    "filter": Harness(
        of("dataplane", "filter.cc straight.h observation.cc observation.h room.cc bucket.cc bucket.h memory.cc memory.h window.cc "
           "window.h forgotten.cc forgotten.h line.h turns.h relay_list.h ways.h slab.h spin_lock.h glance.h copy.h")
        + of("include/relaysieve", "request.h undo.h"),
        85, "", 600),
    "capture": Harness(of("dataplane/capture", "reader.cc reader.h plain_records.cc plain_records.h savefile.h"), 88, "dhcp.dict", 2048),
    "settings": Harness(
        of("control/settings", "settings.cc settings.h settings_read.cc settings_read.h settings_kinds.cc settings_kinds.h settings_change.cc "
           "text.cc text.h toml_edit.cc toml_text.cc toml_text.h nearest.cc wire_plan.cc"),
        70, "settings.dict", 1024, TEXT),
    "api": Harness(
        of("control/settings", "live_settings.cc live_settings.h settings_change.cc settings_save.cc replace_file.cc settings_read.cc "
           "settings_kinds.cc settings_kinds.h toml_edit.cc toml_text.cc toml_text.h"),
        75, "settings.dict", 512, TEXT),
}
# What no input reaches, in the folders that harnesses aim at.
NOT_AIMED_AT = {
    "dataplane/census.cc": "who asks most, counted from verdicts (unit/census_test.cc)",
    "dataplane/census.h": "the same",
    "dataplane/counter.h": "a number that one thread counts",
    "dataplane/histogram.h": "times, counted (unit/histogram_test.cc)",
    "dataplane/capture/background.cc": "a thread that writes; what is written is a program's own",
    "dataplane/capture/background.h": "the same",
    "dataplane/capture/output_file.cc": "the same",
    "dataplane/capture/output_file.h": "the same",
    "dataplane/capture/writer.cc": "the same",
    "dataplane/capture/writer.h": "the same",
    "control/settings/control_group.cc": "a group of the system's",
    "control/settings/daemon_flags.cc": "flags (unit/settings_test.cc, cli)",
    "control/settings/settings_flags.cc": "the same",
    "control/settings/settings_example.cc": "what is written of the table, the same each time (cli)",
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


def words_of(name, folder, corpus):
    harness = ALL[name]
    words = [f"-max_len={harness.longest}", "-print_final_stats=1", f"-timeout={ONE_INPUT}", "-rss_limit_mb=2048", *harness.more]
    if harness.words:
        words.append(f"-dict={dictionary(name, folder)}")
    return [*words, corpus, "seeds"]


def dictionary(name, folder):
    """The harness' words in the tree, and those that the program knows itself: settings from their table."""
    text = (HERE / ALL[name].words).read_text()
    if ALL[name].words == "settings.dict":
        known = subprocess.run([PROGRAMS / name, "words"], check=True, capture_output=True, text=True,
                               env=sanitized.environment()).stdout.split()
        text += "".join(f'"{word}"\n' for word in known)
    (folder / "words").write_text(text)
    return folder / "words"


def replay_crashes(name, folder, report):
    crashes = sorted((HERE / "crashes" / name).glob("*"))
    for crash in crashes:
        status, out, took = fuzz(PROGRAMS / name, folder, [crash])
        report.case(f"{name}: {crash.name}", took, crash_of(out) if status else "")


def find_planted(name, folder, report):
    corpus = folder / "planted"
    corpus.mkdir()
    status, out, took = fuzz(PROGRAMS / f"{name}_planted", folder,
                             [f"-max_total_time={PLANTED}", *words_of(name, folder, corpus)], limit=PLANTED)
    told = crash_of(out)
    if status == 0:
        error = f"not within {PLANTED} s\n{out[-2000:]}"
    elif not IN_PLANTED.search(told):
        error = f"something else was found\n{told}{inputs(folder)}"
    else:
        error = ""
    executions = re.findall(r"^#(\d+)", out, re.MULTILINE)
    report.case(f"{name}: the planted bug is found", took, error, f"after {executions[-1] if executions else 0} executions")
    for file in crashes_in(folder):
        file.unlink()


def crashes_in(folder):
    return [file for file in folder.iterdir() if re.match(r"(crash|oom|timeout|leak)-", file.name)]


def inputs(folder):
    return "".join(f"\nan input: {file.read_bytes().hex()}" for file in crashes_in(folder))


def look_for_more(name, folder, seconds, keep, seeds_count, report):
    corpus = keep / name if keep else folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    profile = folder / "profile"
    program = PROGRAMS / name
    status, out, took = fuzz(program, folder, [f"-max_total_time={seconds}", *words_of(name, folder, corpus.resolve())],
                             profile, seconds)
    if status != 0:
        report.case(f"{name}: no crash", took, crash_of(out) + inputs(folder))
        return
    executions = int(re.search(r"number_of_executed_units: (\d+)", out)[1])
    share, lines = coverage(program, profile, ALL[name].aims)
    report.case(f"{name}: no crash", took, too_little(name, executions, seeds_count + PACE * seconds, share),
                f"{executions:,} executions, {executions / took:,.0f} a second, from {seeds_count} seeds", *lines)


def too_little(name, executions, wanted, share):
    """Why a run without a crash shows nothing; or ""."""
    if executions < wanted:
        return f"only {executions} executions, and {wanted} are the least"
    if share < ALL[name].least:
        return f"only {share:.1f} % of the lines aimed at were run, and {ALL[name].least} % are the least"
    return ""
