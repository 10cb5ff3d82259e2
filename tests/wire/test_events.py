# SPDX-License-Identifier: Apache-2.0
"""What is told when it happens: in the log, to `relaysieve events`, to curl, and to systemd's journal."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time

import frames
import pytest
from control import ask, change, command
from hold import held, threads
from lab.box import built
from lab.namespaces import wait_until
from wirelab import BOUND

END = frames.marker(0)


def events(wire, *names):
    """What has happened, as curl gets it; of these names only, if there are any."""
    code, said = ask(wire.daemon, "/v1/events")
    assert code == 200
    numbers = [event["number"] for event in said["events"]]
    assert numbers == list(range(1, len(numbers) + 1))
    return [event for event in said["events"] if not names or event["event"] in names]


def told(wire, *names):
    return [(event["event"], event["level"]) for event in events(wire, *names)]


def cross(wire, taps, *sent):
    left, right = taps
    left.send(*sent, END)
    return right.until(END)


@pytest.fixture
def taps(wire):
    def made():
        return wire.tap(wire.left), wire.tap(wire.right)
    return made


def test_relays_that_are_new_late_and_rewrite(wire, taps):
    wire.start("--window", "200ms", "--echo-window", "50ms")
    taps = taps()
    first, second = frames.hsrp_pair(1)
    assert cross(wire, taps, first) == [first]
    time.sleep(0.3)
    assert cross(wire, taps, second) == [second]
    wait_until(lambda: events(wire, "late_copies"), "a late copy", BOUND)
    new = events(wire, "relay_new")
    assert [event["relay"] for event in new] == ["10.30.0.2 (02:00:00:30:00:02)", "10.30.0.3 (02:00:00:30:00:03)"]
    late, = events(wire, "late_copies")
    assert late["level"] == "warning" and late["relay"] == new[1]["relay"] and "1 copy has come after the window" in late["text"]
    assert f"warning: late_copies: {late['text']}\n" in wire.daemon.err

    # The second router changes an option (60, say) of the same request.
    first, second = frames.hsrp_pair(2)
    changed = second.replace(bytes((53, 1, 1, 255)), bytes((53, 1, 1, 60, 1, 65, 255)), 1)[:-3]
    assert len(changed) == len(second) and len(cross(wire, taps, first, changed)) == 2
    wait_until(lambda: events(wire, "rewriting_router"), "a rewritten copy", BOUND)
    assert events(wire, "rewriting_router")[0]["relay"] == new[1]["relay"]
    wire.daemon.end(signal.SIGTERM)


def test_a_relay_that_falls_silent_and_comes_back(wire, taps):
    wire.start()
    taps = taps()
    xids = iter(range(1, 10000))

    def boot(*relays):
        pair = frames.hsrp_pair(next(xids))
        cross(wire, taps, *(pair[relay] for relay in relays))

    for _ in range(30):
        boot(0, 1)
    wait_until(lambda: len(events(wire, "relay_new")) == 2, "both relays", BOUND)

    def silent():
        for _ in range(10):
            boot(0)
        time.sleep(0.2)
        return events(wire, "relay_silent")
    wait_until(silent, "a silent relay", 2 * BOUND)
    assert silent()[0]["relay"].startswith("10.30.0.3 ") and silent()[0]["level"] == "warning"
    assert events(wire, "relay_back") == []
    boot(0, 1)
    wait_until(lambda: told(wire, "relay_back") == [("relay_back", "info")], "its return", BOUND)
    wire.daemon.end(signal.SIGTERM)


def test_a_full_table(wire, taps):
    wire.start("--clients", 64)
    taps = taps()
    cross(wire, taps, *(frames.dhcp_request(xid) for xid in range(1000)))
    wait_until(lambda: told(wire, "table_full") == [("table_full", "warning")], "the news", BOUND)


def test_modes_settings_links_and_workers(wire):
    wire.start()
    assert told(wire) == [("started", "info")]
    assert change(wire.daemon, mode="monitor", window="800ms")[0] == 200
    assert ask(wire.daemon, "/v1/flush", "--request", "POST")[0] == 200
    assert told(wire)[1:] == [("mode_changed", "info"), ("settings_changed", "info"), ("flushed", "info")]
    changed, = events(wire, "settings_changed")
    assert changed["setting"] == "window" and changed["text"] == 'uid 0 changed window from "1s" to "800ms"'
    worker, = threads(wire.daemon.process.pid, "worker")
    with held(worker):
        wait_until(lambda: told(wire, "worker_stalled") == [("worker_stalled", "error")], "the stall", BOUND)
    wait_until(lambda: told(wire, "worker_moves") == [("worker_moves", "info")], "its end", BOUND)
    wire.right.ip("link", "set", "eth0", "down")
    wait_until(lambda: told(wire, "link_lost") == [("link_lost", "warning")], "the loss", BOUND)
    wait_until(lambda: told(wire, "port_held") == [("port_held", "warning")], "the other side's", BOUND)
    wire.right.ip("link", "set", "eth0", "up")
    wait_until(lambda: told(wire, "link_back"), lambda: f"the link: {events(wire)}", BOUND)
    wait_until(lambda: told(wire, "port_released") == [("port_released", "info")], "the other side's", BOUND)
    assert events(wire, "link_lost")[0]["port"] == "server"
    wire.daemon.end(signal.SIGTERM)
    assert "info: stopping: Terminated: ending\n" in wire.daemon.err


def test_a_flood_is_cut_short_and_counted(wire):
    wire.start()
    for n in range(40):
        assert change(wire.daemon, window=f"{500 + n}ms")[0] == 200
    code, said = ask(wire.daemon, "/v1/events")
    assert len([event for event in said["events"] if event["event"] == "settings_changed"]) == 2
    assert said["left_out"] == 38
    # Who changed what is logged all the same.
    assert len(re.findall(r"info: (?:settings_changed: )?uid 0 changed window from ", wire.daemon.err)) == 40


def test_the_command_line(wire):
    wire.start()
    for n in range(3):
        assert change(wire.daemon, mode=("monitor", "enforce")[n % 2])[0] == 200
    assert change(wire.daemon, window="800ms")[0] == 200
    status, out, err = command(wire.daemon, "events")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[3] for line in lines] == ["started", "mode_changed", "mode_changed", "settings_changed"]
    assert re.fullmatch(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  info     settings_changed  uid 0 changed window from "1s" to "800ms"', lines[3])
    assert command(wire.daemon, "events", "--last", 1)[1] == lines[3] + "\n"
    assert command(wire.daemon, "events", "--since", "1h")[1] == out
    assert command(wire.daemon, "events", "--since", "2099-01-01")[1] == ""
    said = json.loads(command(wire.daemon, "events", "--last", 2, "--json")[1])
    assert [event["number"] for event in said["events"]] == [3, 4]
    status, out, err = command(wire.daemon, "events", "--since", "yesterday")
    assert (status, out) == (2, "") and err.startswith('relaysieve: --since: "yesterday" is neither a duration such as 10m nor a time')
    assert len(err.splitlines()) == 1


@contextlib.contextmanager
def following(wire, *words):
    """`relaysieve events --follow`; a function that gives its next line."""
    with subprocess.Popen([built("relaysieve"), "events", "--follow", *words, "--control", wire.daemon.control],
                          stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, process.stdout.readline
        finally:
            process.kill()


def test_who_follows_hears_it_at_once(wire):
    wire.start()
    change(wire.daemon, mode="monitor")
    with following(wire) as (process, line), following(wire, "--last", "1", "--json") as (_, json_line):
        assert line().split()[3] == "started" and line().split()[3] == "mode_changed"
        assert json.loads(json_line())["event"] == "mode_changed"
        change(wire.daemon, window="700ms")
        assert line().endswith('uid 0 changed window from "1s" to "700ms"\n')
        assert json.loads(json_line())["setting"] == "window"
        process.send_signal(signal.SIGINT)
        assert process.wait(BOUND) == 0


JOURNALD = "/lib/systemd/systemd-journald"
# A private /run, where a real systemd-journald makes its sockets and keeps its journal; then the daemon, with standard
# error as systemd would leave it: a stream of the journal's.
UNDER_SYSTEMD = """
mount -t tmpfs none /run && mkdir -p /run/systemd/journal /run/log/journal && mount --bind "$0" /run/log/journal || exit 1
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup || exit 1
mkdir /run/systemd/journald.conf.d && printf '[Journal]\\nReadKMsg=no\\n' >/run/systemd/journald.conf.d/test.conf || exit 1
setpriv --pdeathsig KILL %s & journald=$!
trap 'kill $journald' EXIT
for n in $(seq 300); do [ -S /run/systemd/journal/stdout ] && break; sleep 0.1; done
systemd-cat --identifier=stderr sh -c 'JOURNAL_STREAM=$(stat -Lc %%d:%%i /dev/fd/2) exec "$@"' sh "$@" & daemon=$!
trap 'kill -TERM $daemon' TERM
while kill -0 $daemon 2>/dev/null; do wait $daemon; done
""" % JOURNALD


def journal(folder, *matches):
    """What journalctl finds."""
    done = subprocess.run(["journalctl", "--directory", folder, "--output", "json", "--no-pager", *matches],
                          capture_output=True, text=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.skipif(not os.path.exists(JOURNALD), reason="no systemd-journald here")
def test_the_journal_gets_fields_and_each_event_once(wire):
    kept = wire.folder / "journal"
    kept.mkdir()
    wire.launch("--routers", "routers", "--server", "server", "--driver", "af_packet",
                before=("unshare", "--mount", "--propagation", "private", "sh", "-c", UNDER_SYSTEMD, kept))
    wait_until(wire.daemon.control.exists, lambda: f"the daemon: {wire.daemon.out}{wire.daemon.err}", BOUND)
    assert change(wire.daemon, mode="monitor", window="800ms")[0] == 200
    wire.right.ip("link", "set", "eth0", "down")
    wait_until(lambda: events(wire, "link_lost"), "the loss", BOUND)
    wait_until(lambda: journal(kept, "RELAYSIEVE_EVENT=link_lost"), "it in the journal", BOUND)
    lost, = journal(kept, "RELAYSIEVE_EVENT=link_lost")
    assert (lost["RELAYSIEVE_PORT"], lost["PRIORITY"], lost["SYSLOG_IDENTIFIER"]) == ("server", "4", "relaysieved")
    assert lost["MESSAGE"].startswith("link_lost: port server: link down") and lost["_TRANSPORT"] == "journal"
    changed, = journal(kept, "RELAYSIEVE_EVENT=settings_changed", "RELAYSIEVE_SETTING=window")
    assert changed["MESSAGE"] == 'settings_changed: uid 0 changed window from "1s" to "800ms"' and changed["PRIORITY"] == "6"
    # Not twice, and whatever else the daemon says has its priority and no time of its own.
    said = [entry["MESSAGE"] for entry in journal(kept)]
    assert sum("changed window" in message for message in said) == 1
    assert any(message.startswith("port routers: af_packet") for message in said)
    assert not any("relaysieved: info" in message for message in said)
