# SPDX-License-Identifier: Apache-2.0
"""Whoever types what the documents show gets what they show."""

import re

import pytest
from documents import DOCUMENTS, ROOT, Block, blocks, commands
from elsewhere import reason_not_to_run
from room import Wrong

INSTALLED = re.compile(r"# (/etc/relaysieve/\S+)")


def to_run(block):
    return [command for command in commands(block) if not reason_not_to_run(command.words)]


def sessions(text):
    """Blocks with something to type, and settings that the reader is told to write, in their order."""
    return [block for block in blocks(text) if INSTALLED.match(block.text) or to_run(block)]


def follow(room, text):
    for block in sessions(text):
        if path := INSTALLED.match(block.text):
            room.write(path[1], block.text)
        else:
            room.follow(block.text, to_run(block))


@pytest.mark.parametrize("document", [document for document in DOCUMENTS if any(map(to_run, blocks((ROOT / document).read_text())))])
def test_what_is_typed_does_what_is_shown(room, document):
    follow(room, (ROOT / document).read_text())


def test_planted_mistakes_are_noticed(room):
    planted = {
        "$ relaysieve status --jsno\n": "ended with 2",
        "$ relaysieve replay tests/golden/captures/storm-60.pcap\n        264  requests\n        131  first copies\n": "131  first copies",
        "$ relaysieved --routers eth1 --servers eth2\n": "ended with 2",
        "$ relaysieve mode monitor\nmode: monitor -> enforce\n": "mode: monitor -> enforce",
        "$ deploy/fallback-bridge keep\n": "ended with 2",
    }
    for mistake, said in planted.items():
        with pytest.raises(Wrong, match=re.escape(said)):
            follow(room, f"```\n{mistake}```\n")
    follow(room, "```\n$ relaysieve mode monitor\nmode: enforce -> monitor\n```\n")


def test_a_block_is_read_as_it_stands():
    text = "a\n```\n$ one \\\n  more\nsaid\n...\n$ two\n```\n"
    assert [tuple(command) for block in blocks(text) for command in commands(block)] == [(3, "one more", ["said", "..."]), (7, "two", [])]
    assert list(blocks("```toml\na = 1\n```\n")) == [Block(2, "toml", "a = 1\n")]
