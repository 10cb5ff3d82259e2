# SPDX-License-Identifier: Apache-2.0
"""What stands in a document: sessions in a shell, settings, words of our programs, links."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md",
             *sorted(str(path.relative_to(ROOT)) for part in ("deploy", "tests") for path in (ROOT / part).rglob("*.md") if ".pytest_cache" not in path.parts)]


class Block(NamedTuple):
    line: int       # of the document, where it begins
    language: str   # toml, ... or nothing
    text: str


class Command(NamedTuple):
    line: int
    words: str      # as a shell reads them
    shown: list     # the lines below it


def blocks(text):
    for found in re.finditer(r"^ *```(\w*)\n(.*?)^ *```$", text, re.M | re.S):
        yield Block(text.count("\n", 0, found.start()) + 2, found[1], found[2])


def commands(block):
    """Lines that begin with `$ `; one that ends with a backslash goes on."""
    made = []
    for number, line in enumerate(block.text.split("\n")[:-1], block.line):
        if line.startswith("$ "):
            made.append(Command(number, line[2:], []))
        elif made and made[-1].words.endswith("\\"):
            made[-1] = made[-1]._replace(words=made[-1].words[:-1] + line.lstrip("> "))
        elif made:
            made[-1].shown.append(line)
    return made


def inline(text):
    """`code` in sentences and tables: (line, code)."""
    outside = re.sub(r"^ *```.*?^ *```$", lambda block: "\n" * block[0].count("\n"), text, flags=re.M | re.S)
    for found in re.finditer(r"`([^`]+)`", outside):
        yield outside.count("\n", 0, found.start()) + 1, re.sub(r"\s+", " ", found[1].replace("\\|", "|"))


def links(text):
    return re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text)


def masked(line):
    """Words that have a digit are numbers, times and addresses: another one will do."""
    return " ".join("#" if re.search(r"\d", word) else word for word in line.split())


def missing(shown, said, exactly=False):
    """The first line that is shown and was not said, in this order; None if all were. `...` stands for anything."""
    form = str.rstrip if exactly else masked
    lines = iter(map(form, said.split("\n")))
    for line in shown:
        wanted = form(line)
        if not wanted or wanted == "...":
            continue
        start, open_end = wanted.removesuffix(" ..."), wanted.endswith(" ...")
        if not any(said.startswith(start) if open_end else said == wanted for said in lines):
            return line
    return None
