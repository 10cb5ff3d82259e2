# SPDX-License-Identifier: Apache-2.0
"""bench/run as it is used, in the short form: what is measured works, and what differs from what was asked for is refused.
No time means anything here."""

import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import pytest
from conftest import BUILD, ROOT, script
from lab import namespaces
from programs import suite
from table.figures import Figures
from table.rows import table_of
from table.targets import TARGETS, Target

BOUND = 900  # s, with a build, on a loaded machine


def bench(program, *words, **more):
    return subprocess.run([ROOT / "bench" / program, *map(str, words)], capture_output=True, text=True, timeout=BOUND, **more)


def short(*words, **more):
    return bench("run", "--short", "--build", BUILD, *words, **more)


@pytest.mark.parametrize("part", ["window", "testpmd", "replay", "daemon", "veth"])
def test_each_part_works_and_fills_its_rows(part, tmp_path):
    if part in ("daemon", "veth") and (reason := namespaces.why_not()):
        pytest.skip(reason)
    done = short("--only", part, "--results", tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "table.json").read_text())
    assert [row["what"] for row in told["rows"]] == [target.what for target in TARGETS if target.of == part]
    assert {"cpu", "cores", "kernel", "date", "commit"} <= told["machine"].keys()
    lines = (tmp_path / "table.md").read_text().splitlines()
    assert told["machine"]["cpu"] in lines[0] and len(lines) == 4 + len(told["rows"])
    assert ElementTree.parse(tmp_path / "table.svg").getroot().tag.endswith("svg")
    assert all(row["ours"] > 0 and not row["why"] for row in told["rows"]), told["rows"]
    for row in told["rows"]:
        assert row["what"] in done.stdout


def test_the_table_asks_the_suite_only_for_what_it_has():
    listed = subprocess.run([BUILD / "bench" / "relaysieve_bench", "--benchmark_list_tests"], capture_output=True, text=True, check=True)
    there = {suite.SUFFIX.sub("", name) for name in listed.stdout.split()}
    wanted = {name.removesuffix("/bytes") for target in TARGETS for name in target.names}
    assert {name for name in wanted if name.split("/")[0] in ("filter", "floor", "window", "worker")} <= there


def test_what_is_not_what_was_asked_for_fails(tmp_path):
    """An editcap that reads another capture: its 100 frames are not those of the benchmark."""
    other = tmp_path / "editcap"
    other.write_text('#!/bin/sh\n/usr/bin/editcap -r "$3" "$3.100" 1-100 && exec /usr/bin/editcap "$1" "$2" "$3.100" "$4"\n')
    other.chmod(0o755)
    done = short("--only", "replay", env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 1
    assert "does not work: replay/editcap/time: frames that editcap saw: 100 instead of " in done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("relaysieve replay"))
    assert "not run: frames that editcap saw" in row and " met" not in row


def test_a_benchmark_that_refuses_its_mix_is_broken(tmp_path):
    other = tmp_path / "relaysieve_bench"
    other.write_text(f'#!/bin/sh\nexec {BUILD}/bench/relaysieve_bench --wrong=mix "$@"\n')
    other.chmod(0o755)
    name, figures = "floor/memory/clients:1024/relays:2/frames:warm", Figures()
    suite.measure(other, [name], 1, 0.01, figures)
    assert figures[name].broken and "50.0 %" in figures[name].why_not
    suite.measure(BUILD / "bench" / "relaysieve_bench", [name], 2, 0.01, figures := Figures())
    assert len(figures[name].values) == 2


def test_without_root_the_parts_on_veth_say_so(monkeypatch):
    names, figures = ["daemon/af_packet/MB"], Figures()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    script("run").measure("daemon", names, SimpleNamespace(short=True, build=BUILD), figures)
    table = table_of([Target("daemon", *names, at_most=1e9)], figures)
    assert (table[0].state, figures[names[0]].broken) == ("not run: needs root", False)


def test_the_table_is_renewed_between_a_pages_marks(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- bench/run writes from here -->\nold\n<!-- to here -->\nafter\n")
    for told in ("new\n", "newer\n"):
        script("run").renew(page, told)
        assert page.read_text() == f"before\n<!-- bench/run writes from here -->\n{told}<!-- to here -->\nafter\n"
    page.write_text("no marks\n")
    script("run").renew(page, told)
    assert page.read_text() == "no marks\n"
