# SPDX-License-Identifier: Apache-2.0
"""What Prometheus scrapes: its own tool finds nothing wrong, and the numbers are those of the status."""

import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import frames
import pytest
from hold import held, threads
from lab.namespaces import wait_until
from pace import before_all_else
from wirelab import BOUND, inside

END = frames.marker(0)
USUAL = "127.0.0.1:9467"
VERDICTS = dict(re.findall(r"^  X\((\w+), (\w+),", (Path(__file__).parents[2] / "include/relaysieve/reason.h").read_text(), re.M))


def scrape(wire, path="/metrics", where=USUAL, *words):
    """(status code, content type, text) of a request that curl makes in the box."""
    done = wire.box.run("curl", "--silent", "--show-error", "--max-time", BOUND, "--write-out", "\n%{http_code} %{content_type}",
                        *words, f"http://{where}{path}")
    text, _, last = done.rpartition("\n")
    code, _, kind = last.partition(" ")
    return int(code), kind, text


def values(text):
    """{name with labels: value}"""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            assert name not in found
            found[name] = float(value)
    return found


def crosses(wire, xid=1):
    """A pair, of which one copy crosses, and a frame each way. The bytes that came from the left."""
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    first, second = frames.hsrp_pair(xid)
    left.send(first, second)
    assert right.receive() in (first, second)  # two workers may judge them in either order
    left.send(END)
    assert right.until(END) == []
    wait_until(lambda: wire.daemon.status()["totals"]["received"] == 3, "both copies", BOUND)
    right.send(END)
    assert left.until(END) == []
    return len(first) + len(second) + len(END)


def test_promtool_finds_nothing_wrong(wire):
    wire.start("--workers", 2)
    crosses(wire)
    code, kind, text = scrape(wire)
    assert (code, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert shutil.which("promtool"), "not installed: run deploy/install-packages test"
    # First that it would find something: a counter whose name does not say so.
    wrong = text.replace("relaysieve_verdicts_total", "relaysieve_verdicts")
    done = subprocess.run(["promtool", "check", "metrics"], input=wrong, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "_total" in done.stdout + done.stderr
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_numbers_are_those_of_the_status(wire):
    wire.start("--workers", 2)
    sent = crosses(wire)
    metrics, status = values(scrape(wire)[2]), wire.daemon.status()
    assert all(name.startswith("relaysieve_") for name in metrics)
    for reason, count in status["reasons"].items():
        labels = f'verdict="{VERDICTS[reason]}",reason="{reason}"'
        by_family = {family: metrics.get(f'relaysieve_verdicts_total{{{labels},family="{family}"}}') for family in ("", "v4", "v6")}
        assert sum(counted for counted in by_family.values() if counted is not None) == count
        for family in ("v4", "v6"):
            assert (by_family[family] or 0) == status["families"][family].get(reason, 0)
    for name, count in status["totals"].items():
        assert metrics[f"relaysieve_{name}_frames_total"] == count
    assert metrics["relaysieve_received_frames_total"] == 4
    assert metrics["relaysieve_received_frames_total"] == sum(
        metrics[f"relaysieve_{name}_frames_total"] for name in ("forwarded", "dropped", "refused"))
    for port in status["ports"]:
        labels = f'port="{port["name"]}",side="{port["side"]}"'
        for direction, at in (("in", "rx"), ("out", "tx")):
            for unit in ("frames", "bytes"):
                assert metrics[f'relaysieve_port_{unit}_total{{{labels},direction="{direction}"}}'] == port[f"{at}_{unit}"]
        for name in ("refused", "missed"):
            assert metrics[f"relaysieve_port_{name}_frames_total{{{labels}}}"] == port[name]
        assert metrics[f"relaysieve_port_link_up{{{labels}}}"] == 1
        assert metrics[f'relaysieve_port_info{{{labels},driver="{port["driver"]}",wire="1"}}'] == 1
    assert metrics['relaysieve_port_bytes_total{port="routers",side="routers",direction="in"}'] == sent
    for worker in ("0", "1"):
        assert metrics[f'relaysieve_worker_rounds_total{{worker="{worker}"}}'] >= 1
        assert metrics[f'relaysieve_worker_stalls_total{{worker="{worker}"}}'] == 0
    assert sum(metrics[f'relaysieve_worker_busy_rounds_total{{worker="{worker}"}}'] for worker in ("0", "1")) >= 2
    assert metrics[f'relaysieve_build_info{{version="{status["version"]}"}}'] == 1
    assert metrics["relaysieve_uptime_seconds"] > 0
    wire.daemon.end(signal.SIGTERM)


RELAYS, BEYOND = 1024, 200


def test_more_relays_than_there_is_room_for(wire):
    """They fold into "other", nothing is lost of the sums, and a scrape takes less than 50 ms: the best of ten, before all else."""
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    for n in range(RELAYS + BEYOND):
        router, high, low = bytes((2, 0, 0, 1, n >> 8, n & 255)), n >> 8, n & 255
        for copy in range(2 if n >= RELAYS else 1):
            left.send(frames.dhcp_request(2 * n + copy, router, source=f"10.31.{high}.{low}", giaddr=f"10.32.{high}.{low}"))
    left.send(END)
    assert len(right.until(END)) == RELAYS + 2 * BEYOND
    code, _, text = scrape(wire)
    metrics, status = values(text), wire.daemon.status()
    copies = {name: count for name, count in metrics.items() if name.startswith("relaysieve_relay_copies_total{")}
    relays = {re.search(r'relay="([\d.]+|other)"', name)[1] for name in copies}
    assert len(relays) == RELAYS + 1 and "other" in relays
    assert sum(copies.values()) == status["reasons"]["first_copy"] == RELAYS + 2 * BEYOND
    assert metrics["relaysieve_relays"] == RELAYS
    folded = metrics["relaysieve_relay_folded_copies_total"]
    assert folded == sum(count for name, count in copies.items() if 'relay="other"' in name) == 2 * BEYOND
    assert metrics["relaysieve_relay_copies_total"
                   '{relay="10.31.0.7",mac="02:00:00:01:00:07",port="routers",outcome="forwarded"}'] == 1
    seen = [value for name, value in metrics.items() if name.startswith("relaysieve_relay_last_seen_timestamp_seconds{")]
    assert len(seen) == RELAYS + 1 and all(abs(time.time() - when) < 120 for when in seen)
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with before_all_else(wire.daemon.process):
        took = [float(wire.box.run("chrt", "--fifo", 1, "curl", "--silent", "--output", "/dev/null", "--write-out", "%{time_total}",
                                   f"http://{USUAL}/metrics")) for _ in range(10)]
    print(f"{len(text)} bytes, {len(metrics)} samples; a scrape took {min(took) * 1e3:.1f} to {max(took) * 1e3:.1f} ms")
    assert min(took) < 0.050
    wire.daemon.end(signal.SIGTERM)


def test_late_copies_and_repetitions_have_their_buckets(wire):
    wire.start("--window", "200ms", "--echo-window", "50ms")
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    first, second = frames.hsrp_pair(1)
    for frame, pause in ((first, 0.3), (second, 0.1), (second, 0)):  # a copy, a late one, and a repetition of that
        left.send(frame)
        assert right.until(frame) == []  # it has been judged: its time is past
        time.sleep(pause)
    metrics = values(scrape(wire)[2])
    lag = {name: metrics[f'relaysieve_copy_lag_seconds_bucket{{le="{name}"}}'] for name in ("0.2", "10", "+Inf")}
    assert lag == {"0.2": 0, "10": 1, "+Inf": 1}
    assert 0.3 <= metrics["relaysieve_copy_lag_seconds_sum"] < 5
    assert metrics["relaysieve_client_repeat_seconds_count"] == 1
    assert metrics["relaysieve_client_repeat_seconds_sum"] >= 0.1
    assert metrics["relaysieve_memory_transmissions"] == metrics["relaysieve_memory_clients"] == 1


def test_a_flood_shows(wire):
    wire.start("--clients", 64)
    assert values(scrape(wire)[2])["relaysieve_memory_evicted_total"] == 0
    assert values(scrape(wire)[2])["relaysieve_memory_recalled_total"] == 0
    assert values(scrape(wire)[2])["relaysieve_memory_capacity"] == 64
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    left.send(*(frames.dhcp_request(xid) for xid in range(2000)), END)
    right.until(END)
    metrics = values(scrape(wire)[2])
    assert metrics["relaysieve_memory_evicted_total"] == wire.daemon.status()["memory"]["evicted"] > 0
    assert 0 < metrics["relaysieve_memory_false_positive_ratio"] <= 0.0013
    assert metrics["relaysieve_memory_recalled_total"] == wire.daemon.status()["memory"]["recalled"] > 0


def test_the_reasons_explain_themselves(wire):
    wire.start()
    help_text = re.search(r"^# HELP relaysieve_verdicts_total (.*)$", scrape(wire)[2], re.M)[1]
    for reason in wire.daemon.status()["reasons"]:
        assert f" {reason}: " in help_text


def test_mode_link_and_stalls_are_followed(wire):
    wire.start("--mode", "monitor")
    modes = {mode: values(scrape(wire)[2])[f'relaysieve_mode{{mode="{mode}"}}'] for mode in ("enforce", "monitor", "bypass")}
    assert modes == {"enforce": 0, "monitor": 1, "bypass": 0}
    worker, = threads(wire.daemon.process.pid, "worker")
    with held(worker):
        wait_until(lambda: values(scrape(wire)[2])['relaysieve_worker_stalled{worker="0"}'] == 1, "the stall", BOUND)
    wait_until(lambda: values(scrape(wire)[2])['relaysieve_worker_stalled{worker="0"}'] == 0, "its end", BOUND)
    assert values(scrape(wire)[2])['relaysieve_worker_stalls_total{worker="0"}'] == 1
    link = 'relaysieve_port_link_up{port="server",side="server"}'
    wire.right.ip("link", "set", "eth0", "down")
    wait_until(lambda: values(scrape(wire)[2])[link] == 0, "the loss of the link", BOUND)


def test_other_paths_and_methods(wire):
    wire.start()
    assert scrape(wire, "/")[:2] == (404, "text/plain")
    assert scrape(wire, "/v1/settings")[0] == scrape(wire, "/v1/flush", USUAL, "--request", "POST")[0] == 404
    assert scrape(wire, "/metrics", USUAL, "--data", "x")[0] == 405


def test_unless_asked_for_they_are_served_to_this_machine_only(wire):
    wire.start()
    assert [line.split()[3] for line in wire.box.run("ss", "-Hltn").splitlines()] == [USUAL]


def test_another_address_and_off(wire):
    wire.start("--metrics", "127.0.0.2:9999")
    assert scrape(wire, where="127.0.0.2:9999")[0] == 200
    assert "9467" not in wire.box.run("ss", "-Hltn")
    wire.daemon.end(signal.SIGTERM)
    wire.daemon.kill()
    wire.start("--metrics", "off")
    assert wire.box.run("ss", "-Hltn") == ""


@pytest.fixture
def taken(wire):
    with inside(wire.box), socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 9467))
        other.listen()
        yield


def test_an_address_that_was_asked_for_must_be_had(wire, taken):
    wire.launch("--routers", "routers", "--server", "server", "--metrics", USUAL)
    assert wire.daemon.wait_for_end() == 2
    assert wire.daemon.err == f"relaysieved: metrics: cannot listen on {USUAL}: Address already in use\n"


def test_a_usual_address_that_is_taken_is_done_without(wire, taken):
    wire.start()
    assert f"warning: metrics: cannot listen on {USUAL}: Address already in use; none are served" in wire.daemon.err
    crosses(wire)
    wire.daemon.end(signal.SIGTERM)
