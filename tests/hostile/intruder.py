# SPDX-License-Identifier: Apache-2.0
"""A host on the routers' side of the box that sends what it likes."""

import json
from pathlib import Path

from honest import NOT_HONEST
from lab.box import built
from wirelab import Tap

TRAFFIC = built("relaysieved").parents[1] / "bench" / "traffic"
STORM = Path(__file__).with_name("storm.py")
UNDER_WAY = 256  # frames of a flood at once, so that no queue overflows
OWN_ROUTER, ROUTER_A = 9, 2  # last bytes of a relay's MAC and addresses


class Intruder:
    """On the switch behind the routers, which learns no address from it: it may send in a router's name."""

    mac = f"02:00:00:30:00:{OWN_ROUTER:02x}"

    def __init__(self, lab):
        self._lab = lab
        self.namespace = lab.host("intruder", self.mac, switch="core")
        lab.switches.ip("link", "set", "intruder", "type", "bridge_slave", "learning", "off")
        for namespace in (lab.switches, lab.box_namespace):  # a bridge is not to mend what is broken
            for which in ("iptables", "ip6tables"):
                namespace.sysctl(f"net.bridge.bridge-nf-call-{which}", 0, check=False)
        self._floods = 0

    def flood(self, seconds, router, limit=("--under-way", UNDER_WAY)):
        """Relayed DISCOVERs of random clients, as many as this machine carries, in the name of a router; what bench/traffic
        has to say of them. Without a limit: as many as it can send."""
        self._floods += 1
        return json.loads(self._run(
            [TRAFFIC, f"{self.namespace.name}/eth0", f"{self._lab.server.name}/eth0", "--random", "--anywhere", "--rate", 1e9,
             "--frames", 10**9, "--seconds", seconds, *limit, "--first-relay", router],
            f"flood-{self._floods}.log", seconds))

    def storm(self, frames, seconds):
        """Frames over and over; returns how often, when all have been sent."""
        file = self._lab.folder / "storm.hex"
        file.write_text("".join(f"{frame.hex()}\n" for frame in frames))
        return int(self._run(["/usr/bin/python3", STORM, self.namespace.name, self._lab.server.name, file, seconds],
                             "storm.log", seconds))

    def _run(self, argv, log, seconds):
        program = self.namespace.start(argv, self._lab.folder / log)
        assert program.wait_for_end(seconds + 600) == 0, program.last_words()
        return program.output

    def tap(self):
        return Tap(self.namespace, "eth0")


def only_honest_clients_are_served(server):
    """The server's kernel throws away what is not theirs, after the capture: how a server stands a flood is another question
    than how the box does."""
    server.run("nft", "add table netdev guard; add chain netdev guard in { type filter hook ingress device eth0 priority 0; }; "
                      f"add rule netdev guard in udp dport 67 {NOT_HONEST} drop")
