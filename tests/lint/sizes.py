#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sources over 250 lines and functions over 60 (universal-ctags knows where they end, but for the shell's).

usage: tests/lint/sizes.py [FILE...]    in the root of the tree; default: all sources

long.txt names what may be longer, each with a reason; what is not any more has to go from there.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

LINES, FUNCTION = 250, 60
SOURCE = re.compile(r"\.(c|cc|h|py|sh|in)$|(^|/)meson\.build$|^deploy/packages/")  # and whatever begins with #!
SHELL = re.compile(rb"#! ?/(usr/)?bin/(env )?(ba|da)?sh\b")
SHELL_FUNCTION = re.compile(r"^( *)(?:function +(?=[\w-]+ *[({])|(?=[\w-]+ *\(\)))([\w-]+) *(?:\(\))? *[{(](?: +#.*)?$")  # of several lines
PARDONED = Path("tests/lint/long.txt")
CTAGS = ["ctags", "-L", "-", "-f", "-", "--output-format=json", "--fields=+ne", "--kinds-C=f", "--kinds-C++=f", "--kinds-Python=fm", "--languages=C,C++,Python"]


def sources():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [name for name in listed.split("\n") if Path(name).is_file()]


def is_source(name):
    return SOURCE.search(name) or Path(name).read_bytes().startswith(b"#!")


def shell_functions(text):
    """(name, lines): from `name() {` to the brace that stands below its first letter."""
    lines = text.split("\n")
    for first, line in enumerate(lines):
        if head := SHELL_FUNCTION.match(line):
            end = next((n for n in range(first + 1, len(lines)) if re.match(head[1] + "[})]", lines[n])), len(lines) - 1)
            yield head[2], end - first + 1


def functions(names):
    """(file, name, lines)"""
    tags = subprocess.run(CTAGS, input="\n".join(names), stdout=subprocess.PIPE, text=True, check=True).stdout
    for tag in map(json.loads, tags.splitlines()):
        yield tag["path"], tag["name"], tag.get("end", tag["line"]) - tag["line"] + 1
    for name in names:
        if name.endswith(".sh") or SHELL.match(Path(name).read_bytes()):
            yield from ((name, function, lines) for function, lines in shell_functions(Path(name).read_text()))


def too_long(names):
    """{place: lines}; a place is a file, or a file and a function."""
    names = [name for name in names if is_source(name)]
    found = {name: lines for name in names if (lines := Path(name).read_bytes().count(b"\n")) > LINES}
    found |= {f"{file} {function}": lines for file, function, lines in functions(names) if lines > FUNCTION}
    return found


def pardoned():
    return [line for line in PARDONED.read_text().split("\n") if line and not line.startswith("#")]


def offences(names, whole):
    found = too_long(names)
    for place, lines in found.items():
        if place not in pardoned():
            yield f"{place}: {lines} lines"
    for place in pardoned():
        if whole and place not in found:
            yield f"{PARDONED}: {place} is not too long"


if __name__ == "__main__":
    said = list(offences(sys.argv[1:] or sources(), whole=not sys.argv[1:]))
    print("".join(f"{line}\n" for line in said), end="")
    sys.exit(1 if said else 0)
