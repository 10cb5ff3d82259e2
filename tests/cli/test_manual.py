# SPDX-License-Identifier: Apache-2.0
"""The manual, as it is built: groff finds nothing to complain of, and all is in it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import relaysieve
from test_commands import ALL

PAGES = {name: relaysieve.BINARY.parents[1] / "deploy/man" / name for name in ("relaysieve.1", "relaysieved.8", "relaysieve.toml.5")}
REASONS = re.findall(r"^  X\((\w+), \w+,", (Path(relaysieve.ROOT) / "include/relaysieve/reason.h").read_text(), re.M)


def shown(name):
    """As a terminal shows it, in one line."""
    if not shutil.which("groff"):
        pytest.skip("not installed: groff-base; run deploy/install-packages test")
    done = subprocess.run(["groff", "-man", "-ww", "-Tascii", "-rLL=4000n", "-P-cbou", PAGES[name]], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(r"\s+", " ", done.stdout)


@pytest.mark.parametrize("name", PAGES)
def test_groff_has_no_warnings(name):
    text = shown(name)
    for title in ("NAME", "DESCRIPTION", "SEE ALSO"):
        assert f" {title} " in text
    assert text.startswith(f"{name.rpartition('.')[0].upper()}({name[-1]})")


def test_each_command_flag_and_reason_is_in_it():
    text = shown("relaysieve.1")
    for command in ALL:
        assert f" {' '.join(command)} " in text
        for flag in re.findall(r"^  (?:-\w,)?(--[\w-]+)", relaysieve.run(*command, "--help").out, re.M):
            assert f"{flag} " in text, flag
    for reason in REASONS:
        assert re.search(rf" {reason} (dropped|forwarded): ", text), reason
    assert len(REASONS) > 20


def test_each_setting_is_in_it_with_its_default_and_its_limits():
    text, daemon = shown("relaysieve.toml.5"), shown("relaysieved.8")
    for about in relaysieve.run("config", "example", "--json").report():
        plain = re.sub(r"\s+", " ", about["does"])
        assert f" {about['name']} {plain}. " in text, about["name"]
        assert re.sub(r"\s+", " ", about["allowed"]) in text
        if about["flag"]:
            assert f"Flag: {about['flag']}. " in text and f" {about['flag']} " in daemon
    assert 'Default: "1s". ' in text and "from 0 to below 200ms" in text
