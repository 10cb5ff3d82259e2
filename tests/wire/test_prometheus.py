# SPDX-License-Identifier: Apache-2.0
"""The real Prometheus scrapes the daemon, and is asked what it has learnt."""

import itertools
import re
import signal

import frames
import pytest
from lab.namespaces import wait_until
from scraping import DAEMON, RULES, TARGETS, Prometheus
from wirelab import BOUND, clock

END = frames.marker(0)
QUIET = {"Lost"}  # 0 where all is well


@pytest.fixture
def prometheus(wire):
    with Prometheus(wire.box, wire.folder) as made:
        yield made


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
    wait_until(lambda: prometheus.value("sum(relaysieve_verdicts_total{reason='second_copy'})") == 10,
               lambda: f"the first scrape: {prometheus.log}", 2 * BOUND)
    assert prometheus.value("up{job='relaysieve'}") == 1

    # rate() needs two scrapes and something between them.
    deadline = clock() + 2 * BOUND
    while not (prometheus.value("sum(rate(relaysieve_verdicts_total{reason='second_copy'}[30s]))") or 0) > 0:
        assert clock() < deadline, "no rate"
        boot(5)
    status = wire.daemon.status()
    wait_until(lambda: prometheus.value("sum(relaysieve_verdicts_total)") == status["totals"]["received"], "the last scrape", BOUND)
    by_reason = {labels["reason"]: count for labels, count in prometheus.query("sum by (reason) (relaysieve_verdicts_total)")}
    assert by_reason == status["reasons"] and by_reason["second_copy"] > 10
    by_relay = {(labels["relay"], labels["outcome"]): count
                for labels, count in prometheus.query("sum by (relay, outcome) (relaysieve_relay_copies_total) > 0")}
    assert by_relay == {("10.30.0.2", "forwarded"): by_reason["first_copy"], ("10.30.0.3", "second_copy"): by_reason["second_copy"]}

    # Copies of one burst have one time, so that their lag may be 0; it is far below a second in any case.
    lag = prometheus.value("histogram_quantile(0.99, sum by (le) (relaysieve_copy_lag_seconds_bucket))")
    assert 0 <= lag <= 1
    assert prometheus.value("relaysieve_copy_lag_seconds_count") == by_reason["second_copy"]
    assert prometheus.value("relaysieve_copy_lag_seconds_sum") <= by_reason["second_copy"] * 1
    assert 0 <= prometheus.value("time() - min(relaysieve_relay_last_seen_timestamp_seconds)") < 4 * BOUND
    busy = prometheus.value("rate(relaysieve_worker_busy_seconds_total[30s])")
    assert 0 < busy < 1
    assert prometheus.value("relaysieve_memory_clients") == 1 and prometheus.value("relaysieve_memory_capacity") == 262144
    assert prometheus.query("relaysieve_build_info")[0][0]["version"] == status["version"]
    assert {labels["event"] for labels, _ in prometheus.query("relaysieve_events_total > 0")} >= {"started", "relay_new"}
    wire.daemon.end(signal.SIGTERM)
    wait_until(lambda: prometheus.value("up{job='relaysieve'}") == 0, "the end", 2 * BOUND)


def names(expression):
    """Of the daemon's metrics."""
    return set(re.findall(r"\brelaysieve_\w+", expression))


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
        dark -= {target for target in dark if prometheus.shows(target, quiet=QUIET)}
    assert prometheus.boxes() == [DAEMON]
    assert not any(prometheus.shows(target, box="another") for target in TARGETS)

    rules = [rule for group in prometheus.asked("rules")["groups"] for rule in group["rules"]]
    assert len(rules) == RULES.read_text().count("- alert: ")
    wait_until(lambda: all(rule["health"] == "ok" for group in prometheus.asked("rules")["groups"] for rule in group["rules"]), "the rules' first run", 4 * BOUND)
    there = set(prometheus.asked("label/__name__/values"))
    for expression in [*(each for _, _, each in TARGETS), *(rule["query"] for rule in rules)]:
        assert names(expression) <= there, f"no metric {sorted(names(expression) - there)}"
    assert prometheus.value("sum(relaysieve_port_refused_frames_total + relaysieve_port_missed_frames_total)") == 0
    assert prometheus.query("relaysieve_mode == 1")[0][0]["mode"] == "enforce"
    wire.daemon.end(signal.SIGTERM)
