# SPDX-License-Identifier: Apache-2.0
"""Settings through the command line: what changes, what is refused, and by whom."""

import json
import os
import signal

import pytest
from control import command
from lab.box import built
from lab.namespaces import run
from test_control import FIXED, NOBODY


def test_the_command_line(wire):
    wire.start()
    assert command(wire.daemon, "set", "window", "800ms") == (0, "window: 1s -> 800ms\n", "")
    assert command(wire.daemon, "set", "window", "800ms") == (0, "nothing changed: it was so already\n", "")
    assert command(wire.daemon, "set", "echo-window", "20ms", "window", "60ms") == (
        0, "window: 800ms -> 60ms\necho_window: 100ms -> 20ms\n", "")
    assert command(wire.daemon, "set", "trusted_relays", "10.0.0.0/8,192.0.2.1") == (
        0, 'trusted_relays: [] -> ["10.0.0.0/8","192.0.2.1"]\n', "")
    assert command(wire.daemon, "set", "relay_groups", '{"campus": ["192.0.2.1", "192.0.2.2"]}') == (
        0, 'relay_groups: {} -> {"campus":["192.0.2.1","192.0.2.2"]}\n', "")
    assert command(wire.daemon, "mode", "monitor") == (0, "mode: enforce -> monitor\n", "")
    status, out, _ = command(wire.daemon, "set", "subnet_bits", "20", "--json")
    assert status == 0 and json.loads(out) == {"changed": {"subnet_bits": {"from": 24, "to": 20}}}
    assert json.loads(command(wire.daemon, "flush", "--json")[1]) == {"flushed": True}


@pytest.mark.parametrize("words, lines", [
    (("set", "windwo", "1s"), ['"windwo" is not a setting: did you mean window?']),
    (("set", "window", "6s"), ['window: "6s" is not a duration such as 250ms, from 10ms to 5s']),
    (("set", "window", "6s", "match", "x"), ['window: "6s"', 'match: "x" is not content or identity']),
    (("set", "clients", "64"), [f"clients: {FIXED}"]),
    (("set", "relay_groups", '{"a"'), ['relay_groups: "{\\"a\\"" is not an object of groups']),
    (("set", "mode", b"\xff"), ['mode: "\ufffd" is not enforce or monitor or bypass']),
    (("set", "window"), ["window: no value is given"]),
    (("set", "window", "1s", "trusted-relays"), ["trusted_relays: no value is given"]),
    (("set", "window", "1s", "window", "2s"), ["window is given twice"]),
    (("set",), ["KEY VALUE is required"]),
    (("mode", "maybe"), ['mode: "maybe" is not enforce or monitor or bypass']),
    (("mode",), ["MODE is required"]),
    (("flush", "everything"), ["The following argument was not expected: everything"]),
], ids=lambda words: " ".join(map(str, words)))


def test_wrong_words_are_a_line_each_and_exit_status_2(wire, words, lines):
    wire.start()
    words = [word.decode(errors="surrogateescape") if isinstance(word, bytes) else word for word in words]
    status, out, err = command(wire.daemon, *words)
    assert (status, out) == (2, "")
    said = err.splitlines()
    assert len(said) == len(lines) and all(a.startswith(f"relaysieve: {b}") for a, b in zip(said, lines)), err


def test_nobody_there_and_not_allowed(wire):
    wire.start()
    for folder in (wire.folder, *wire.folder.parents[:3]):
        os.chmod(folder, 0o755)
    stranger = (*NOBODY, "--regid", "65534")
    program = wire.folder / "relaysieve"
    run("cp", built("relaysieve"), program)
    status, out, err = command(wire.daemon, "mode", "bypass", program=program, before=stranger)
    assert (status, out) == (1, "")
    assert err == f"relaysieve: control socket {wire.daemon.control}: not allowed: it is for root and the socket's group\n"
    wire.daemon.end(signal.SIGTERM)
    for words in (("set", "window", "1s"), ("mode", "bypass"), ("flush",)):
        assert command(wire.daemon, *words) == (1, "", f"relaysieve: control socket {wire.daemon.control}: no relaysieved answers\n")


def test_a_command_line_of_another_version_says_so(wire):
    wire.start()
    other = "tests/wire/relaysieve_of_another_version"
    mine = wire.daemon.status()["version"]
    warning = f"relaysieve: this is version 0.0.0, and relaysieved is {mine}\n"
    assert command(wire.daemon, "mode", "monitor", program=other) == (0, "mode: enforce -> monitor\n", warning)
    status, out, err = command(wire.daemon, "status", program=other)
    assert (status, err) == (0, warning) and "mode monitor" in out
