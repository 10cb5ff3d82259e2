# SPDX-License-Identifier: Apache-2.0
"""Settings through the control socket: what changes, what is refused, and who may disturb whom."""

import json
import os
import re
import resource
import signal
import time

import frames
import pytest
from control import ask, change, command, connect
from lab.namespaces import run, wait_until
from wirelab import BOUND

END = frames.marker(0)
LIVE = ["mode", "window", "echo_window", "turn_after", "match", "scope", "subnet_bits", "subnet6_bits", "ignore_vlan",
        "dedup_prefix_delegation", "trusted_relays",
        "relay_groups", "server_groups"]
NOBODY = ("setpriv", "--reuid", "65534", "--clear-groups")
FIXED = "cannot change while frames flow: restart relaysieved with another one"


def settings(wire):
    code, all_of_them = ask(wire.daemon, "/v1/settings")
    assert code == 200
    return all_of_them


def crossed(wire, taps, xid):
    """How many of the two copies of a new transmission reach the server."""
    left, right = taps
    left.send(*frames.hsrp_pair(xid), END)
    return len(right.until(END))


def test_settings_are_shown_with_where_they_come_from(wire):
    file = wire.folder / "settings.toml"
    file.write_text('turn_after = "3s"\nwindow = "900ms"\nsubnet_bits = 20\n[server_groups]\nwds = ["10.30.0.10"]\n')
    wire.start("--config", file, "--window", "800ms", "--trusted-relays", "10.0.0.0/8")
    shown = settings(wire)
    assert [name for name, about in shown.items() if about["live"]] == LIVE
    assert shown["window"] == {"value": "800ms", "from": "--window", "live": True}
    assert shown["turn_after"] == {"value": "3s", "from": f"{file}:1:14", "live": True}
    assert shown["subnet_bits"] == {"value": 20, "from": f"{file}:3:15", "live": True}
    assert shown["ignore_vlan"] == {"value": False, "from": "default", "live": True}
    assert shown["trusted_relays"] == {"value": ["10.0.0.0/8"], "from": "--trusted-relays", "live": True}
    assert shown["server_groups"] == {"value": {"wds": ["10.30.0.10"]}, "from": f"{file}:5:8", "live": True}
    assert shown["clients"] == {"value": 262144, "from": "default", "live": False}


def test_a_change_counts_from_the_next_frame_on(wire):
    wire.start()
    taps = wire.tap(wire.left), wire.tap(wire.right)
    assert crossed(wire, taps, 1) == 1
    assert change(wire.daemon, mode="monitor", window="800ms") == (200, {"changed": {
        "mode": {"from": "enforce", "to": "monitor"}, "window": {"from": "1s", "to": "800ms"}}})
    assert crossed(wire, taps, 2) == 2
    assert settings(wire)["window"] == {"value": "800ms", "from": "set", "live": True}
    assert wire.daemon.status()["mode"] == "monitor"
    assert change(wire.daemon, mode="enforce", window="800ms") == (200, {"changed": {"mode": {"from": "monitor", "to": "enforce"}}})
    assert crossed(wire, taps, 3) == 1
    assert change(wire.daemon, scope="exact")[0] == 200
    assert crossed(wire, taps, 4) == 2
    assert change(wire.daemon, relay_groups={"lan": ["10.20.0.2", "10.20.0.3"]})[0] == 200
    assert crossed(wire, taps, 5) == 1
    assert change(wire.daemon, trusted_relays=["192.0.2.0/24"])[0] == 200
    assert crossed(wire, taps, 6) == 2
    wire.daemon.end(signal.SIGTERM)


def test_a_flush_forgets(wire):
    wire.start()
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    first, second = frames.hsrp_pair(1)
    left.send(first, second, second, END)
    assert right.until(END) == [first]
    assert ask(wire.daemon, "/v1/flush", "--request", "POST") == (200, {"flushed": True})
    left.send(second, first, END)
    assert right.until(END) == [second]
    assert command(wire.daemon, "flush") == (0, "flushed: nothing is remembered\n", "")
    left.send(first, END)
    assert right.until(END) == [first]
    wire.daemon.end(signal.SIGTERM)


def test_who_changed_what_is_logged(wire):
    wire.start()
    for folder in (wire.folder, *wire.folder.parents[:3]):
        os.chmod(folder, 0o755)
    run("chgrp", "65534", wire.daemon.control)
    words = ("--request", "PATCH", "--data", '{"window": "800ms", "trusted_relays": ["10.0.0.0/8"]}')
    assert ask(wire.daemon, "/v1/settings", *words, before=(*NOBODY, "--regid", "65534"))[0] == 200
    assert ask(wire.daemon, "/v1/flush", "--request", "POST")[0] == 200
    assert change(wire.daemon, window="1h")[0] == 400
    assert change(wire.daemon, mode="enforce") == (200, {"changed": {}})
    said = re.findall(r"relaysieved: info: (?:settings_changed|flushed): (\w+ \d+ .*)$", wire.daemon.err, re.M)
    assert said == ['uid 65534 changed window from "1s" to "800ms"', 'uid 65534 changed trusted_relays from [] to ["10.0.0.0/8"]',
                    "uid 0 flushed the memory"]


WRONG = {
    "unknown": ({"windwo": "1s", "colour": 1}, ['"windwo" is not a setting: did you mean window?',
                                                  '"colour" is not a setting; these are: mode, window, ']),
    "type": ({"window": 1}, ["window: 1 is not a duration such as 250ms, from 10ms to 5s"]),
    "limit": ({"subnet_bits": 33}, ['subnet_bits: "33" is not a whole number from 0 to 32']),
    "windows": ({"window": "100ms"}, ["window: 100ms is not above the echo_window, 100ms: set both"]),
    "two groups": ({"relay_groups": {"a": ["10.0.0.1"], "b": ["10.0.0.1"]}}, ['relay_groups.b: "10.0.0.1" overlaps with group a']),
    "fixed": ({name: "2" for name in ("clients", "control", "metrics", "workers", "routers", "server", "wire", "driver")},
              [f"{name}: {FIXED}" for name in ("clients", "control", "metrics", "workers", "routers", "server", "wire", "driver")]),
    "one of three": ({"mode": "monitor", "window": "1h", "match": 1}, ['window: "1h" is not a duration', "match: 1 is not content or identity"]),
    "array": ([], ["not a JSON object of settings and values"]),
}


def test_what_is_wrong_changes_nothing(wire):
    wire.start()
    before = settings(wire)
    for wanted, lines in WRONG.values():
        code, said = ask(wire.daemon, "/v1/settings", "--request", "PATCH", "--data", json.dumps(wanted))
        assert code == 400 and len(said["errors"]) == len(lines), said
        assert all(error.startswith(line) for error, line in zip(said["errors"], lines)), said
    for text in ("", "{", '{"mode": "monitor"', '{"mode": "monitor", "mode": "bypass"}', "\\xff", "[" * 60000):
        code, said = ask(wire.daemon, "/v1/settings", "--request", "PATCH", "--data", text)
        assert code == 400 and len(said["errors"]) == 1
    assert settings(wire) == before


def test_paths_and_methods(wire):
    wire.start()
    assert ask(wire.daemon, "/v1/nope") == (404, {"errors": ['no such path: "/v1/nope"']})
    assert ask(wire.daemon, "/v2/status")[0] == ask(wire.daemon, "/")[0] == 404
    assert ask(wire.daemon, "/v1/%ff%0a") == (404, {"errors": ['no such path: "/v1/\ufffd\\n"']})
    assert ask(wire.daemon, "/v1/status", "--data", "x") == (405, {"errors": ["only GET is allowed here"]})
    assert ask(wire.daemon, "/v1/flush") == (405, {"errors": ["only POST is allowed here"]})
    assert ask(wire.daemon, "/v1/settings", "--request", "DELETE") == (405, {"errors": ["only GET, PATCH is allowed here"]})
    assert "Allow: GET, PATCH" in run("curl", "-s", "-i", "-X", "PUT", "--unix-socket", wire.daemon.control, "http://x/v1/settings")
    assert ask(wire.daemon, "/v1/status", "--http1.0")[0] == 200


@pytest.mark.parametrize("how", [(), ("--header", "Transfer-Encoding: chunked"), ("--header", "Expect:")],
                         ids=["with its length", "in chunks", "at once"])


def test_a_body_of_ten_megabytes(wire, how):
    wire.start()
    body = wire.folder / "body"
    body.write_bytes(b'{"mode": "monitor"}'.ljust(10_000_000))
    before = memory(wire)
    code, said = ask(wire.daemon, "/v1/settings", *how, "--request", "PATCH", "--data-binary", f"@{body}")
    assert (code, said) == (413, {"errors": ["a body of more than 64 KiB"]})
    assert memory(wire) - before < 2 << 20
    assert settings(wire)["mode"]["value"] == "enforce"
    body.write_bytes(b'{"mode": "monitor"}'.ljust(64 << 10))
    assert ask(wire.daemon, "/v1/settings", *how, "--request", "PATCH", "--data-binary", f"@{body}")[0] == 200


def memory(wire):
    status = open(f"/proc/{wire.daemon.process.pid}/status").read()
    return int(re.search(r"^VmRSS:\s+(\d+) kB$", status, re.M)[1]) << 10


def test_a_thousand_idle_callers_and_slow_ones_disturb_nobody(wire):
    """With the number of descriptors that systemd allows: 1,024, and more for the asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # of this process, which calls
    wire.start(before=("prlimit", f"--nofile=1024:{hard}"))
    taps = wire.tap(wire.left), wire.tap(wire.right)
    idle = [connect(wire.daemon) for _ in range(1000)]
    slow = [connect(wire.daemon) for _ in range(20)]
    try:
        for letter in b"GET /v":
            for caller in slow:
                caller.send(bytes([letter]))
            begin = time.monotonic()
            assert settings(wire)["mode"]["value"] == "enforce"
            assert time.monotonic() - begin < 5
        for caller in idle[:100]:  # and the idle ones are served, when they say something
            caller.sendall(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
            assert caller.recv(20).startswith(b"HTTP/1.1 200")
        assert crossed(wire, taps, 1) == 1
        # Who says nothing is cut off.
        assert idle[500].recv(1) == b""
        wait_until(lambda: connections(wire) < 200, "the end of the idle", BOUND)
    finally:
        for caller in idle + slow:
            caller.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connections(wire):
    return len(os.listdir(f"/proc/{wire.daemon.process.pid}/fd"))
