# SPDX-License-Identifier: Apache-2.0
"""A box where nothing comes: it sleeps, and wakes up fast enough."""

import time

import pytest
from pace import OF_THE_BOX, traffic
from wirelab import cpu_seconds


def share_of_a_core(wire, seconds):
    pid = wire.daemon.process.pid
    begin, before = time.monotonic(), cpu_seconds(pid)
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - begin)


def median_us(wire, idle):
    wire.start("--idle", idle, before=OF_THE_BOX)
    ages = traffic(wire, rate=1000, frames=1000, first=True)
    wire.daemon.process.terminate()
    assert wire.daemon.wait_for_end() == 0
    assert ages["received"] > 900, ages
    return ages["p50_us"]


@pytest.mark.parametrize("words", ["--driver af_packet", "--driver af_packet --workers 2", "--driver af_xdp"])
def test_it_sleeps(wire, words):
    wire.start(*words.split())
    assert share_of_a_core(wire, 3) < 0.02


def test_it_sleeps_again_after_traffic(wire):
    wire.start()
    traffic(wire, rate=10_000, frames=2_000)
    assert share_of_a_core(wire, 3) < 0.02


def test_poll_never_sleeps(wire):
    """The measure sees a worker that does not."""
    wire.start("--idle", "poll")
    assert share_of_a_core(wire, 2) > 0.1


def test_the_median_at_a_thousand_frames_a_second_is_at_most_twice_that_of_polling(wire):
    """Of several pairs of runs the best: what else the machine does can only spoil one."""
    ratios = []
    for _ in range(5):
        ratios.append(median_us(wire, "sleep") / median_us(wire, "poll"))
        if ratios[-1] <= 2:
            return
    pytest.fail(f"sleep / poll: {ratios}")
