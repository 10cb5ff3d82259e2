# SPDX-License-Identifier: Apache-2.0
"""What the box says of each request of the honest clients, and what the rule's slow model (tests/golden) says of the same frames
at the same times."""

import calendar
import json
import time
from collections import defaultdict, deque
from typing import NamedTuple

from lab.message import Message
from lab.namespaces import wait_until
from model import Model, Settings


class Ruling(NamedTuple):
    time: int         # ns, as the box took it
    message: Message  # as it came to the box
    verdict: str
    reason: str


def _nanoseconds(text):
    """Of a time as `relaysieve trace` writes it."""
    whole, fraction = text.rstrip("Z").split(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(fraction)


class Rulings:
    """Of a crew's clients, from now on. The box has not heard of them yet."""

    def __init__(self, lab, crew):
        self._traces = {mac: lab.box.trace(mac) for mac in crew.macs}

    def _said(self, mac):
        whole, _, _ = self._traces[mac].output.rpartition("\n")
        return [line for line in map(json.loads, whole.splitlines()) if line.get("message") == "request"]

    def of(self, ledger):
        """The rulings on all that was brought to the box, of each client in order; ends the watch."""
        brought = defaultdict(lambda: defaultdict(deque))
        for message in ledger.at_wan:
            brought[message.chaddr][message.xid, message.type, message.source_mac, message.giaddr].append(message)
        return {mac: self._of_client(mac, brought[mac]) for mac in self._traces}

    def _of_client(self, mac, brought):
        count = sum(map(len, brought.values()))
        wait_until(lambda: len(self._said(mac)) >= count, lambda: f"{count} rulings on {mac}; {len(self._said(mac))} came")
        self._traces[mac].stop()
        rulings = [Ruling(_nanoseconds(line["time"]),
                          brought[int(line["xid"], 16), line["type"], line["source_mac"], line["giaddr"]].popleft(),
                          line["verdict"], line["reason"]) for line in self._said(mac)]
        assert not any(brought.values()), "of each frame one ruling"
        return rulings


def contradictions(rulings, **settings):
    """Where the model rules otherwise, a line each. It knows of nothing but these clients."""
    model, found = Model(Settings(**settings)), []
    for number, ruling in enumerate(sorted((each for of_client in rulings.values() for each in of_client), key=lambda each: each.time)):
        verdict, reason, _ = model.judge(number, ruling.time, ruling.message.frame)
        if (verdict, reason) != (ruling.verdict, ruling.reason):
            found.append(f"{ruling.message.chaddr} {ruling.message.type} {ruling.message.xid:08x}: the box {ruling.verdict} "
                         f"{ruling.reason}, the model {verdict} {reason}")
    return "\n".join(found)
