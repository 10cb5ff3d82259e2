# SPDX-License-Identifier: Apache-2.0
"""What has to be so before anything runs: README's tables are filled in and complete, and nothing that reads was left out."""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# executions, a second, lines of the code aimed at, its planted bug
FIGURES = [r"\d[\d,]*", r"\d[\d,]*", r"\d+\.\d %", r"\d+ s"]
FOLDERS = ["dataplane", "dataplane/capture", "control/settings"]  # whose files the harnesses aim at


def section_of(text, title):
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def rows_of(text):
    """The rows of its tables, cell by cell, without their heads' underlines."""
    lines = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines if set(line) - set("-|")]


def missing_in_readme(text, names, crashes):
    wrong = []
    figures = {row[0].strip("`"): row[1:] for row in rows_of(section_of(text, "Figures")) if len(row) == 1 + len(FIGURES)}
    for name in names:
        row = figures.get(name, [])
        if len(row) != len(FIGURES) or not all(re.fullmatch(form, cell) for form, cell in zip(FIGURES, row)):
            wrong.append(f"README.md: no figures of {name}: {row}")
    found = [row[0].strip("`") for row in rows_of(section_of(text, "What was found"))]
    wrong += [f"README.md: {crash} is in crashes/, and not in 'What was found'" for crash in crashes if crash not in found]
    return wrong


def not_aimed_at(aims, excused):
    files = {str(path.relative_to(ROOT)) for folder in FOLDERS for path in (ROOT / folder).glob("*.*") if path.suffix in (".cc", ".h")}
    headers = {name for name in files if name.endswith(".h") and name[:-2] + ".cc" in files}  # what their source declares
    left = files - headers - set(aims) - set(excused)
    return [f"{name}: no harness aims at it" for name in sorted(left)] + \
        [f"{name}: there is no such file" for name in sorted({*aims, *excused}) if not (ROOT / name).exists()]


def wrong(harnesses):
    """All that is wrong, as one text. A check that sees no placeholder would see nothing."""
    text = (HERE / "README.md").read_text()
    crashes = [f"{path.parent.name}/{path.name}" for path in sorted((HERE / "crashes").glob("*/*"))]
    planted = re.sub(r"\d+ s \|$", "FOUND |", text, count=1, flags=re.MULTILINE)
    assert len(missing_in_readme(planted, harnesses.ALL, crashes)) > len(missing_in_readme(text, harnesses.ALL, crashes))
    aims = [name for harness in harnesses.ALL.values() for name in harness.aims]
    return "\n".join(missing_in_readme(text, harnesses.ALL, crashes) + not_aimed_at(aims, harnesses.NOT_AIMED_AT))
