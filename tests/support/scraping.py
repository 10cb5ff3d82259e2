# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus beside a daemon, and what the dashboard asks it."""

import json
import math
import re
import subprocess
import urllib.parse
from pathlib import Path

WHERE = "127.0.0.1:9090"
DAEMON = "127.0.0.1:9467"  # where it listens by default
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "relaysieve.rules.yml"
BOARD = json.loads((DEPLOY / "grafana" / "relaysieve.json").read_text())
# (panel, reference, expression) of every query.
TARGETS = [(panel["title"], target["refId"], target["expr"]) for panel in BOARD["panels"] for target in panel["targets"]]
CONFIG = f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: ["{RULES}"]
scrape_configs:
  - job_name: relaysieve
    static_configs: [{{targets: ["{DAEMON}"]}}]
"""


class Prometheus:
    """Debian's server in the daemon's network namespace, while `with` lasts."""

    def __init__(self, namespace, folder):
        self._namespace, self._folder = namespace, folder / "prometheus"
        self._folder.mkdir()
        (self._folder / "prometheus.yml").write_text(CONFIG)

    def __enter__(self):
        with open(self._folder / "log", "w") as log:
            self._process = subprocess.Popen(
                [*self._namespace.enter(), "prometheus", f"--config.file={self._folder}/prometheus.yml",
                 f"--storage.tsdb.path={self._folder}/data", f"--web.listen-address={WHERE}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def log(self):
        return (self._folder / "log").read_text()

    def asked(self, path):
        """What the server says; None while it is not there yet."""
        assert self._process.poll() is None, self.log
        done = subprocess.run([*self._namespace.enter(), "curl", "--silent", "--max-time", "10", f"http://{WHERE}/api/v1/{path}"],
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            return None
        said = json.loads(done.stdout)
        assert said["status"] == "success", said
        return said["data"]

    def query(self, expression):
        """[(labels, value)] of an instant query; [] while the server is not there yet."""
        said = self.asked(f"query?query={urllib.parse.quote(expression)}")
        return [(sample["metric"], float(sample["value"][1])) for sample in said["result"]] if said else []

    def value(self, expression):
        found = self.query(expression)
        return found[0][1] if found else None

    def boxes(self):
        """What the dashboard offers to choose from: label_values() is Grafana's, and asks this."""
        query, = (variable["query"] for variable in BOARD["templating"]["list"] if variable["name"] == "instance")
        metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", query).groups()
        return self.asked(f"label/{label}/values?{urllib.parse.quote('match[]')}={metric}")

    def shows(self, target, box=".*", quiet=()):
        """Whether a query of the dashboard's has data, all of it finite, and some above 0 but for `quiet` panels."""
        title, _, expression = target
        found = [count for _, count in self.query(expression.replace("$__rate_interval", "30s").replace("$instance", box))]
        return bool(found) and all(map(math.isfinite, found)) and (max(found) > 0 or title in quiet)
