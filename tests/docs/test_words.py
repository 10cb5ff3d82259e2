# SPDX-License-Identifier: Apache-2.0
"""What the documents say without being a session: our programs' commands and flags, settings, paths, links."""

import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest
import relaysieve
from documents import DOCUMENTS, ROOT, blocks, commands, inline, links
from elsewhere import NOT_RUN, reason_not_to_run, trouble_with
from lab.box import built

PLACES = re.compile(r"^(include|dataplane|control|bench|tests|deploy|build|\.githooks)/[\w./@*-]+$")


@cache
def help_of(program, *words):
    done = subprocess.run([built(program), *words, "--help"], capture_output=True, text=True, timeout=60)
    return done.stdout if done.returncode == 0 else None


def wrong_words(code):
    """Why a line of ours cannot be typed; None if it can, as far as its words tell."""
    program, *words = code.split("|")[0].split(" && ")[0].split()
    program = Path(program).name
    command = []
    if program == "relaysieve":
        command = words[:1] if words[:1] != ["config"] else words[:2]
        if not words or words[0].startswith("-"):
            command = []
    usage = help_of(program, *command)
    if usage is None or (command and "Usage: relaysieve " + " ".join(command) not in usage):
        return f"there is no command {' '.join(command)}"
    unknown = [word for word in words if re.match(r"--[a-z]", word) and not re.search(rf"(^|[ ,]){word.partition('=')[0]}\b(?!-)", usage, re.M)]
    return f"{' '.join([program, *command])} has no {' '.join(unknown)}" if unknown else None


def troubles(document, text):
    """All that can be told without typing it."""
    for line, code in inline(text):
        if re.match(r"(build/control/)?relaysieved?( [a-z-]|$)", code) and (trouble := wrong_words(code)):
            yield f"{document}:{line}: `{code}`: {trouble}"
        if " -m pytest" in code and (trouble := trouble_with(code.replace("python3 -m", "/usr/bin/python3 -m", 1))):
            yield f"{document}:{line}: `{code}`: {trouble}"
        if PLACES.match(code) and not code.startswith("build/") and not place_is_there(document, code):
            yield f"{document}:{line}: `{code}` is not there"
    for target in links(text):
        if not target.startswith("http") and not ((ROOT / document).parent / target).exists():
            yield f"{document}: {target} is not there"
    for block in blocks(text):
        if block.language == "toml":
            yield from wrong_settings(document, block)
        for command in commands(block):
            if reason_not_to_run(command.words) and (trouble := trouble_with(command.words)):
                yield f"{document}:{command.line}: `{command.words}`: {trouble}"


def place_is_there(document, path):
    return any(list(base.glob(path)) or list(base.glob(f"{path}.in")) for base in (ROOT, (ROOT / document).parent))


def wrong_settings(document, block):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(block.text)
        file.flush()
        done = subprocess.run([built("relaysieve"), "config", "check", file.name], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        yield f"{document}:{block.line}: {done.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_nothing_in_it_is_wrong(document):
    found = list(troubles(document, (ROOT / document).read_text()))
    assert not found, "\n".join(found)


def test_planted_mistakes_are_noticed():
    text = (ROOT / "deploy/OPERATING.md").read_text()
    planted = {
        "`relaysieve status --jsno`": "relaysieve status has no --jsno",
        "`relaysieve stats`": "there is no command stats",
        "`relaysieved --router eth1`": "relaysieved has no --router",
        "`tests/wire/test_nothing.py`": "`tests/wire/test_nothing.py` is not there",
        "`python3 -m pytest tests/docs -k nothing_of_this_name`": "selects no test",
        "[x](NOTHERE.md)": "NOTHERE.md is not there",
        '```toml\nwindow = "1 s"\n```': "window: ",
        "```\n$ tests/run untit\n```": "tests/run does not know untit",
        "```\n$ tests/run --lnog\n```": "tests/run does not know --lnog",
        "```\n$ deploy/install-packages bulid\n```": "deploy/install-packages does not know bulid",
    }
    for mistake, said in planted.items():
        found = list(troubles("deploy/OPERATING.md", f"{text}\n{mistake}\n"))
        assert len(found) == 1 and said in found[0], (mistake, found)


def test_each_line_of_the_list_is_needed():
    typed = [command.words for document in DOCUMENTS for block in blocks((ROOT / document).read_text()) for command in commands(block)]
    for pattern, _, _ in NOT_RUN:
        assert any(re.search(pattern, words) for words in typed), f"no document has {pattern}"


def test_the_manual_has_every_command():
    """Ours are all named somewhere in the guides, too."""
    guides = "".join((ROOT / document).read_text() for document in DOCUMENTS)
    listed = re.search(r"Subcommands:\n(.*)", relaysieve.run("--help").out, re.S)[1]
    for command in re.findall(r"^  (\w+)  ", listed, re.M):
        assert re.search(rf"relaysieve {command}\b|`{command}\b", guides), command
