# SPDX-License-Identifier: Apache-2.0
"""`relaysieve trace`: each request, copy and reply of one client, with its reason."""

import json
import signal
import time

import frames
import pytest
from control import ask, change, command
from watching import Watcher
from wirelab import BOUND

CLIENT = "02:aa:00:00:00:01"  # of frames.dhcp_request
END = frames.marker(0)


def other_client(frame):
    return frame.replace(b"\x02\xaa\0\0\0\1", b"\x02\xaa\0\0\0\2")


def conversation(wire, left, right):
    """A DISCOVER by two relays, the server's OFFER, and what is not the client's; 3 frames of the client's."""
    first, second = frames.hsrp_pair(1)
    left.send(other_client(first), first, second, frames.sized(60), END)
    right.until(END)
    right.send(other_client(frames.dhcp_reply(1, 2)), frames.dhcp_reply(1, 2), END)
    left.until(END)


def test_each_copy_and_each_reply_in_order(wire):
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    with Watcher(wire.daemon, "trace", CLIENT, "--json", "--count", 3) as watcher:
        watcher.wait_until_it_looks()
        conversation(wire, left, right)
        head, first, second, offer = map(json.loads, watcher.ended().splitlines())
    assert head == {"watching": CLIENT, "mode": "enforce"}
    assert [line["client"] for line in (first, second, offer)] == [CLIENT] * 3
    assert [line["xid"] for line in (first, second, offer)] == ["00000001"] * 3
    assert (first["type"], first["verdict"], first["reason"]) == ("DISCOVER", "forward", "first_copy")
    assert (first["source"], first["giaddr"], first["port"], first["after_us"]) == ("10.30.0.2", "10.20.0.2", "routers", 0)
    assert (second["type"], second["verdict"], second["reason"]) == ("DISCOVER", "drop", "second_copy")
    assert second["giaddr"] == "10.20.0.3" and second["first_frame"] == first["frame"] and second["lag_us"] >= 0
    assert second["first_relay"] == {"ip": "10.30.0.2", "mac": "02:00:00:30:00:02"}
    assert (offer["type"], offer["message"], offer["verdict"], offer["port"]) == ("OFFER", "reply", "forward", "server")
    assert (offer["server"], offer["yiaddr"], offer["destination"]) == ("10.30.0.10", "10.20.0.114", "10.20.0.2")
    assert 0 <= second["after_us"] <= offer["after_us"] < BOUND * 1e6
    wire.daemon.end(signal.SIGTERM)


def test_in_words(wire):
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    with Watcher(wire.daemon, "trace", "02aa.0000.0001", "--count", 3) as watcher:
        watcher.wait_until_it_looks()
        conversation(wire, left, right)
        head, first, second, offer = watcher.ended().decode().splitlines()
    assert head == f"watching {CLIENT}, mode enforce; Ctrl-C ends it"
    assert "DISCOVER  00000001  10.30.0.2 > 10.30.0.10" in first and "the first copy of a client's transmission" in first
    assert "another relay already brought this transmission; " in second and "after the first copy, by 10.30.0.2" in second
    assert "OFFER     00000001  10.30.0.10 > 10.20.0.2" in offer and "yiaddr 10.20.0.114" in offer


def test_requests_that_the_rule_does_not_look_at(wire):
    wire.start("--trusted-relays", "192.0.2.0/24")
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    sent = [frames.dhcp_request(1), frames.dhcp_request(2, giaddr="0.0.0.0"),
            frames.dhcp_request(3).replace(bytes((99, 130, 83, 99, 53, 1, 1, 255)), bytes((99, 130, 83, 99, 53, 1, 1, 61)))
            .replace(bytes((61,)) + bytes(60), bytes((61, 250)) + bytes(59))]
    with Watcher(wire.daemon, "trace", CLIENT, "--json", "--count", 3) as watcher:
        watcher.wait_until_it_looks()
        left.send(*sent, END)
        assert right.until(END) == sent
        lines = [json.loads(line) for line in watcher.ended().splitlines()[1:]]
    assert [line["reason"] for line in lines] == ["untrusted_relay", "direct", "malformed_options"]


def test_a_mode_that_looks_at_nothing_says_so(wire):
    wire.start("--mode", "bypass")
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    with Watcher(wire.daemon, "trace", CLIENT, "--count", 2) as watcher:
        watcher.wait_until_it_looks()
        left.send(*frames.hsrp_pair(1), END)
        assert len(right.until(END)) == 2
        head, first, second = watcher.ended().decode().splitlines()
    assert head == f"watching {CLIENT}, mode bypass: nothing is looked at, so nothing has a reason"
    assert first.endswith("bypass mode: never looked at") and second.endswith("bypass mode: never looked at")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told_to(wire, stop):
    wire.start()
    with Watcher(wire.daemon, "trace", CLIENT) as watcher:
        watcher.wait_until_it_looks()
        watcher.process.send_signal(stop)
        assert watcher.wait() == (0, b"")


def test_it_ends_after_its_time(wire):
    wire.start()
    begin = time.monotonic()
    assert command(wire.daemon, "trace", CLIENT, "--seconds", 1) == (
        0, f"watching {CLIENT}, mode enforce; Ctrl-C ends it\n", "")
    assert time.monotonic() - begin >= 1


def test_a_daemon_that_ends_is_an_error(wire):
    wire.start()
    with Watcher(wire.daemon, "trace", CLIENT) as watcher:
        watcher.wait_until_it_looks()
        wire.daemon.end(signal.SIGTERM)
        said = f"relaysieve: control socket {wire.daemon.control}: relaysieved has ended\n"
        assert watcher.wait() == (1, said.encode())


def test_a_daemon_that_is_not_there(wire):
    wire.start()
    wire.daemon.end(signal.SIGTERM)
    assert command(wire.daemon, "trace", CLIENT) == (
        1, "", f"relaysieve: control socket {wire.daemon.control}: no relaysieved answers\n")


@pytest.mark.parametrize("words, line", [
    (("52:54:00:12:34",), ""),
    (("52:54:00:12:34:5",), 'client: "52:54:00:12:34:5" is not a hardware address such as 52:54:00:12:34:56, nor a DUID'),
    (("& so?",), 'client: "& so?" is not a hardware address such as 52:54:00:12:34:56, nor a DUID'),
    (("",), 'client: "" is not a hardware address such as 52:54:00:12:34:56, nor a DUID'),
    ((CLIENT, "--count", "0"), 'count: "0" is not a whole number from 1 to 4294967295'),
    ((CLIENT, "--seconds", "soon"), 'seconds: "soon" is not a whole number from 1 to 4294967295'),
    ((), "CHADDR is required"),
], ids=lambda words: " ".join(words) if isinstance(words, tuple) else "")
def test_wrong_words_are_one_line(wire, words, line):
    wire.start()
    if not line:  # five bytes are an address too
        assert command(wire.daemon, "trace", *words, "--seconds", 1)[0] == 0
    else:
        assert command(wire.daemon, "trace", *words) == (2, "", f"relaysieve: {line}\n")


def test_parameters_of_the_path(wire):
    wire.start()
    assert ask(wire.daemon, "/v1/trace?clinet=1") == (
        400, {"errors": ['"clinet" is not a parameter; these are: client, count, seconds']})
    assert ask(wire.daemon, "/v1/trace", "--data", "x") == (405, {"errors": ["only GET is allowed here"]})


def test_the_busiest_clients(wire):
    wire.start("--mode", "monitor")
    assert ask(wire.daemon, "/v1/clients?seconds=61")[0] == 400
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    with Watcher(wire.daemon, program=("curl", "--silent", "--unix-socket", wire.daemon.control,
                                       "http://relaysieved/v1/clients?seconds=3")) as watcher:
        time.sleep(1)  # nothing says that it has begun; its time is three times that
        assert change(wire.daemon, mode="enforce")[0] == 200
        left.send(*frames.hsrp_pair(1), *frames.hsrp_pair(2), *map(other_client, frames.hsrp_pair(3)), END)
        assert len(right.until(END)) == 3
        said = json.loads(watcher.ended())
    assert (said["seconds"], said["requests"], said["distinct"], said["others"], said["lost"]) == (3, 6, 2, 0, 0)
    assert said["clients"] == [
        {"client": CLIENT, "requests": 4, "forwarded": 2, "dropped": 2, "type": "DISCOVER"},
        {"client": "02:aa:00:00:00:02", "requests": 2, "forwarded": 1, "dropped": 1, "type": "DISCOVER"}]
