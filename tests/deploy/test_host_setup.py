# SPDX-License-Identifier: Apache-2.0
"""host-setup's huge pages, with files in the kernel's place: what it shows it does, and undo takes nobody else's."""

import re
import subprocess
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "deploy" / "host-setup"
KIB = int(re.search(r"^Hugepagesize: *(\d+) kB", Path("/proc/meminfo").read_text(), re.M)[1])
OWN = 10  # pages that the administrator has, all free
MACHINE = """set -e
mount --bind "$0/pages" /sys/kernel/mm/hugepages
mount --bind "$KERNEL" /proc/sys/vm/nr_hugepages
for place in /var/lib /etc/sysctl.d; do mkdir -p "$0$place"; mount --bind "$0$place" "$place"; done
exec "$@"
"""


class Machine:
    def __init__(self, folder):
        pages = folder / "pages" / f"hugepages-{KIB}kB"
        pages.mkdir(parents=True)
        self.folder, self.nr, self.kernel = folder, pages / "nr_hugepages", pages / "nr_hugepages"
        self.nr.write_text(f"{OWN}\n")
        (pages / "free_hugepages").symlink_to("nr_hugepages")
        (pages / "resv_hugepages").write_text("0\n")

    def finds_none(self):
        """From now on, as where memory is in pieces."""
        self.kernel = "/dev/null"

    def run(self, *words):
        return subprocess.run(["unshare", "--mount", "env", f"KERNEL={self.kernel}", "sh", "-c", MACHINE, self.folder, TOOL, *words],
                              capture_output=True, text=True, timeout=300)

    def pages(self):
        return int(self.nr.read_text())

    def traces(self):
        return [path for place in ("var/lib", "etc/sysctl.d") for path in (self.folder / place).rglob("*")]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def steps(said):
    return re.findall("^  .*", said.stdout, re.M)


def pages_of(mib):
    return mib * 1024 // KIB


def test_what_it_shows_it_does_and_undoes(machine):
    shown = machine.run("hugepages", "128")
    assert shown.returncode == 0 and len(steps(shown)) >= 3 and machine.pages() == OWN and machine.traces() == [], shown
    done = machine.run("--apply", "hugepages", "128")
    assert done.returncode == 0 and steps(done) == steps(shown), done
    assert machine.pages() == pages_of(128)
    more = machine.run("--apply", "hugepages", "256")
    assert more.returncode == 0 and machine.pages() == pages_of(256)
    shown = machine.run("undo")
    done = machine.run("--apply", "undo")
    assert done.returncode == 0 and steps(done) == steps(shown), done
    assert machine.pages() == OWN and machine.traces() == []


def test_undo_takes_only_what_the_kernel_has_found(machine):
    machine.run("--apply", "hugepages", "64")
    machine.finds_none()
    for _ in range(2):
        said = machine.run("--apply", "hugepages", "256")
        assert said.returncode == 1 and f"the kernel has found {pages_of(64)} pages of {pages_of(256)}" in said.stderr, said
    machine.kernel = machine.nr
    assert machine.run("--apply", "undo").returncode == 0
    assert machine.pages() == OWN and machine.traces() == []


def test_undo_takes_no_more_than_there_is(machine):
    machine.run("--apply", "hugepages", "128")
    machine.nr.write_text("3\n")
    assert machine.run("--apply", "undo").returncode == 0
    assert machine.pages() == 0 and machine.traces() == []
