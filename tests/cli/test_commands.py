# SPDX-License-Identifier: Apache-2.0
"""What holds for every command, walked from the program's own help."""

import re

import pytest
import relaysieve


def below(*words):
    """Names of the commands in a help."""
    out = relaysieve.run(*words, "--help").out
    return re.findall(r"^  ([a-z]+) ", out.partition("\nSubcommands:\n")[2].partition("\n\n")[0], re.M)


def commands(*words):
    names = below(*words)
    return [command for name in names for command in commands(*words, name)] if names else [words]


ALL = commands()
IDS = [" ".join(command) for command in ALL]


def test_there_are_commands():
    assert {"status", "set", "mode", "reload", "flush", "config check", "config show", "completion", "replay"} <= set(IDS)


@pytest.mark.parametrize("command", ALL, ids=IDS)
def test_its_help(command):
    done = relaysieve.run(*command, "--help")
    assert (done.status, done.err) == (0, "")
    assert re.search(r"^  --json\b", done.out, re.M)
    example = re.search(r"^Examples?: .*\n((?:  .*\n)+)", done.out, re.M)
    assert example and f"relaysieve {' '.join(command)}" in example[1]
    assert re.search(r"^Exit status: 0 \S.*; 1 \S.*; 2 the words or the file given are wrong", done.out, re.M)


@pytest.mark.parametrize("command", ALL, ids=IDS)
def test_wrong_words_are_one_line_and_exit_status_2(command):
    for words in (["--no-such-flag"], ["--json=maybe"]):
        done = relaysieve.run(*command, *words)
        assert (done.status, done.out) == (2, ""), done
        assert done.err.startswith("relaysieve: ") and done.err.count("\n") == 1, done.err


def test_a_command_with_commands_needs_one():
    for name in below():
        if below(name):
            done = relaysieve.run(name)
            assert (done.status, done.out) == (2, "") and done.err.count("\n") == 1, done
