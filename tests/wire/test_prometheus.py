# SPDX-License-Identifier: Apache-2.0
"""The real Prometheus scrapes the daemon, and is asked what it has learnt."""

import contextlib
import itertools
import json
import math
import re
import signal
import subprocess
import urllib.parse
from pathlib import Path

import frames
import pytest
from lab.namespaces import wait_until
from wirelab import BOUND, clock

END = frames.marker(0)
WHERE = "127.0.0.1:9090"
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "relaysieve.rules.yml"
CONFIG = """
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: ["%s"]
scrape_configs:
  - job_name: relaysieve
    static_configs: [{targets: ["127.0.0.1:9467"]}]
"""


@pytest.fixture
def prometheus(wire):
    """Debian's server in the box's namespace, where the daemon's default address is."""
    folder = wire.folder / "prometheus"
    folder.mkdir()
    (folder / "prometheus.yml").write_text(CONFIG % RULES)
    with open(folder / "log", "w") as log, subprocess.Popen(
            [*wire.box.enter(), "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address={WHERE}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(BOUND)
            process.kill()


def asked(wire, path):
    """What the server says; None while it is not there yet."""
    done = subprocess.run([*wire.box.enter(), "curl", "--silent", "--max-time", "10", f"http://{WHERE}/api/v1/{path}"],
                          capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        return None
    said = json.loads(done.stdout)
    assert said["status"] == "success", said
    return said["data"]


def query(wire, expression):
    """[(labels, value)] of an instant query; [] while the server is not there yet."""
    said = asked(wire, f"query?query={urllib.parse.quote(expression)}")
    return [(sample["metric"], float(sample["value"][1])) for sample in said["result"]] if said else []


def value(wire, expression):
    found = query(wire, expression)
    return found[0][1] if found else None


def test_it_learns_what_the_daemon_counts(wire, prometheus):
    wire.start("--turn-after", "0s")  # it is always the same client
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    xids = iter(range(1, 100_000))

    def boot(pairs):
        for _ in range(pairs):
            left.send(*frames.hsrp_pair(next(xids)))
        left.send(END)
        right.until(END)

    boot(10)
    wait_until(lambda: value(wire, "sum(relaysieve_verdicts_total{reason='second_copy'})") == 10,
               lambda: f"the first scrape: {(wire.folder / 'prometheus' / 'log').read_text()}", 2 * BOUND)
    assert value(wire, "up{job='relaysieve'}") == 1

    # rate() needs two scrapes and something between them.
    deadline = clock() + 2 * BOUND
    while not (value(wire, "sum(rate(relaysieve_verdicts_total{reason='second_copy'}[30s]))") or 0) > 0:
        assert clock() < deadline, "no rate"
        boot(5)
    status = wire.daemon.status()
    wait_until(lambda: value(wire, "sum(relaysieve_verdicts_total)") == status["totals"]["received"], "the last scrape", BOUND)
    by_reason = {labels["reason"]: count for labels, count in query(wire, "sum by (reason) (relaysieve_verdicts_total)")}
    assert by_reason == status["reasons"] and by_reason["second_copy"] > 10
    by_relay = {(labels["relay"], labels["outcome"]): count
                for labels, count in query(wire, "sum by (relay, outcome) (relaysieve_relay_copies_total) > 0")}
    assert by_relay == {("10.30.0.2", "forwarded"): by_reason["first_copy"], ("10.30.0.3", "second_copy"): by_reason["second_copy"]}

    # Copies of one burst have one time, so that their lag may be 0; it is far below a second in any case.
    lag = value(wire, "histogram_quantile(0.99, sum by (le) (relaysieve_copy_lag_seconds_bucket))")
    assert 0 <= lag <= 1
    assert value(wire, "relaysieve_copy_lag_seconds_count") == by_reason["second_copy"]
    assert value(wire, "relaysieve_copy_lag_seconds_sum") <= by_reason["second_copy"] * 1
    assert 0 <= value(wire, "time() - min(relaysieve_relay_last_seen_timestamp_seconds)") < 4 * BOUND
    busy = value(wire, "rate(relaysieve_worker_busy_seconds_total[30s])")
    assert 0 < busy < 1
    assert value(wire, "relaysieve_memory_clients") == 1 and value(wire, "relaysieve_memory_capacity") == 262144
    assert query(wire, "relaysieve_build_info")[0][0]["version"] == status["version"]
    assert {labels["event"] for labels, _ in query(wire, "relaysieve_events_total > 0")} >= {"started", "relay_new"}
    wire.daemon.end(signal.SIGTERM)
    wait_until(lambda: value(wire, "up{job='relaysieve'}") == 0, "the end", 2 * BOUND)


def names(expression):
    """Of the daemon's metrics."""
    return set(re.findall(r"\brelaysieve_\w+", expression))


BOARD = json.loads((DEPLOY / "grafana" / "relaysieve.json").read_text())
# (panel, reference, expression) of every query.
TARGETS = [(panel["title"], target["refId"], target["expr"]) for panel in BOARD["panels"] for target in panel["targets"]]
QUIET = {"Lost"}  # 0 where all is well


def boxes(wire):
    """What the dashboard offers to choose from: label_values() is Grafana's, and asks this."""
    query, = (variable["query"] for variable in BOARD["templating"]["list"] if variable["name"] == "instance")
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", query).groups()
    return asked(wire, f"label/{label}/values?{urllib.parse.quote('match[]')}={metric}")


def shows(wire, title, expression, box):
    """Whether a query has data, all of it finite, and some of it above 0."""
    found = [count for _, count in query(wire, expression.replace("$__rate_interval", "30s").replace("$instance", box))]
    return bool(found) and all(map(math.isfinite, found)) and (max(found) > 0 or title in QUIET)


def test_every_rule_and_every_panel_finds_its_metrics(wire, prometheus):
    wire.start("--turn-after", "0s", "--clients", "64")
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    xids = itertools.count(1)

    def traffic():
        """Pairs, a client that the memory soon has no room for, and what it remembers of it."""
        for _ in range(5):
            left.send(*frames.hsrp_pair(next(xids)))
        left.send(*(frames.dhcp_request(next(xids)) for _ in range(500)), END)
        right.until(END)

    dark, deadline = set(TARGETS), clock() + 4 * BOUND
    while dark:
        assert clock() < deadline, f"nothing, or nothing finite, or only 0: {sorted(dark)}"
        traffic()
        wait_until(lambda: not prometheus.poll(), "Prometheus", BOUND)
        dark -= {target for target in dark if shows(wire, target[0], target[2], ".*")}
    assert boxes(wire) == ["127.0.0.1:9467"]
    assert not shows(wire, "Ports", dict((title, each) for title, _, each in TARGETS)["Ports"], "another")

    rules = [rule for group in asked(wire, "rules")["groups"] for rule in group["rules"]]
    assert len(rules) == RULES.read_text().count("- alert: ")
    wait_until(lambda: all(rule["health"] == "ok" for group in asked(wire, "rules")["groups"] for rule in group["rules"]), "the rules' first run", 4 * BOUND)
    there = set(asked(wire, "label/__name__/values"))
    for expression in [*(each for _, _, each in TARGETS), *(rule["query"] for rule in rules)]:
        assert names(expression) <= there, f"no metric {sorted(names(expression) - there)}"
    assert value(wire, "sum(relaysieve_port_refused_frames_total + relaysieve_port_missed_frames_total)") == 0
    assert query(wire, "relaysieve_mode == 1")[0][0]["mode"] == "enforce"
    wire.daemon.end(signal.SIGTERM)
