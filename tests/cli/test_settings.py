# SPDX-License-Identifier: Apache-2.0
"""The settings file: what it takes, what it refuses and where, and that flags win over it."""

import pytest

import relaysieve

STORM = relaysieve.ROOT / "tests/golden/captures/storm-60.pcap"


def refused(file):
    """What is said of a wrong file, without its name."""
    done = relaysieve.run("replay", STORM, "--config", file)
    assert (done.status, done.out) == (2, ""), done
    lines = done.err.splitlines()
    assert all(line.startswith(f"{file}:") for line in lines), lines
    return [line.removeprefix(f"{file}:") for line in lines]


def dropped(*flags):
    return relaysieve.run("replay", STORM, "--json", *flags).report()["dropped"]


def test_every_setting_is_taken(settings):
    file = settings("""
        mode = "monitor"
        window = "2s"
        echo_window = "50ms"
        turn_after = "0"
        match = "identity"
        scope = "exact"
        subnet_bits = 16
        ignore_vlan = true
        trusted_relays = ["10.0.0.0/8", "192.0.2.1"]
        clients = 1024
        control = "/run/relaysieve/other.sock"
        control_group = "nobody-here"
        metrics = "127.0.0.1:9467"
        routers = ["eth1", "vdev:net_pcap0,rx_pcap=a.pcap"]
        server = "0000:01:00.0"
        driver = "af_packet"
        workers = 2
        link_loss = "ignore"
        idle = "poll"
        [relay_groups]
        campus = ["10.20.0.0/24", "10.21.0.7"]
        annex = ["10.22.0.0/16"]
        [server_groups]
        boot = ["10.30.0.10", "10.30.0.11"]
        """)
    report = relaysieve.run("replay", STORM, "--json", "--config", file).report()
    assert (report["mode"], report["second_copies"]) == ("monitor", 132)  # exact, but one group


def test_a_setting_works_from_the_file_and_a_flag_wins(settings):
    assert dropped() == 132
    assert dropped("--config", settings('scope = "exact"')) == 0
    assert dropped("--config", settings('scope = "exact"'), "--scope", "subnet") == 132
    assert dropped("--config", settings('mode = "monitor"\n')) == 0
    assert dropped("--config", settings('mode = "monitor"\n'), "--mode", "enforce") == 132
    assert dropped("--config", settings('trusted_relays = ["192.0.2.1"]')) == 0
    assert dropped("--config", settings('trusted_relays = ["192.0.2.1"]'), "--trusted-relays", "10.20.0.0/16,10.30.0.0/16") == 132
    assert dropped("--config", settings('scope = "exact"\n[relay_groups]\nlan = ["10.20.0.2", "10.20.0.3"]')) == 132


WRONG = {
    "syntax": ("window = \n", ["1:10: "]),
    "unknown": ('\nwindwo = "1s"\n', ['2:1: "windwo" is not a setting: did you mean window?']),
    "number for a duration": ("window = 1", ["1:10: window: 1 is not a duration such as 250ms, from 10ms to 5s, in quotes"]),
    "text for a number": ('subnet_bits = "24"', ['1:15: subnet_bits: "24" is not a whole number from 0 to 32']),
    "fraction": ("subnet_bits = 24.5", ["1:15: subnet_bits: 24.5 is not a whole number from 0 to 32"]),
    "negative": ("clients = -1", ['1:11: clients: "-1" is not a whole number from 64 to 16777216']),
    "text for a truth": ('ignore_vlan = "yes"', ['1:15: ignore_vlan: "yes" is not true or false']),
    "array for a word": ('mode = ["enforce"]', ["1:8: mode: an array is not enforce or monitor or bypass, in quotes"]),
    "table for a word": ("[mode]\n", ["1:1: mode: a table is not enforce or monitor or bypass, in quotes"]),
    "word for an array": ('trusted_relays = "10.0.0.1"', ['1:18: trusted_relays: "10.0.0.1" is not an array; a member of it is an IP ']),
    "member": ('trusted_relays = ["10.0.0.1",\n  "10.0.0"]', ['2:3: trusted_relays: "10.0.0" is not an IP address or network']),
    "limit": ('window = "6s"', ['1:10: window: "6s" is not a duration such as 250ms, from 10ms to 5s']),
    "GRUB": ('echo_window = "0.2s"', ['1:15: echo_window: "0.2s" is not a duration such as 250ms, from 0 to below 200ms: '
                                         "GRUB repeats a request after 200ms"]),
    "echo above window": ('window = "20ms"\necho_window = "30ms"', ["2:15: echo_window: 30ms is not below the window, 20ms"]),
    "window below echo": ('window = "20ms"', ["1:10: window: 20ms is not above the echo_window, 100ms by default: set both"]),
    "groups": ('relay_groups = ["10.0.0.1"]', ["1:16: relay_groups: an array is not a table of groups"]),
    "group": ('[relay_groups]\na = "10.0.0.1"', ['2:5: relay_groups.a: "10.0.0.1" is not an array']),
    "two groups": ('[relay_groups]\nb = ["10.0.0.1"]\na = ["10.0.1.1", "10.0.0.1"]',
                   ['3:18: relay_groups.a: "10.0.0.1" overlaps with group b: one group for each address']),
    "overlapping": ('[relay_groups]\na = ["10.0.0.0/24"]\nb = ["10.0.0.128/25"]\nc = ["10.0.0.0/8"]',
                    ['3:6: relay_groups.b: "10.0.0.128/25" overlaps with group a', '4:6: relay_groups.c: "10.0.0.0/8" overlaps with group a']),
    "a network of servers": ('[server_groups]\na = ["10.0.0.0/24"]', ['2:6: server_groups.a: "10.0.0.0/24" is not an IP address, such as']),
    "a server in two": ('[server_groups]\na = ["10.0.0.1"]\nb = ["10.0.0.1"]', ['3:6: server_groups.b: "10.0.0.1" overlaps with group a']),
    "another unknown": ('colour = 1', ['1:1: "colour" is not a setting; these are: mode, window, ']),
    "two ports for one": ('server = "eth1,eth2"', ['1:10: server: "eth1,eth2" is not one port']),
    "one port for two": ('wire = ["eth1,eth2", "eth3"]', ['1:22: wire: "eth3" is not two ports, the routers\' and the server\'s: eth1,eth2']),
    "wire and server": ('server = "eth1"\nwire = ["eth2,eth3"]', ["2:9: wire: not together with routers and server"]),
    "a port twice": ('routers = ["eth1", "eth2"]\nserver = "eth1"', ["2:10: server: port eth1 is given twice"]),
    "a port in two wires": ('wire = ["eth1,eth2", "eth3,eth2"]', ["1:9: wire: port eth2 is given twice"]),
    "driver": ('driver = "pigeon"', ['1:10: driver: "pigeon" is not auto or af_packet or af_xdp']),
    "no group's name": ('control_group = "a b"', ['1:17: control_group: "a b" is not a group, by name or number']),
    "two lines": ('mode = "a\\nb"', ['1:8: mode: "a\\nb" is not']),
    "two lines in a port": ('routers = ["a\\nb", "a\\nb"]', ['1:12: routers: "a\\nb" is not a port', '1:20: routers: "a\\nb" is not a port']),
    "two lines in a group": ('[relay_groups]\n"a\\nb" = ["10.0.0.1"]\nc = ["10.0.0.1"]', ['3:6: relay_groups.c: "10.0.0.1" overlaps with group a\\nb: one']),
    "an escape in a path": ('control = "/run/\\u001b[31m"', ['1:11: control: "/run/\\033[31m" is not a path']),
    "metrics": ('metrics = "9467"', ['1:11: metrics: "9467" is not an IPv4 address and a port']),
    "everything at once": ('mode = 1\nwindow = "1h"\nclients = true\n[other]\n[relay_groups]\na = [1]',
                           ["1:8: mode: ", "2:10: window: ", "3:11: clients: true is not a whole number", '4:2: "other" is not a setting',
                            "6:6: relay_groups.a: 1 is not an IP address or network"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_is_one_line_with_its_place(name, settings):
    text, expected = WRONG[name]
    lines = refused(settings(text))
    assert len(lines) == len(expected), lines
    for line, part in zip(lines, expected):
        assert line.startswith(part)


def test_mistakes_of_flags_come_with_those_of_the_file(settings):
    file = settings('window = "6s"')
    done = relaysieve.run("replay", STORM, "--config", file, "--mode", "strict")
    assert done.status == 2
    assert [line.split(": ")[0] for line in done.err.splitlines()] == [f"{file}:1:10", "--mode"]


@pytest.mark.parametrize("text, lines", [
    ('routers = ["eth1"]\nserver = "eth2"', "eth1 eth2\n"),
    ('routers = ["eth1", "eth2"]\nserver = "eth3"', "eth1 eth2 eth3\n"),
    ('wire = ["eth1,eth2", "eth3,eth4"]', "eth1 eth2\neth3 eth4\n"),
])
def test_the_ports_that_a_file_names(settings, text, lines):
    done = relaysieve.run("config", "ports", settings(text))
    assert (done.status, done.out, done.err) == (0, lines, "")


def test_a_file_without_ports_names_none(settings):
    done = relaysieve.run("config", "ports", settings('window = "1s"'))
    assert done.status == 2 and done.out == "" and len(done.err.splitlines()) == 1
