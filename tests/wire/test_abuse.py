# SPDX-License-Identifier: Apache-2.0
"""Whoever abuses the control socket disturbs neither the frames nor other callers, and changes nothing."""

import contextlib
import http.client
import json
import random
import resource
import signal
import statistics
import threading

import frames
import pytest
from control import Caller, ask, connect
from lab.namespaces import wait_until
from pace import traffic
from wirelab import BOUND, clock

END = frames.marker(0)
RATE, FRAMES = 2000, 6000  # a second; in all


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def abused(wire):
    """1,000 connections that say nothing, 20 that send a byte a second each, and bodies of 10 MB one after the other."""
    body = wire.folder / "body"
    body.write_bytes(b"x" * 10_000_000)
    over = threading.Event()
    idle, slow = [connect(wire.daemon) for _ in range(1000)], [connect(wire.daemon) for _ in range(20)]
    refused = []

    def drip():
        for letter in b"GET /v1/status HTTP/1.1\r\n" * 100:
            for caller in slow:
                with contextlib.suppress(OSError):
                    caller.send(bytes([letter]))
            if over.wait(1):
                return

    def pour():
        while not over.is_set():
            refused.append(ask(wire.daemon, "/v1/settings", "--request", "PATCH", "--data-binary", f"@{body}")[0])

    workers = [threading.Thread(target=drip), threading.Thread(target=pour)]
    for worker in workers:
        worker.start()
    try:
        yield refused
    finally:
        over.set()
        for worker in workers:
            worker.join()
        for caller in idle + slow:
            caller.close()


def answer_times(wire, count=30):
    """How long the daemon takes to answer somebody else, s."""
    caller, times = Caller(wire.daemon), []
    for _ in range(count):
        begin = clock()
        caller.ask("GET", "/v1/settings")
        times.append(clock() - begin)
    caller.close()
    return times


def test_frames_and_other_callers_are_not_disturbed(wire, many_descriptors):
    wire.start()
    before = ask(wire.daemon, "/v1/settings")
    quiet, times = [traffic(wire, RATE, FRAMES, first=True)], answer_times(wire)
    with abused(wire) as refused:
        busy, busy_times = traffic(wire, RATE, FRAMES, first=True), answer_times(wire)
        wait_until(lambda: refused, "a body", BOUND)
    quiet.append(traffic(wire, RATE, FRAMES, first=True))
    assert set(refused) == {413}
    for run in (*quiet, busy):
        assert run["received"] == run["sent"] == FRAMES, run
    medians = [run["p50_us"] for run in quiet]
    print(f"frames: {medians} us in peace, {busy['p50_us']} us meanwhile; answers: {statistics.median(times) * 1e3:.2f} ms in "
          f"peace, {statistics.median(busy_times) * 1e3:.2f} ms meanwhile; {len(refused)} bodies of 10 MB refused")
    assert busy["p50_us"] < 10 * max(medians)
    assert statistics.median(busy_times) < 0.5
    assert ask(wire.daemon, "/v1/settings") == before
    wire.daemon.end(signal.SIGTERM)


PATHS = ["/v1/settings", "/v1/status", "/v1/events", "/v1/relays", "/v1/nope", "/", "/v2/settings", "//v1/settings",
         "/v1/settings/", "/v1/../v1/settings", "/v1/settings?save=false", "/v1/settings?" + "a=b&" * 20, "/v1/%00", "/v1/%ff"]
METHODS = ["GET", "PATCH", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "BREW"]
VALUES = [None, True, -1, 0, 1e300, 2**70, "", "1s", "5s", "1h", "monitor", "enforce", "\u0000", "\ud83d\ude00", [], {}, ["10.0.0.0/8"],
          {"a": ["10.0.0.1"]}, {"a": "10.0.0.1"}, [[[]]], "x" * 5000]
ROUNDS = 1500


def random_body(dice, names):
    kind = dice.randrange(4)
    if kind == 0:
        return dice.randbytes(dice.randrange(200))
    body = json.dumps({dice.choice(names): dice.choice(VALUES) for _ in range(dice.randrange(4))}).encode()
    if kind == 1:  # something in it is another byte
        at = dice.randrange(len(body))
        body = body[:at] + dice.randbytes(1) + body[at + 1:]
    return body


def test_random_requests_change_nothing_unless_they_are_accepted(wire):
    wire.start()
    dice = random.Random(4)
    asking = Caller(wire.daemon)
    settings = asking.ask("GET", "/v1/settings")
    names = [*settings, "windwo", "", "MODE"]
    codes = []
    for _ in range(ROUNDS):
        method, path, body = dice.choice(METHODS), dice.choice(PATHS), random_body(dice, names)
        headers = {"X-" + "y" * dice.randrange(50): "z" * dice.choice((0, 10, 1000)) for _ in range(dice.randrange(4))}
        caller = Caller(wire.daemon)
        begin = clock()
        caller.request(method, path, body, headers)
        try:
            code = caller.getresponse().status
        except (http.client.HTTPException, ConnectionError):
            code = 0  # what is no HTTP is cut off
        caller.close()
        assert clock() - begin < 5, (method, path, body, code)
        codes.append(code)
        now = asking.ask("GET", "/v1/settings")
        assert now == settings or (code == 200 and method == "PATCH"), (method, path, body, code)
        settings = now
    assert {200, 400, 404, 405} <= set(codes) and 500 not in codes, {code: codes.count(code) for code in set(codes)}
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    left.send(END)
    assert right.until(END) == []
    wire.daemon.end(signal.SIGTERM)


def test_bytes_that_are_no_http(wire):
    wire.start()
    before = ask(wire.daemon, "/v1/settings")
    dice = random.Random(5)
    for _ in range(200):
        caller = connect(wire.daemon)
        with contextlib.suppress(OSError):
            caller.sendall(dice.choice((b"", b"GET ", b"PATCH /v1/settings HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                                        b"PATCH /v1/settings HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                                        b"GET /" + b"a" * 40_000)) + dice.randbytes(dice.randrange(300)))
        caller.close()
    assert ask(wire.daemon, "/v1/settings") == before
    wire.daemon.end(signal.SIGTERM)
