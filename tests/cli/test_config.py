# SPDX-License-Identifier: Apache-2.0
"""`relaysieve config`: mistakes in a settings file, where values come from, and the file to begin with."""

import json
import re

import relaysieve

MISTAKES = """\
windwo = "1s"
window = 1
subnet_bits = 33
echo_window = "200ms"
[relay_groups]
campus = ["10.20.0.2"]
annex = ["10.20.0.2"]
"""
LINES = [
    '1:1: "windwo" is not a setting: did you mean window?',
    "2:10: window: 1 is not a duration such as 250ms, from 10ms to 5s, in quotes",
    '3:15: subnet_bits: "33" is not a whole number from 0 to 32',
    '4:15: echo_window: "200ms" is not a duration such as 250ms, from 0 to below 200ms: GRUB repeats a request after 200ms, and '
    "would not be heard",
    '7:10: relay_groups.annex: "10.20.0.2" overlaps with group campus: one group for each address',
]


def test_every_mistake_at_once_each_a_line_with_its_place(settings):
    file = settings(MISTAKES)
    done = relaysieve.run("config", "check", file)
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines() == [f"{file}:{line}" for line in LINES]
    done = relaysieve.run("config", "check", "--json", file)
    assert (done.status, done.err) == (2, "")
    assert done.report() == {"file": str(file), "ok": False, "errors": [f"{file}:{line}" for line in LINES]}


def test_a_file_that_is_right(settings):
    file = settings('window = "2s"\nrouters = ["eth1"]\nserver = "eth2"\ncontrol_group = "0"\n')
    assert relaysieve.run("config", "check", file) == (0, f"{file}: ok\n", "")
    assert relaysieve.run("config", "check", "--json", file).report() == {"file": str(file), "ok": True, "errors": []}


def test_a_group_that_is_not_there(settings):
    file = settings('control_group = "no-such-group"')
    done = relaysieve.run("config", "check", file)
    assert done == (2, "", f'{file}:1:17: control_group: "no-such-group" is not a group of this machine\n')


def test_no_file(tmp_path):
    done = relaysieve.run("config", "check", tmp_path / "none.toml")
    assert done.status == 2 and done.err.startswith(f"{tmp_path}/none.toml: ") and done.err.count("\n") == 1
    done = relaysieve.run("config", "show", "--config", tmp_path / "none.toml")
    assert done.status == 2 and done.err.startswith(f"{tmp_path}/none.toml: ") and done.err.count("\n") == 1


def test_show_tells_where_each_value_comes_from(settings):
    file = settings('window = "2s"\nclients = 128\nechoes = 1\n'.replace("echoes = 1\n", ""))
    done = relaysieve.run("config", "show", "--config", file, "--mode", "monitor", "--routers", "eth1,eth3")
    assert (done.status, done.err) == (0, "")
    rows = {words[0]: words[1:] for words in (re.split(r" {2,}", line.strip()) for line in done.out.splitlines())}
    assert rows["setting"] == ["value", "from", "changes"]
    assert rows["window"] == ["2s", f"{file}:1:10", "live"]
    assert rows["clients"] == ["128", f"{file}:2:11", "at restart"]
    assert rows["mode"] == ["monitor", "--mode", "live"]
    assert rows["routers"] == ['["eth1","eth3"]', "--routers", "at restart"]
    assert rows["echo_window"] == ["100ms", "default", "live"]
    report = relaysieve.run("config", "show", "--json", "--config", file).report()
    assert report["window"] == {"value": "2s", "from": f"{file}:1:10", "live": True}
    assert set(report) | {"setting"} == set(rows)


def test_show_of_a_wrong_file_or_flag_says_what_check_says(settings):
    file = settings(MISTAKES)
    done = relaysieve.run("config", "show", "--config", file, "--mode", "maybe")
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines() == [f"{file}:{line}" for line in LINES] + ['--mode: "maybe" is not enforce or monitor or bypass']


def test_flags_for_ports_put_away_the_others_of_the_file(settings):
    def ports(*flags, file):
        shown = relaysieve.run("config", "show", "--json", "--config", file, *flags).report()
        return [shown[name]["value"] for name in ("routers", "server", "wire")]
    file = settings('routers = ["eth1", "eth2"]\nserver = "eth3"\n')
    assert ports(file=file) == [["eth1", "eth2"], "eth3", []]
    assert ports("--server", "eth4", file=file) == [["eth1", "eth2"], "eth4", []]
    assert ports("--wire", "eth4,eth5", "--wire", "eth6,eth7", file=file) == [[], "", ["eth4,eth5", "eth6,eth7"]]
    file = settings('wire = ["eth1,eth2"]\n')
    assert ports("--routers", "eth4", "--server", "eth5", file=file) == [["eth4"], "eth5", []]


# The example.

def test_the_example_is_valid_and_changes_nothing_with_or_without_its_comments(settings):
    example = relaysieve.run("config", "example").out
    defaults = relaysieve.run("config", "show", "--json", "--window", "1s").report()
    uncommented = re.sub(r"^#(?=[a-z\[])", "", example, flags=re.M)
    assert uncommented.count("\n[") == 2
    names = re.findall(r"^(?:([a-z0-9_]+) = |\[([a-z_]+)\])", uncommented, re.M)
    assert sorted(a or b for a, b in names) == sorted(defaults)
    for text in (example, uncommented):
        file = settings(text)
        assert relaysieve.run("config", "check", file) == (0, f"{file}: ok\n", "")
        shown = relaysieve.run("config", "show", "--json", "--config", file).report()
        assert {name: about["value"] for name, about in shown.items()} == {name: about["value"] for name, about in defaults.items()}
    assert len(shown) - sum(about["from"] == "default" for about in shown.values()) == len(shown) - 5, "lists and groups without members"


def test_each_line_of_the_example_can_be_used_alone(settings):
    for line in re.findall(r"^#([a-z_]+ = .*)$", relaysieve.run("config", "example").out, re.M):
        assert relaysieve.run("config", "check", settings(line)).status == 0, line


def test_what_the_example_shows_for_example_is_valid(settings):
    blocks = re.findall(r"^# For example:\n((?:#     .*\n)+)", relaysieve.run("config", "example").out, re.M)
    assert len(blocks) >= 5
    for block in blocks:
        text = re.sub(r"^#     ", "", block, flags=re.M)
        if "control_group" in text:
            text = text.replace("netops", "root")
        assert relaysieve.run("config", "check", settings(text)).status == 0, text


def test_the_table_as_json():
    table = {about["name"]: about for about in relaysieve.run("config", "example", "--json").report()}
    assert table["window"]["default"] == "1s" and table["window"]["live"] is True and table["window"]["flag"] == "--window"
    assert table["relay_groups"]["flag"] == "" and table["clients"]["live"] is False
    assert json.dumps(table["wire"]["default"]) == "[]"
