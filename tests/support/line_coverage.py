# SPDX-License-Identifier: Apache-2.0
"""Which lines were run, as llvm-cov counts them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def lines_of(programs, profiles, merged, files):
    """Of each of these files (named from the root) that holds code: {line: how often it was run}."""
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", *profiles, "-o", merged], check=True)
    first, *others = programs
    listed = subprocess.run(["llvm-cov-14", "export", "-format=lcov", f"-instr-profile={merged}", first,
                             *(word for other in others for word in ("-object", other))],
                            check=True, capture_output=True, text=True).stdout
    wanted, found, lines = {str(ROOT / file): file for file in files}, {}, {}
    for line in listed.splitlines():
        if line.startswith("SF:"):
            lines = found.setdefault(wanted.get(str(Path(line[3:]).resolve()), ""), {})
        elif line.startswith("DA:"):
            number, count = line[3:].split(",")[:2]
            lines[int(number)] = max(lines.get(int(number), 0), int(count))
    return {name: lines for name, lines in found.items() if name}


def ranges(numbers):
    """12-14 17"""
    runs = []
    for n in sorted(numbers):
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return " ".join(f"{a}-{b}" if a != b else f"{a}" for a, b in runs)


def row_of(name, lines):
    left = ranges(n for n, count in lines.items() if count == 0)
    return f"{share(lines):5.1f} %  {name}" + (f"  (not: {left})" if left else "")


def share(lines):
    """How many of the lines were run, in percent."""
    return 100 * sum(count > 0 for count in lines.values()) / len(lines)
