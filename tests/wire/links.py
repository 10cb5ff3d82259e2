# SPDX-License-Identifier: Apache-2.0
"""Cables that are pulled and plugged in again.

A host that takes its end of a cable down takes the carrier from the box's end, and the other way round.
"""

import re
import socket

import frames
import pytest
from lab.namespaces import wait_until
from wirelab import BOUND, inside

END = frames.marker(0)
SIDES = {"routers": "left", "server": "right"}
OTHER = {"routers": "server", "server": "routers"}


def host(wire, side):
    """The host at the far end of a port's cable."""
    return getattr(wire, SIDES[side])


def pull(wire, side):
    host(wire, side).ip("link", "set", "eth0", "down")


def plug_in(wire, side):
    host(wire, side).ip("link", "set", "eth0", "up")


def is_up(wire, port):
    return "UP" in re.search(r"<(.*?)>", wire.box.ip("link", "show", "dev", port))[1].split(",")


def wait_for(wire, port, up):
    wait_until(lambda: is_up(wire, port) == up, f"{port} {'up' if up else 'down'}", BOUND)


def wait_for_links(wire):
    """Link at both hosts."""
    for side in SIDES:
        wire.wait_for_carrier(host(wire, side), "eth0", True)


def said(wire, *lines):
    wait_until(lambda: all(line in wire.daemon.err for line in lines), lambda: f"{lines} in {wire.daemon.err}", BOUND)


def carries(wire):
    """Frames cross, both ways, and nobody else's; the ports still take frames for any destination."""
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    for one, other in ((left, right), (right, left)):
        one.send(frames.sized(60), END)
        assert other.until(END) == [frames.sized(60)]
    for port in SIDES:
        assert "promiscuity 1" in wire.box.ip("-details", "link", "show", "dev", port)
        with inside(wire.box), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
            raw.bind((port, 0))
            with pytest.raises(OSError):  # the box's own frames do not get onto the wire
                raw.send(END)
