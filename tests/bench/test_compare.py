# SPDX-License-Identifier: Apache-2.0
"""bench/compare: what it refuses, what it leaves behind, and what it makes of two programs."""

import subprocess
from types import SimpleNamespace

import pytest
from conftest import BUILD, ROOT, script

FLOOR = "floor/memory/clients:1024/relays:1/frames:warm"


def git(*words):
    return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout.strip()


def run(*words):
    return subprocess.run([ROOT / "bench" / "compare", *words], capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize("words, what", [
    (["nosuch"], "no commit 'nosuch' here"), (["HEAD", "--filter", "("], "--filter: missing )"),
    (["HEAD", "--repetitions", "0"], "--repetitions: at least 1")])
def test_wrong_words_are_refused_in_a_line(words, what):
    done = run(*words)
    assert done.returncode == 2 and done.stderr.startswith(f"bench/compare: {what}") and done.stderr.count("\n") == 1


def test_of_a_commit_that_does_not_build_nothing_is_left():
    author = ("-c", "user.name=nobody", "-c", "user.email=nobody")
    empty = git(*author, "commit-tree", "-m", "nothing", git("mktree"))
    done = run(empty)
    assert done.returncode == 1 and "does not build: " in done.stderr.splitlines()[-1]
    assert "relaysieve-compare-" not in git("worktree", "list")


def test_both_are_measured_in_turns_and_held_against_each_other():
    compare = script("compare")
    how = SimpleNamespace(filter=f"^{FLOOR}", repetitions=3, seconds=0.01)
    program = BUILD / "bench" / "relaysieve_bench"
    values = compare.beside_each_other({"theirs": program, "ours": program}, how)
    assert [len(values[whose][FLOOR]) for whose in ("ours", "theirs")] == [3, 3]
    head, row = compare.lines(values, "HEAD")
    assert head[1:3] == ("HEAD", "this tree") and row[0] == FLOOR


def test_the_ratio_is_taken_within_each_repetition():
    values = {"ours": {"a": [1.0, 2.0, 9.0], "new": [1.0]}, "theirs": {"a": [2.0, 8.0, 9.0], "old": [1.0]}}
    _, *rows = script("compare").lines(values, "HEAD")
    assert rows == [("a", "8.00 ns", "2.00 ns", "0.500 (0.250 to 1.000)"), ("new", "-", "only here", ""), ("old", "only there", "-", "")]


def test_a_filter_that_nothing_matches_is_said():
    how = SimpleNamespace(filter="^nosuch$", repetitions=1, seconds=0.01)
    with pytest.raises(RuntimeError, match="nosuch|match"):
        script("compare").measure(BUILD / "bench" / "relaysieve_bench", how)
