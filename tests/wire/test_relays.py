# SPDX-License-Identifier: Apache-2.0
"""Who brings what, and what settings fit: `relaysieve relays` and `relaysieve advise` of a running daemon."""

import collections
import functools
import itertools
import json
import re
import shlex
import signal

import frames
import pytest
from control import ask, command
from frames import A, B
from lab.namespaces import wait_until
from wirelab import BOUND

END = frames.marker(0)
C = bytes.fromhex("020000300004")
NO_TURNS = ("--turn-after", "0s")  # a slow machine must not make clients wait
REQUESTS = ("second_copy", "echo", "turn_passed", "first_copy", "retransmission", "late_copy", "rewritten", "twin_other_scope",
            "would_drop_second_copy", "other_subnet_same_relay", "over_capacity", "evicted_retry")

_xids = itertools.count(1)


def brought(router, number, xid, **more):
    """One of the copies of a transmission: router A is number 2, B 3, C 4."""
    return frames.dhcp_request(xid, router, source=f"10.30.0.{number}", **{"giaddr": f"10.20.0.{number}", **more})


def rewriting(frame):
    """The same with an option more, where there was padding."""
    told = frame.replace(bytes((53, 1, 1, 255, 0, 0, 0)), bytes((53, 1, 1, 60, 1, 120, 255)))
    assert told != frame and len(told) == len(frame)
    return told


def transmissions(wire, count, *copies):
    """Sends so many, each with these copies, and waits until the daemon has dealt with all of them."""
    if not hasattr(wire, "ends"):
        wire.ends = wire.tap(wire.left), wire.tap(wire.right)
    left, right = wire.ends
    before = wire.daemon.status()["totals"]["received"]
    for xid in itertools.islice(_xids, count):
        left.send(*(copy(xid) for copy in copies))
    wait_until(lambda: wire.daemon.status()["totals"]["received"] == before + count * len(copies), "all copies", BOUND)
    right.drain()


def both(wire, count, **more):
    transmissions(wire, count, lambda xid: brought(A, 2, xid), lambda xid: brought(B, 3, xid, **more))


def relays(daemon):
    code, who = ask(daemon, "/v1/relays")
    assert code == 200
    return who


def by_ip(who):
    return {relay["ip"]: relay for relay in who["relays"]}


def by_pair(who):
    return {(pair["first"]["ip"][-1], pair["second"]["ip"][-1]): pair for pair in who["pairs"]}


def check_sums(wire, who):
    """Every request is some relay's: the reasons over all relays are those of the status."""
    of_relays = collections.Counter(who["others"]["reasons"])
    for relay in who["relays"]:
        assert relay["copies"] == sum(relay["reasons"].values())
        of_relays += collections.Counter(relay["reasons"])
    reasons = wire.daemon.status()["reasons"]
    assert of_relays == {name: reasons[name] for name in REQUESTS if reasons[name]}


def test_two_routers(wire):
    wire.start(*NO_TURNS)
    assert command(wire.daemon, "relays") == (0, "no relay has brought a request\n", "")
    both(wire, 30)
    transmissions(wire, 10, lambda xid: brought(B, 3, xid), lambda xid: brought(A, 2, xid))
    who = relays(wire.daemon)
    check_sums(wire, who)
    a, b = by_ip(who)["10.30.0.2"], by_ip(who)["10.30.0.3"]
    assert (a["port"], a["mac"], a["giaddr"]) == ("routers", "02:00:00:30:00:02", "10.20.0.2")
    assert (a["copies"], a["first_copies"], a["second_copies"], a["turns"], a["late_copies"]) == (40, 30, 10, 0, 0)
    assert (b["copies"], b["first_copies"], b["second_copies"]) == (40, 10, 30)
    assert 0 <= a["last_seen_s"] <= a["first_seen_s"] < BOUND
    pairs = by_pair(who)
    assert {pair: one["copies"] for pair, one in pairs.items()} == {("2", "3"): 30, ("3", "2"): 10}
    for pair in pairs.values():
        lag = pair["lag_us"]
        assert 0 <= lag["min"] <= lag["median"] <= lag["p90"] <= lag["p99"] <= lag["max"] < BOUND * 10**6
        assert sum(copies for _, copies in pair["distribution"]) == pair["copies"]
    assert who["lag"]["copies"] == 40 and who["other_pairs"] == 0 and who["others"]["copies"] == 0

    status, text, _ = command(wire.daemon, "relays")
    assert status == 0 and "\x1b" not in text and "SILENT" not in text
    assert re.search(r"^routers +02:00:00:30:00:02 +10\.30\.0\.2 +10\.20\.0\.2 +40 +30 +10 +0 +0  [\d.]+s ago$", text, re.M)
    assert re.search(r"^ +30 +75\.0%( +[\d.]+[um]?s){5}  10\.30\.0\.2 first$", text, re.M)
    assert sum(map(int, re.findall(r"^  to +\d+[um]?s +(\d+) ", text, re.M))) == 40
    assert json.loads(command(wire.daemon, "relays", "--json")[1])["relays"][0]["ip"] == who["relays"][0]["ip"]
    wire.daemon.end(signal.SIGTERM)


def test_three_routers(wire):
    wire.start(*NO_TURNS)
    transmissions(wire, 20, lambda xid: brought(A, 2, xid), lambda xid: brought(B, 3, xid), lambda xid: brought(C, 4, xid))
    who = relays(wire.daemon)
    check_sums(wire, who)
    assert {pair: one["copies"] for pair, one in by_pair(who).items()} == {("2", "3"): 20, ("2", "4"): 20}
    assert [relay["first_copies"] for relay in who["relays"]] == [20, 0, 0]
    assert command(wire.daemon, "relays")[1].count(" and ") == 2


def advised(wire):
    """What is advised; the words to set it with."""
    code, advice = ask(wire.daemon, "/v1/advice")
    assert code == 200
    return {one["setting"]: one for one in advice["advice"]}, shlex.split(advice["command"] or "")


@pytest.mark.parametrize("giaddr, wanted", [("10.20.1.3", ["subnet_bits", "23"]),
                                            ("10.99.0.3", ["relay_groups", '{"group1":["10.20.0.0/24","10.99.0.0/24"]}'])])
def test_twins_are_shown_with_the_setting_that_joins_them(wire, giaddr, wanted):
    wire.start(*NO_TURNS)
    both(wire, 20, giaddr=giaddr)
    who = relays(wire.daemon)
    check_sums(wire, who)
    pair = by_pair(who)["2", "3"]
    assert (pair["copies"], pair["twins"], pair["lag_us"]) == (0, 20, None)
    assert f"relaysieve set {wanted[0]} " in pair["hint"]
    text = command(wire.daemon, "relays")[1]
    assert re.search(r"^ +20 twins: the same request in two scopes; each passed$", text, re.M) and f"! {pair['hint']}" in text

    by_setting, words = advised(wire)
    assert words == ["relaysieve", "set", *wanted]
    assert command(wire.daemon, *words[1:])[0] == 0
    both(wire, 20, giaddr=giaddr)
    pair = by_pair(relays(wire.daemon))["2", "3"]
    assert (pair["copies"], pair["twins"]) == (20, 20), "they are copies of one now"
    assert "these settings join them" in pair["hint"] and advised(wire)[1] == []


def test_a_rewriting_router_is_shown_with_the_setting_that_helps(wire):
    wire.start(*NO_TURNS)
    pair = lambda xid: brought(A, 2, xid), lambda xid: rewriting(brought(B, 3, xid))
    transmissions(wire, 20, *pair)
    who = relays(wire.daemon)
    check_sums(wire, who)
    assert by_pair(who)["2", "3"]["rewritten"] == 20
    assert by_pair(who)["2", "3"]["hint"] == "one of them rewrites options: relaysieve set match identity would help"
    assert advised(wire)[1] == ["relaysieve", "set", "match", "identity"]
    assert command(wire.daemon, "set", "match", "identity")[0] == 0
    transmissions(wire, 20, *pair)
    assert wire.daemon.status()["reasons"]["second_copy_rewritten"] == 20
    assert advised(wire)[1] == []


def test_monitor_counts_as_enforce_would(wire):
    wire.start("--mode", "monitor", *NO_TURNS)
    both(wire, 60)
    who = relays(wire.daemon)
    check_sums(wire, who)
    assert [(relay["first_copies"], relay["second_copies"]) for relay in who["relays"]] == [(60, 0), (0, 60)]
    assert who["relays"][1]["reasons"] == {"would_drop_second_copy": 60}
    assert advised(wire)[0]["window"]["copies"] == 60


def test_bypass_sees_nobody_and_says_so(wire):
    wire.start("--mode", "bypass")
    both(wire, 5)
    assert command(wire.daemon, "relays")[1] == "no relay has brought a request\n"
    text = command(wire.daemon, "advise")[1]
    assert text.startswith("mode bypass looks at nothing") and text.endswith("\nnothing to change\n")


def test_copies_that_two_workers_see_are_one_pairs(wire):
    """The flows of the two relays lie on different queues for some of these servers: one worker has the first copy."""
    wire.start("--workers", "2", "--driver", "af_packet", *NO_TURNS)
    for number in range(60):
        to = f"10.30.0.{10 + number}"
        transmissions(wire, 1, lambda xid: brought(A, 2, xid, to=to), lambda xid: brought(B, 3, xid, to=to))
    who = relays(wire.daemon)
    check_sums(wire, who)
    assert all(worker["busy_rounds"] > 0 for worker in wire.daemon.status()["workers"])
    assert sum(pair["copies"] for pair in who["pairs"]) == who["lag"]["copies"] == 60
    assert by_pair(who).keys() <= {("2", "3"), ("3", "2")} and len(who["relays"]) == 2
    assert sum(relay["first_copies"] for relay in who["relays"]) == 60


def test_untrusted_relays_are_not_counted(wire):
    wire.start("--trusted-relays", "10.30.0.2,10.20.0.2", *NO_TURNS)
    both(wire, 10)
    assert list(by_ip(relays(wire.daemon))) == ["10.30.0.2"]
    assert wire.daemon.status()["reasons"]["untrusted_relay"] == 10
    assert "trusted_relays" in command(wire.daemon, "relays", "--help")[1]


def test_relays_beyond_the_limit_are_one_line(wire):
    wire.start(*NO_TURNS)
    sources = [f"10.{31 + number // 250}.0.{1 + number % 250}" for number in range(1100)]
    for some in (sources[:550], sources[550:]):
        transmissions(wire, 2, *(functools.partial(frames.dhcp_request, router=A, source=source) for source in some))
    who = relays(wire.daemon)
    check_sums(wire, who)
    assert len(who["relays"]) == 1024 and who["others"]["copies"] == 2 * 76
    text = command(wire.daemon, "relays")[1]
    assert re.search(r"^others, counted together +152 ", text, re.M)


def test_a_silent_relay_stands_out_until_it_is_back(wire):
    wire.start(*NO_TURNS)
    both(wire, 30)
    assert "SILENT" not in command(wire.daemon, "relays")[1]
    wait_until(lambda: by_ip(relays(wire.daemon))["10.30.0.3"]["last_seen_s"] > 1.5, "a look of the daemon's", BOUND)
    transmissions(wire, 100, lambda xid: brought(A, 2, xid))

    def silent():
        return [relay["ip"] for relay in relays(wire.daemon)["relays"] if relay["silent"]]
    wait_until(lambda: silent() == ["10.30.0.3"], "router B to be silent", BOUND)
    lines = command(wire.daemon, "relays")[1].splitlines()
    assert re.search(r"10\.30\.0\.3 .* ago  SILENT$", lines[1]), "it is the first"
    assert "\n".join(lines).count("SILENT") == 1
    both(wire, 1)
    wait_until(lambda: silent() == [], "router B to be back", BOUND)
    assert "SILENT" not in command(wire.daemon, "relays")[1]
    wire.daemon.end(signal.SIGTERM)
