# SPDX-License-Identifier: Apache-2.0
"""How a port was opened, and flows that show it."""

import re
import struct
import subprocess

import frames
from lab.box import built
from wirelab import BOUND

END = frames.marker(0)


def programme_on(wire, port="routers"):
    found = re.search(r"prog/xdp id \d+ name (\S+)", wire.box.ip("-details", "link", "show", "dev", port))
    return found and found[1]


def is_promiscuous(wire, port="routers"):
    return "promiscuity 0" not in wire.box.ip("-details", "link", "show", "dev", port)


def drivers(wire):
    return [wire.daemon.port(side)["driver"] for side in ("routers", "server")]


def crosses(wire, sent):
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    left.send(*sent, END)
    return right.until(END)


def several_queues(wire):
    """Two queues in both directions on both sides; the senders spread their flows over them."""
    for namespace, interface in ((wire.left, "eth0"), (wire.box, "routers"), (wire.box, "server"), (wire.right, "eth0")):
        namespace.run("ethtool", "-L", interface, "rx", "2", "tx", "2")


def flows():
    return [frames.ipv4(17, struct.pack("!HHHH", port, 2049, 40, 0) + bytes(32)) for port in range(1024, 1088)]


def refused(wire, *words):
    """The one line that it says when it refuses to start."""
    done = subprocess.run([*wire.box.enter(), built("relaysieved"), "--routers", "routers", "--server", "server", *words,
                           "--control", str(wire.folder / "refused.sock")], capture_output=True, text=True, timeout=BOUND)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("relaysieved: ").removesuffix("\n")
