# SPDX-License-Identifier: Apache-2.0
"""Adds up what the parts have left in a folder each, JUnit reports and the status that they ended with: names what failed
and what was skipped, then closes with `N passed, N failed[, N skipped]`."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def cases(part):
    for report in sorted(part.glob("*.xml")):
        try:
            yield from ((report.stem, case) for case in ElementTree.parse(report).iter("testcase"))
        except ElementTree.ParseError:
            continue  # it ended amid its report: its status says so


def status_of(part):
    file = part / "status"
    return file.read_text().strip() if file.exists() else "unknown"


def main(folder):
    passed, failed, skipped = 0, [], []
    for part in sorted(path for path in Path(folder).iterdir() if path.is_dir()):
        before = len(failed)
        for report, case in cases(part):
            name = f"{report}: {case.get('classname')}.{case.get('name')}"
            if case.find("failure") is not None or case.find("error") is not None:
                failed.append(name)
            elif (skip := case.find("skipped")) is not None:
                skipped.append(f"{name}: {skip.get('message', '').strip()}")
            elif case.get("status") == "notrun":
                skipped.append(f"{name}: disabled")
            else:
                passed += 1
        if len(failed) == before and (status := status_of(part)) != "0":  # it crashed, or what failed leaves no report
            failed.append(f"{part.name}: ended with status {status}")
    for name in skipped:
        print("skipped", name)
    for name in failed:
        print("FAILED ", name)
    print(f"{passed} passed, {len(failed)} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    return 0 if passed and not failed else 1


sys.exit(main(sys.argv[1]))
