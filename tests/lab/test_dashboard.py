# SPDX-License-Identifier: Apache-2.0
"""What the dashboard shows of real clients that boot through two relays: data in each of its panels."""

import itertools
import time

from scraping import DAEMON, TARGETS, Prometheus

from . import relays, servers
from .box import Relaysieve
from .clients import Udhcpc
from .trials import boot, furnish

QUIET = {"Lost", "Evicted before their time"}  # 0 where all is well
BOUND = 240  # s, on a loaded machine


def test_every_panel_has_data(lab):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    lab.put(Relaysieve(metrics=DAEMON))
    clients, windows = [lab.client(Udhcpc) for _ in range(2)], itertools.cycle(("900ms", "1s"))
    with Prometheus(lab.box_namespace, lab.folder) as prometheus:
        dark, deadline = set(TARGETS), time.monotonic() + BOUND
        while dark:
            assert time.monotonic() < deadline, f"nothing, or nothing finite, or only 0: {sorted(dark)}\n{prometheus.log}"
            lab.box.ask("set", "window", next(windows))  # so that something happens
            lab.forget()
            boot(lab, 1, *clients)
            dark -= {target for target in dark if prometheus.shows(target, quiet=QUIET)}
        assert prometheus.boxes() == [DAEMON]
        copies = {labels["outcome"]: count for labels, count in prometheus.query("sum by (outcome) (relaysieve_relay_copies_total)")}
        assert copies["forwarded"] > 0 and copies["second_copy"] > 0
