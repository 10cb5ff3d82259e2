# SPDX-License-Identifier: Apache-2.0
"""Adds up JUnit reports: names what failed and what was skipped, then closes with `N passed, N failed[, N skipped]`."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def main(folder):
    passed, failed, skipped = 0, [], []
    for report in sorted(Path(folder).glob("*.xml")):
        for case in ElementTree.parse(report).iter("testcase"):
            name = f"{report.stem}: {case.get('classname')}.{case.get('name')}"
            if case.find("failure") is not None or case.find("error") is not None:
                failed.append(name)
            elif (skip := case.find("skipped")) is not None:
                skipped.append(f"{name}: {skip.get('message', '').strip()}")
            elif case.get("status") == "notrun":
                skipped.append(f"{name}: disabled")
            else:
                passed += 1
    for name in skipped:
        print("skipped", name)
    for name in failed:
        print("FAILED ", name)
    print(f"{passed} passed, {len(failed)} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    return 0 if passed and not failed else 1


sys.exit(main(sys.argv[1]))
