# SPDX-License-Identifier: Apache-2.0
"""Every line of the table, and what must come out: the one place where that is said.

`at_most`: ours costs at most so many times what the peer costs. `at_least`: ours is at least so many times as good.
Without a peer they bound our own figure. A peer may be a sum of figures, each with its weight. `of` names the program
or suite that measures it (bench/run --only).
"""

from dataclasses import dataclass

ALONE = "clients:65536/relays:1/frames:warm"
PAIRS = "clients:1048576/relays:2/frames:warm"
FULL = "clients:1048576/relays:1/frames:warm"
OTHER = "traffic:other64/frames:warm/port:null"
IO, FILTER = "testpmd/io/requests", f"filter/ours/{ALONE}"
BOXES = {"bridge": "kernel bridge", "nft": "kernel bridge, nftables set"}


@dataclass(frozen=True)
class Target:
    what: str
    ours: str
    peer: str | tuple = ()   # a figure's name, or ((weight, name), ...)
    called: str = ""         # the peer, for the reader
    at_least: float | None = None
    at_most: float | None = None

    @property
    def of(self):
        return self.ours.partition("/")[0]

    @property
    def parts(self):
        return ((1, self.peer),) if isinstance(self.peer, str) else self.peer

    @property
    def names(self):
        return [self.ours, *(name for _, name in self.parts)]

    @property
    def bounded(self):
        return self.at_least is not None or self.at_most is not None


def suite():
    what = "filter, 1 M clients, 50 % copies"
    yield Target(what, f"filter/ours/{PAIRS}", f"floor/memory/{PAIRS}", "the memory alone", at_most=1.7)
    yield Target(what, f"filter/ours/{PAIRS}", f"filter/xdp/{PAIRS}", "XDP, BPF LRU hash", at_least=6)
    what = "window, 1 M clients, 50 % copies"
    yield Target(what, f"window/ours/{PAIRS}", f"window/rte_hash/{PAIRS}", "rte_hash", at_least=3)
    yield Target(what, f"window/ours/{PAIRS}", f"window/rte_member/{PAIRS}", "rte_member", at_least=1.5)
    yield Target(what, f"window/ours/{PAIRS}", f"window/flat_hash_map/{PAIRS}", "flat_hash_map and list")
    yield Target("memory a live client, 1 M clients", f"filter/ours/{PAIRS}/bytes", at_most=96)
    yield Target("the same, table full, 4.5 % of them not held", f"filter/full/{FULL}/bytes")


def workers():
    """The worker's loop in process. Requests lie ready in rings; net_null makes the other frames."""
    what = "worker, 64 bytes, not DHCP"
    yield Target(what, f"worker/ours/{OTHER}", f"worker/io/{OTHER}", "testpmd's io", at_least=0.8)
    yield Target(what, f"worker/ours/{OTHER}", f"worker/macswap/{OTHER}", "testpmd's macswap")
    what = "worker, relayed requests, 64 k clients"
    ours, io, macswap = (f"worker/{whose}/{ALONE}/port:ring/workers" for whose in ("ours", "io", "macswap"))
    yield Target(what, f"{ours}:1", ((1, f"{io}:1"), (1.25, FILTER)), "testpmd's io + 1.25 filter", at_most=1)
    yield Target(what, f"{ours}:1", f"{macswap}:1", "testpmd's macswap")
    yield Target("two workers, the same", f"{ours}:2", f"{ours}:1", "one worker", at_least=1.8)


def programs():
    what = "relaysieved, 64 bytes, not DHCP"
    yield Target(what, "testpmd/ours/other", "testpmd/io/other", "testpmd io", at_least=0.8)
    yield Target(what, "testpmd/ours/other", "testpmd/macswap/other", "testpmd macswap")
    what = "relaysieved, relayed requests, 64 k clients"
    yield Target(what, "testpmd/ours/requests", ((1, IO), (1.25, FILTER)), "testpmd io + 1.25 filter", at_most=1)
    yield Target(what, "testpmd/ours/requests", "testpmd/macswap/requests", "testpmd macswap")
    yield Target("two workers, the same", "testpmd/two/requests", "testpmd/one/requests", "one worker", at_least=1.8)
    what = "relaysieve replay, 1 GB at 20,000 requests/s"
    yield Target(what, "replay/ours/time", "replay/editcap/time", "editcap -w 1", at_least=20)
    yield Target("the same, survivors written", "replay/writing/time", "replay/editcap/time", "editcap -w 1")
    yield Target("its memory", "replay/ours/MB", at_most=64)
    yield Target("its memory beside the peer's", "replay/ours/MB", "replay/editcap/MB", "editcap -w 1")
    for driver in ("af_packet", "af_xdp"):
        yield Target(f"daemon with default settings, {driver}", f"daemon/{driver}/MB", at_most=200)


def wires():
    for driver in ("af_packet", "af_xdp"):
        for box, called in BOXES.items():
            yield Target(f"{driver}: frames/s without loss", f"veth/{driver}/rate", f"veth/{box}/rate", called)
            for age in ("p50", "p99", "p99.9"):
                yield Target(f"{driver}: time through the box, {age}", f"veth/{driver}/{age}", f"veth/{box}/{age}", called)


TARGETS = [*suite(), *workers(), *programs(), *wires()]
PARTS = list(dict.fromkeys(target.of for target in TARGETS))
