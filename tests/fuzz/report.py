# SPDX-License-Identifier: Apache-2.0
"""What became of each case, and which lines of the code aimed at were run."""

import re
import threading
import xml.etree.ElementTree as ElementTree

from support.line_coverage import lines_of, row_of, share


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


def coverage(program, profile, aims):
    """The share of the lines, in percent; and a line to print for all files, and one for each."""
    files = lines_of([program], [profile], profile.with_suffix(".profdata"), aims)
    lines = {(name, n): count for name, counts in files.items() for n, count in counts.items()}
    return share(lines), [f"{share(lines):5.1f} %  of the {len(lines)} lines aimed at",
                          *(row_of(name, counts) for name, counts in sorted(files.items()))]
