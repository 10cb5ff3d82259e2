# SPDX-License-Identifier: Apache-2.0
"""relaysieved with each of its drivers beside a kernel bridge, plain and with a set of nftables, each between veth pairs
of its own: the highest rate without loss, and how long a frame takes through it.

bench/traffic at both ends sends every request twice, as two relays would: the plain bridge delivers both.
"""

import contextlib
import functools
import shutil
import tempfile
from pathlib import Path

from lab.namespaces import wait_until
from pace import OF_THE_BOX, traffic
from wirelab import Wire

from table.figures import Refused, hold

RELAYS = 2
PASSED = {"bridge": 1.0}  # of all frames; of the others one of each pair
SLOWEST, FASTEST, STEPS = 10_000, 2_000_000, 7  # frames/s; of a search by halves
STEP_SECONDS = 0.4
AGES = {"p50": "p50_us", "p99": "p99_us", "p99.9": "p999_us"}
AGE_RATE, AGE_FRAMES = 10_000, 20_000
SHORT_RATE, SHORT_FRAMES = 1_000, 400  # a machine that has other things to do loses none of them
REPETITIONS = 3

# What nft can tell a request by: xid and chaddr at their places behind the UDP header, in the window's one second.
NFT = """table bridge dedup {
  set seen { typeof @th,96,32 . @th,288,48; flags dynamic,timeout; timeout 1s; size 2097152; }
  chain forward {
    type filter hook forward priority 0;
    iifname routers udp dport 67 @th,96,32 . @th,288,48 @seen drop
    iifname routers udp dport 67 add @seen { @th,96,32 . @th,288,48 }
  }
}
"""


class Box:
    """One of them on a wire of its own."""

    def __init__(self, kind):
        self.kind = kind
        self.folder = Path(tempfile.mkdtemp(prefix="relaysieve-bench-"))
        self.wire = Wire(self.folder)

    def __enter__(self):
        try:
            self.wire.build()
            if self.kind in ("bridge", "nft"):
                self._bridge()
            else:
                self.wire.start("--driver", self.kind, "--idle", "poll", "--clients", "1048576", before=OF_THE_BOX)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.wire.close()
        shutil.rmtree(self.folder)

    def _bridge(self):
        box = self.wire.box
        box.bridge("br0")
        for port in ("routers", "server"):
            box.plug(port, "br0")
        if self.kind == "nft":
            rules = self.folder / "dedup.nft"
            rules.write_text(NFT)
            box.run("nft", "-f", rules)
        wait_until(lambda: box.ip("-json", "link", "show", "master", "br0").count("forwarding") == 2
                   or box.run("bridge", "link").count("state forwarding") == 2, "the bridge to forward")

    def send(self, rate, frames):
        """What came of so many frames, and how many were lost."""
        expected = round(frames * PASSED.get(self.kind, 1 / RELAYS))
        done = traffic(self.wire, rate, frames, more=("--relays", RELAYS, "--expect", expected))
        return done, expected - done["received"]

    def passes_without_loss(self, rate):
        """The rate at which it has been sent, if none was lost; 0 if one was, or the source was too slow."""
        done, lost = self.send(rate, round(rate * STEP_SECONDS) // RELAYS * RELAYS)
        if lost < 0:
            raise Refused(f"{self.kind}: {-lost} copies more than asked for came through")
        reached = done["sent"] / done["seconds"]
        return reached if lost == 0 and done["refused"] == 0 and reached > 0.9 * rate else 0

    def highest_rate(self, steps):
        best, low, high = 0, SLOWEST, FASTEST
        for _ in range(steps):
            rate = (low * high) ** 0.5
            if reached := self.passes_without_loss(rate):
                best, low = max(best, reached), rate
            else:
                high = rate
        if best == 0:
            raise Refused(f"{self.kind}: frames were lost at each rate, the last {high:.0f} a second")
        return best


def measure(kind, how, figures):
    with Box(kind) as box:
        done, lost = box.send(*((SHORT_RATE, SHORT_FRAMES) if how.short else (AGE_RATE, AGE_FRAMES)))
        hold(f"{kind}: frames through it", done["received"], done["received"] + lost)
        for age, key in AGES.items():
            figures.add(f"veth/{kind}/{age}", "us", done[key])
        rate = done["sent"] / done["seconds"] if how.short else box.highest_rate(STEPS)
        figures.add(f"veth/{kind}/rate", "frames/s", rate)


@contextlib.contextmanager
def jobs(names, how):
    kinds = {}
    for name in names:
        kinds.setdefault(name.split("/")[1], []).append(name)
    yield [(of, functools.partial(measure, kind, how)) for kind, of in kinds.items()]
