# SPDX-License-Identifier: Apache-2.0
"""A thousand reloads under load, and a soak: every frame that was sent came, or stands under a name.

The soak lasts ten minutes with $SOAK_SECONDS=600 (`tests/run --long`).
"""

import concurrent.futures
import os
import re
import signal
from pathlib import Path

from control import Caller
from pace import OF_THE_BOX, traffic
from wirelab import BOTH_DRIVERS

pytestmark = BOTH_DRIVERS

RELOADS = 1000
SOAK = float(os.environ.get("SOAK_SECONDS", 15))  # s
ATTEMPTS = 3 if SOAK < 60 else 1
PAIRS = ("--relays", 2)


def counted(wire):
    """(frames that came in on the routers' side, by reason, and those that the kernel could not hand over)"""
    status = wire.daemon.status()
    assert sum(status["reasons"].values()) == status["totals"]["received"]
    return status["totals"]["received"], status["reasons"]["second_copy"], sum(port["missed"] for port in status["ports"])


def resident(pid):
    """Its own memory, bytes."""
    return 1024 * int(re.search(r"^RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def test_a_thousand_reloads_lose_nothing(wire, driver, told):
    file = wire.folder / "settings.toml"
    texts = ['window = "1s"\nturn_after = "2.5s"\n', 'window = "900ms"\nturn_after = "2s"\n[relay_groups]\nlan = ["192.0.2.0/24"]\n']
    file.write_text(texts[0])
    wire.start("--config", file)
    rate, burst, sent, came = 10_000, 20_000, 0, 0
    caller = Caller(wire.daemon)
    with concurrent.futures.ThreadPoolExecutor(1) as sender:
        reloads = 0
        while reloads < RELOADS:
            sending = sender.submit(traffic, wire, rate, burst, more=(*PAIRS, "--expect", burst // 2))
            while not sending.done():
                reloads += 1
                file.write_text(texts[reloads % 2])
                assert caller.ask("POST", "/v1/reload")["changed"], "a reload that changed nothing"
            done = sending.result()
            sent += done["sent"]
            came += done["received"]
    caller.close()
    received, second_copies, missed = counted(wire)
    told(f"{reloads} reloads, {sent} frames sent = {came} came + {second_copies} second_copy + {missed} missed")
    assert sent == received + missed == came + second_copies + missed
    assert missed == 0 and came == second_copies == sent / 2
    wire.daemon.end(signal.SIGTERM)


def top_rate(wire, told):
    """Frames a second that came through when as many were sent as one processor can."""
    done = traffic(wire, 10_000_000, 100_000, more=PAIRS)
    _, second_copies, missed = counted(wire)
    rate = (done["received"] + second_copies) / done["seconds"]
    told(f"of {done['sent'] / done['seconds']:,.0f} frames a second {rate:,.0f} came, the others were missed ({missed})")
    return rate


def soak(wire, told):
    """What was lost of so many seconds at half of the top rate."""
    wire.start(before=OF_THE_BOX)
    half = top_rate(wire, told) / 2
    frames = 2 * round(half * SOAK / 2)
    traffic(wire, half, 2 * round(half), more=(*PAIRS, "--expect", round(half)))  # all that is made at need is made
    _, second_copies_before, missed_before = counted(wire)
    memory = resident(wire.daemon.process.pid)
    done = traffic(wire, half, frames, more=(*PAIRS, "--expect", frames // 2))
    grown = resident(wire.daemon.process.pid) - memory
    _, second_copies, missed = counted(wire)
    wire.daemon.end(signal.SIGTERM)
    lost = done["sent"] - done["received"] - (second_copies - second_copies_before)
    told(f"{done['sent']:,} frames at {done['sent'] / done['seconds']:,.0f} a second (half of what came through at most) "
         f"for {done['seconds']:.0f} s: {lost} lost, {missed - missed_before} missed, memory {grown / 1024:+.0f} KiB")
    assert done["refused"] == 0 and lost == missed - missed_before, "frames that nobody has counted"
    assert grown < 256 * 1024
    return lost


def test_a_soak_at_half_of_the_top_rate_loses_nothing(wire, driver, told):
    """What is held up by something else on the machine may lose frames, and counts them: so there are further attempts."""
    assert any(soak(wire, told) == 0 for _ in range(ATTEMPTS))
