# SPDX-License-Identifier: Apache-2.0
"""tests/lint/quick finds nothing here, and everything that is planted; so does the hook, in what is staged and nowhere else."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONG = "".join(f"  n += {n};\n" for n in range(60))
LONG_SHELL = "planted() {  # so\n" + "  true\n" * 59 + "}\n"
FORMATTED = "// SPDX-License-Identifier: Apache-2.0\n"
BOUND = 120


def git(tree, *words):
    return subprocess.run(["git", "-C", tree, "-c", "user.name=x", "-c", "user.email=x", *words],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=BOUND)


@pytest.fixture(scope="module", autouse=True)
def tools():
    missing = [tool for tool in ("clang-format-14", "ctags", "git") if not shutil.which(tool)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; run deploy/install-packages test")


@pytest.fixture
def clone(tmp_path):
    """This tree as it is, with what has not been committed yet, and the hook switched on."""
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], stdout=subprocess.PIPE, text=True, check=True)
    for name in names.stdout.split("\0")[:-1]:
        if (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    assert git(tmp_path, "init").returncode == 0
    assert git(tmp_path, "add", "--all").returncode == 0
    assert git(tmp_path, "commit", "--quiet", "-m", "all").returncode == 0
    git(tmp_path, "config", "core.hooksPath", ".githooks")
    return tmp_path


def quick(tree, lint="quick"):
    done = subprocess.run([tree / "tests/lint" / lint], cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=BOUND)
    return done.returncode, done.stdout


def test_there_is_nothing_to_say_of_this_tree():
    assert quick(ROOT) == (0, "")


PLANTED = {
    "format": ("dataplane/planted.cc", FORMATTED + "int  planted;\n", "dataplane/planted.cc:2:4: error: code should be clang-formatted"),
    "a long file": ("tests/unit/planted.cc", FORMATTED + "\n" * 250, "tests/unit/planted.cc: 251 lines"),
    "a long script": ("deploy/planted", "#!/bin/sh\n" + "true\n" * 250, "deploy/planted: 251 lines"),
    "a long script with a dot": ("deploy/debian/planted.postrm", "#!/bin/sh\n" + "true\n" * 250, "deploy/debian/planted.postrm: 251 lines"),
    "a long template": ("deploy/systemd/planted.in", "#\n" * 251, "deploy/systemd/planted.in: 251 lines"),
    "a long function of the shell": ("deploy/function", "#!/bin/bash\n" + LONG_SHELL, "deploy/function planted: 61 lines"),
    "in what is read by others": ("deploy/function.sh", LONG_SHELL, "deploy/function.sh planted: 61 lines"),
    "in what a package runs": ("deploy/debian/planted.prerm", "#!/bin/sh\n" + LONG_SHELL, "deploy/debian/planted.prerm planted: 61 lines"),
    "a long function": ("dataplane/function.cc", f"{FORMATTED}int planted(int n) {{\n{LONG}  return n;\n}}\n", "dataplane/function.cc planted: 63 lines"),
    "a long method": ("tests/lab/planted.py", "# A\nclass A:\n    def planted(self):\n" + "        self.a()\n" * 60, "tests/lab/planted.py planted: 61 lines"),
    "DPDK in the core": ("dataplane/dpdk.cc", FORMATTED + "#include <rte_mbuf.h>\n", "dataplane/dpdk.cc:2: dataplane may not include rte_mbuf.h"),
    "looking back": ("dataplane/back.cc", FORMATTED + '#include "settings/settings.h"\n',
                     "dataplane/back.cc:2: dataplane may not include settings/settings.h"),
    "the core in the contract": ("include/relaysieve/planted.h", FORMATTED + '#include "memory.h"\n', "include/relaysieve/planted.h:2: include/relaysieve may not"),
    "an unknown library": ("control/http/planted.h", FORMATTED + "#include <boost/any.hpp>\n", "control/http may not include boost/any.hpp"),
    "a new folder": ("elsewhere/planted.cc", FORMATTED, "CONTRIBUTING.md: no row for elsewhere/planted.cc"),
    "a new part of the tests": ("tests/elsewhere/planted.py", "# A\n", "tests/README.md: no row for tests/elsewhere/planted.py"),
}


def test_what_is_planted_is_found_and_kept_out_of_a_commit(clone):
    for path, text, _ in PLANTED.values():
        (clone / path).parent.mkdir(exist_ok=True)
        (clone / path).write_text(text)
    git(clone, "add", "--all")
    status, found = quick(clone)
    done = git(clone, "commit", "-m", "planted")
    assert (status, done.returncode) == (1, 1)
    for name, (_, _, said) in PLANTED.items():
        assert said in found and said in done.stdout, f"{name}: {found}"
    assert git(clone, "log", "--format=%s").stdout == "all\n"


def test_the_hook_looks_at_what_is_staged_only(clone):
    good, bad = FORMATTED + "int planted;\n", FORMATTED + "int  planted;\n"
    file = clone / "dataplane/planted.cc"
    file.write_text(bad)
    git(clone, "add", "--all")
    file.write_text(good)  # mended, but not staged
    assert git(clone, "commit", "-m", "planted").returncode == 1
    git(clone, "add", "--all")
    file.write_text(bad)  # broken again, but not staged
    done = git(clone, "commit", "-m", "planted")
    assert done.returncode == 0, done.stdout
    assert git(clone, "show", "HEAD:dataplane/planted.cc").stdout == good and file.read_text() == bad


def test_a_map_that_is_wrong(clone):
    page = clone / "CONTRIBUTING.md"
    text = page.read_text()
    wrong = {
        "| `dataplane` |": ("| `dataplan` |", "CONTRIBUTING.md: dataplan is not there"),
        "the rule, without DPDK and without a clock: message > fingerprint > memory (window, turns) > verdict | ":
            ("the rule | `control`, ", "dataplane may not name control: neither a row above it"),
        "`dataplane`, `include/relaysieve`, abseil, DPDK, libbpf,":
            ("`dataplane`, `include/relaysieve`, abseil, libpcap, DPDK, libbpf,", "CONTRIBUTING.md: dataplane/ports does not include libpcap"),
        "`control/relays`, `include/relaysieve`, abseil, JSON |":
            ("`control/relays`, `control/clock.h`, `include/relaysieve`, abseil, JSON |", "CONTRIBUTING.md: control/status does not include control/clock.h"),
        "| `control/http` | ": ("| control/http | ", "control/events may not name control/http"),
    }
    for right, (planted, said) in wrong.items():
        assert right in text
        page.write_text(text.replace(right, planted))
        status, out = quick(clone, "layers.py")
        assert status == 1 and said in out, out


def test_a_pardon_that_is_not_needed(clone):
    with open(clone / "tests/lint/long.txt", "a") as pardons:
        pardons.write("dataplane/filter.cc\n")
    assert quick(clone, "sizes.py") == (1, "tests/lint/long.txt: dataplane/filter.cc is not too long\n")
