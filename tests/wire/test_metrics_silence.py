# SPDX-License-Identifier: Apache-2.0
"""What Prometheus scrapes of a relay that has fallen silent, which the alert RelaysieveRelaySilent looks at."""

import itertools
import re
import signal
import time

import frames
from lab.namespaces import wait_until
from test_metrics import scrape, values
from wirelab import BOUND

END = frames.marker(0)


def test_a_relay_that_is_silent_shows_until_it_is_back(wire):
    """As `relaysieve relays` has it: its partner brings twenty times what it usually does, and 10 s pass."""
    wire.start("--turn-after", "0s")
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    xids = itertools.count(1)

    def boot(clients, routers=2):
        for _ in range(clients):
            left.send(*frames.hsrp_pair(next(xids))[:routers])
        left.send(END)
        right.until(END)

    def silent():
        found = re.findall(r'^relaysieve_relay_silent\{relay="([\d.]+)",mac="[\w:]+",port="routers"\} ([01])$', scrape(wire)[2], re.M)
        assert [relay for relay, _ in sorted(found)] == ["10.30.0.2", "10.30.0.3"]
        return [relay for relay, value in found if value == "1"]

    boot(30)
    assert silent() == []
    seen = max(value for name, value in values(scrape(wire)[2]).items() if name.startswith("relaysieve_relay_last_seen_timestamp_seconds{"))
    wait_until(lambda: time.time() > seen + 1.5, "a look of the daemon's", BOUND)
    boot(100, routers=1)
    wait_until(lambda: silent() == ["10.30.0.3"], "router B to be silent", BOUND)
    boot(1)
    wait_until(lambda: silent() == [], "router B to be back", BOUND)
    wire.daemon.end(signal.SIGTERM)
