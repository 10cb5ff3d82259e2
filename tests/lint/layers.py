#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who includes whom, held against the map of the folders in CONTRIBUTING.md.

usage: tests/lint/layers.py [ROOT]

A row of the map is `folder` | a sentence | the folders, files and libraries that its sources may include, and do. A folder
of tests that has none stands in the table of tests/README.md.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOTS = ["include", "dataplane", "control", "tests", "bench", "deploy/man"]  # the compiler's -I
# Which library a header is of; those of C++, POSIX and Linux may be included anywhere.
LIBRARIES = {
    "abseil": r"absl/", "Google Benchmark": r"benchmark/", "libbpf": r"bpf/", "libcap-ng": r"cap-ng\.h", "CLI11": r"CLI/", "libcurl": r"curl/",
    "DPDK": r"rte_", "GoogleTest": r"g(test|mock)/", "libmicrohttpd": r"microhttpd\.h", "ncurses": r"ncurses\.h", "libnftables": r"nftables/",
    "JSON": r"nlohmann/", "libpcap": r"pcap", "prometheus-cpp": r"prometheus/", "spdlog": r"spdlog/", "libsystemd": r"systemd/",
    "toml++": r"toml\+\+/", "libxdp": r"xdp/", "xxHash": r"xxhash\.h",
}
SYSTEM = r"([\w+-]+(\.h)?|(arpa|linux|net|netinet|sys)/[\w/]+\.h)$"


def tracked(root):
    return subprocess.run(["git", "-C", root, "ls-files"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")[:-1]


def read_map(text):
    """[(folder, what it may include)]"""
    rows = re.findall(r"^\| `([\w./-]+)` \|[^|]+\|([^|]*)\|$", text, re.M)
    return [(folder, {word.strip(" `") for word in allowed.split(",")} - {""}) for folder, allowed in rows]


def included(source, name, quoted, files):
    """Our file, or the library, that `name` is of; None for the system's."""
    if quoted:
        for base in [source.parent, *ROOTS]:
            if (path := str(base / Path(name))) in files:
                return path
    library = next((library for library, pattern in LIBRARIES.items() if re.match(pattern, name)), None)
    return library if library or re.match(SYSTEM, name) else name


def row_of(path, rows):
    """The nearest folder above a path that has a row of its own."""
    return next((str(above) for above in Path(path).parents if str(above) in rows), None)


def wrong_includes(root, file, row, rows, files, needed):
    """What may not be included; adds to `needed` what may, and is."""
    text = (root / file).read_text()
    for found in re.finditer(r'^\s*#\s*include\s*(["<])([^">]+)[">]', text, re.M):
        what = included(Path(file), found[2], found[1] == '"', files)
        if what is None:
            continue
        names = {what, row_of(what, rows)} & {row, *rows[row]}
        needed |= names
        if not names:
            yield f"{file}:{text.count(chr(10), 0, found.start(2)) + 1}: {row} may not include {found[2]}"


def wrong_rows(rows, files):
    folders = list(rows)
    for number, row in enumerate(folders):
        if not any(file.startswith(row + "/") for file in files):
            yield f"CONTRIBUTING.md: {row} is not there"
        for other in sorted(rows[row]):
            if (other in folders and folders.index(other) >= number) or not (other in folders or other in LIBRARIES or other in files):
                yield f"CONTRIBUTING.md: {row} may not name {other}: neither a row above it, nor a file, nor a library that is known"


def offences(root):
    files = tracked(root)
    rows = dict(read_map((root / "CONTRIBUTING.md").read_text()))
    parts = re.findall(r"^\| `([\w-]+)/` \|", (root / "tests/README.md").read_text(), re.M)
    needed = {row: set() for row in rows}
    yield from wrong_rows(rows, files)
    for file in files:
        row = row_of(file, rows)
        if row is None and "/" in file:
            yield f"CONTRIBUTING.md: no row for {file}"
        elif row == "tests" and (below := file.split("/")[1:])[1:] and below[0] not in parts:
            yield f"tests/README.md: no row for {file}"
        elif re.search(r"\.(c|cc|h)$", file):
            yield from wrong_includes(root, file, row, rows, set(files), needed[row])
    for row, allowed in rows.items():
        yield from (f"CONTRIBUTING.md: {row} does not include {other}" for other in sorted(allowed - needed[row]))


if __name__ == "__main__":
    found = list(offences(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
    print("".join(f"{line}\n" for line in found), end="")
    sys.exit(1 if found else 0)
