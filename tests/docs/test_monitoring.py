# SPDX-License-Identifier: Apache-2.0
"""Whoever sets up monitoring as deploy/OPERATING.md shows has what the alerts look for."""

import re
import shutil
import subprocess

import pytest
from documents import ROOT, blocks

TEXT = (ROOT / "deploy/OPERATING.md").read_text()
RULES = ROOT / "deploy/prometheus/relaysieve.rules.yml"
SHOWN, = (block.text for block in blocks(TEXT) if block.language == "yaml")


def check(config, folder):
    """What promtool says of it, with our rules where it looks for them."""
    file = folder / "prometheus.yml"
    file.write_text(re.sub(r"/\S+\.rules\.yml", str(RULES), config))
    return subprocess.run(["promtool", "check", "config", file], capture_output=True, text=True, timeout=60)


def unknown_jobs(config):
    """Jobs that the alerts ask for, and that it has not."""
    return set(re.findall(r'job="(\w+)"', RULES.read_text())) - set(re.findall(r"job_name: (\w+)", config))


def not_installed(text):
    installed = (ROOT / "deploy/meson.build").read_text()
    return [name for name in re.findall(r"/usr/share/relaysieve/([\w.]+)", text) if f"/{name}'" not in installed]


def test_prometheus_takes_it(tmp_path):
    if not shutil.which("promtool"):
        pytest.skip("not installed: promtool; run deploy/install-packages test")
    done = check(SHOWN, tmp_path)
    assert done.returncode == 0 and re.search(r"\d+ rules found", done.stdout), done.stderr
    assert check(SHOWN.replace("job_name", "job", 1), tmp_path).returncode != 0


def test_its_jobs_are_the_alerts_and_what_it_names_is_installed():
    assert not unknown_jobs(SHOWN) and not not_installed(TEXT)
    # and a mistake would be seen:
    assert unknown_jobs(SHOWN.replace("job_name: relaysieve", "job_name: boxes")) == {"relaysieve"}
    assert not_installed(TEXT.replace("relaysieve.rules.yml`", "rules.yml`")) == ["rules.yml"]
