# SPDX-License-Identifier: Apache-2.0
"""host-setup in a virtual machine with an IOMMU: what it refuses, what it shows, does and undoes; `relaysieve doctor` says the same."""

import json
import re

import frames
import pytest
from documents import ROOT, Block, blocks, commands, missing
from guest import CARDS, PACKAGES, Guest, prepare
from lab.namespaces import LabError
from stage import needs, standing
from tree import Tree

END = frames.marker(0)
TOOL = "/usr/libexec/relaysieve/host-setup"
MGMT = CARDS["mgmt"]
PAIR = (CARDS["routers"], CARDS["server"])


@pytest.fixture(scope="module")
def guest(debian, package, tmp_path_factory):
    needs("qemu-system-x86_64", "mke2fs")
    folder = tmp_path_factory.mktemp("guest")
    tree = Tree(debian, folder / "root")
    prepare(tree)
    tree.install(*PACKAGES, package=package)
    with standing(Guest(folder, tree)) as machine:
        yield machine


def problems(guest, *cards):
    """[(found, advice)] of the doctor's."""
    said = json.loads(guest.run("relaysieve", "doctor", "--json", "--routers", cards[0], "--server", cards[1], check=False))
    return [(finding["found"], finding["advice"]) for finding in said["findings"] if finding["level"] == "problem"]


def refusal(guest, *words):
    with pytest.raises(LabError, match="ended with 1: host-setup: ") as refused:
        guest.run(TOOL, "--apply", *words)
    return str(refused.value)


def drivers(guest, *cards):
    return guest.run("sh", "-c", 'for card; do basename "$(realpath /sys/bus/pci/devices/$card/driver)"; done', "sh", *cards).split()


def interface(guest, card):
    return guest.run("sh", "-c", f"ls /sys/bus/pci/devices/{card}/virtio*/net").strip()


def traces(guest):
    """What it leaves on a machine."""
    return guest.run("sh", "-c", "cat /proc/sys/vm/nr_hugepages; ls -d /var/lib/relaysieve /etc/driverctl.d/* /etc/sysctl.d/*relaysieve* "
                     "/etc/udev/rules.d/*relaysieve* /etc/systemd/system/relaysieved@* 2>/dev/null", check=False)


def carries(guest):
    left, right = guest.taps["routers"], guest.taps["server"]
    left.drain(), right.drain()
    copies = frames.hsrp_pair(1)
    left.send(*copies, END)
    assert right.until(END) == [copies[0]]
    right.send(END)
    assert left.until(END) == []


# More ways over the same interfaces: tests/wire/test_fallback.py.
WAYS = {
    "its own": "ip addr add 192.0.2.1/24 dev $0; ip route add default via 192.0.2.2",
    "a VLAN of a bridge": "ip link add low type bridge; ip link set $0 master low; ip link set low up; "
                          "ip link add link low name over type vlan id 5; ip link set over up; ip -6 route add default dev over",
}
NO_WAY = "ip link del over; ip link del low; ip route flush default; ip -6 route flush default; ip addr flush dev $0"


def test_the_way_to_the_machine_is_refused_and_doctor_says_so(guest):
    mgmt = interface(guest, MGMT)
    guest.run("ip", "link", "set", mgmt, "up")
    assert f"driverctl set-override {MGMT} vfio-pci" in guest.run(TOOL, "bind", mgmt)
    for carrier, name, way in ((mgmt, mgmt, WAYS["its own"]), ("over", MGMT, WAYS["a VLAN of a bridge"])):
        guest.run("sh", "-c", f"set -e; {way}", mgmt)
        assert f"{MGMT}: {mgmt} carries the default route of this machine" in refusal(guest, "bind", name)
        found = [found for found, _ in problems(guest, mgmt, MGMT)]
        assert found.count(f"{carrier} carries the default route of this machine") == 2
        guest.run("sh", "-c", NO_WAY, mgmt, check=False)
    assert drivers(guest, MGMT) == ["virtio-pci"]


def test_cards_that_are_used_or_bound_together_are_refused(guest):
    assert f"the IOMMU cannot tell it from {PAIR[1]}" in refusal(guest, "bind", PAIR[0])
    server = interface(guest, PAIR[1])
    guest.run("ip", "address", "add", "192.0.2.9/24", "dev", server)
    assert "has an address: 192.0.2.9/24" in refusal(guest, "bind", *PAIR)
    guest.run("ip", "address", "flush", "dev", server)
    assert "not a network card" in refusal(guest, "bind", "00:00.0")
    assert "no such PCI device" in refusal(guest, "bind", "0000:77:00.0")
    assert set(drivers(guest, *CARDS.values())) == {"virtio-pci"}


def typed(guest, block):
    """Each command of a block as it stands, but for the cards: what it shows is said. Returns what all of them said."""
    all_said = ""
    for command in commands(Block(0, "", here(block.text))):
        said = guest.run("sh", "-c", command.words)
        assert missing(command.shown, said) is None, (command.words, said)
        all_said += said
    return all_said


def here(text):
    """The guide's cards are this machine's."""
    return text.replace("0000:01:00.0", PAIR[0]).replace("0000:01:00.1", PAIR[1])


def test_what_it_shows_it_does_and_undoes(guest):
    """As deploy/OPERATING.md has it, word for word."""
    guide = re.search(r"^### Cards that DPDK.*?(?=^##)", (ROOT / "deploy/OPERATING.md").read_text(), re.M | re.S)[0]
    settings, setup, undo = blocks(guide)
    before = traces(guest)
    shown = guest.run(TOOL, "bind", *PAIR)
    assert traces(guest) == before and drivers(guest, *PAIR) == ["virtio-pci"] * 2
    remedies = {advice for _, advice in problems(guest, *PAIR) if advice.startswith(TOOL)}
    assert remedies == {f"{TOOL} --apply bind {PAIR[0]}", f"{TOOL} --apply bind {PAIR[1]}", f"{TOOL} --apply hugepages"}

    guest.file("/etc/relaysieve/nics.toml", here(settings.text))
    said = typed(guest, setup)
    assert said.count(re.search("(  .*\n)+", shown)[0]) == 2, "it has done something else than it showed"
    assert drivers(guest, *PAIR) == ["vfio-pci"] * 2
    carries(guest)
    assert "net_virtio" in guest.run("relaysieve", "status")
    assert problems(guest, *PAIR) == []

    guest.reboot()
    guest.run("systemctl", "start", "relaysieved@nics")  # if it is still on its way
    carries(guest)

    assert "a daemon has it" in refusal(guest, "undo")
    typed(guest, undo)
    assert drivers(guest, *PAIR) == ["virtio-pci"] * 2 and interface(guest, PAIR[0])
    assert traces(guest) == before
    assert len(problems(guest, *PAIR)) >= 3
