# SPDX-License-Identifier: Apache-2.0
"""What became of each case, and which lines of the code aimed at were run."""

import re
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from line_coverage import ranges  # noqa: E402


class Report:
    def __init__(self):
        self.cases = []  # name, seconds, error or ""
        self.lock = threading.Lock()

    @property
    def failed(self):
        return [name for name, _, error in self.cases if error]

    def case(self, name, seconds, error, *lines):
        """Prints a case with what there is to say of it, all at once."""
        with self.lock:
            self.cases.append((name, seconds, error))
            print(f"{'FAILED' if error else 'ok    '}  {name}  ({seconds:.0f} s)")
            for line in [*lines, *error.splitlines()]:
                print(f"          {line}")
            print(end="", flush=True)


def write_junit(report, path):
    suite = ElementTree.Element("testsuite", name="fuzz", tests=str(len(report.cases)))
    for name, seconds, error in report.cases:
        case = ElementTree.SubElement(suite, "testcase", classname="fuzz", name=name, time=f"{seconds:.1f}")
        if error:
            # XML knows no control characters.
            text = re.sub(r"[^\t\n -~]", "?", error)
            ElementTree.SubElement(case, "failure", message=text.splitlines()[0]).text = text
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def lines_of(program, profile, aims):
    """Of each file aimed at: {line: how often it was run}."""
    merged = profile.with_suffix(".profdata")
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", profile, "-o", merged], check=True)
    files = [ROOT / aim for aim in aims]
    listed = subprocess.run(["llvm-cov-14", "export", "-format=lcov", f"-instr-profile={merged}", program, *files],
                            check=True, capture_output=True, text=True).stdout
    found, lines = {}, {}  # files that these include are listed too
    for line in listed.splitlines():
        if line.startswith("SF:"):
            lines = found.setdefault(str(Path(line[3:]).resolve().relative_to(ROOT)), {})
        elif line.startswith("DA:"):
            number, count = line[3:].split(",")[:2]
            lines[int(number)] = max(lines.get(int(number), 0), int(count))
    return {name: lines for name, lines in found.items() if name in aims}


def coverage(program, profile, aims):
    """A line for each file, and one for all."""
    files = lines_of(program, profile, aims)
    told, run, all_ = [], 0, 0
    for name, lines in sorted(files.items()):
        hit = sum(count > 0 for count in lines.values())
        run, all_ = run + hit, all_ + len(lines)
        left = ranges(n for n, count in lines.items() if count == 0)
        told.append(f"{100 * hit / len(lines):5.1f} %  {name}" + (f"  (not: {left})" if left else ""))
    return [f"{100 * run / all_:5.1f} %  of the {all_} lines aimed at", *told]
