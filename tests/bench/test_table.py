# SPDX-License-Identifier: Apache-2.0
"""The table maker on figures made up here: ratios, medians, what is met, and what has not been run."""

import json
import xml.etree.ElementTree as ElementTree

import pytest
from programs import suite
from table import plot, rows
from table.figures import Figure, Figures, Refused, hold
from table.targets import TARGETS, Target

FIGURES = Figures(
    ours=Figure("ns", [10.0, 12.0, 50.0]),
    peer=Figure("ns", [20.0, 36.0, 50.0]),
    other=Figure("ns", [4.0, 4.0, 400.0]),
    rate=Figure("frames/s", [100.0, 300.0]),
    slower=Figure("frames/s", [50.0, 100.0]),
    gone=Figure(why_not="needs root"),
)


def row(**more):
    return rows.row_of(Target("it", **more), FIGURES)


def test_a_ratio_is_taken_within_each_repetition():
    """The ratio of the medians would be 3 too, but of 12 and 36; the spread is that of the three ratios."""
    made = row(ours="ours", peer="peer", at_least=2)
    assert (made.ours, made.peer) == (12, 36)
    assert (made.ratio, made.low, made.high) == (2, 1, 3)
    assert made.state == "met"


@pytest.mark.parametrize("bound, state", [
    ({"at_least": 2}, "met"), ({"at_least": 4}, "missed by 50%"), ({"at_most": 0.5}, "met"),
    ({"at_most": 0.25}, "missed by 100%"), ({}, "-")])
def test_a_target_is_met_or_missed(bound, state):
    assert row(ours="ours", peer="peer", **bound).state == state


def test_of_costs_and_of_rates_the_better_one_has_more_times():
    assert row(ours="ours", peer="peer").ratio == 2
    made = row(ours="rate", peer="slower", at_least=2)
    assert (made.ratio, made.low, made.high) == (2.5, 2, 3)
    assert row(ours="rate", peer="slower", at_most=0.5).ratio == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_a_peer_may_be_a_sum():
    made = row(ours="ours", peer=((1, "peer"), (1.25, "other")), at_most=1)
    assert made.peer == 36 + 1.25 * 4
    assert (made.ratio, made.low, made.high) == (10 / 25, 12 / 41, 50 / 55)


def test_without_a_peer_our_own_figure_is_bounded():
    assert row(ours="ours", at_most=12).state == "met"
    assert row(ours="ours", at_most=6).state == "missed by 100%"


def test_what_has_not_been_run_is_never_met():
    for missing, why in (("gone", "needs root"), ("unheard-of", "it was not asked for")):
        for words in ({"ours": missing, "peer": "peer"}, {"ours": "ours", "peer": missing}, {"ours": missing}):
            made = row(**words, at_most=1e9)
            assert (made.state, made.ratio, made.ran) == (f"not run: {why}", None, False)


def test_all_three_forms_hold_every_row(tmp_path):
    table = rows.table_of([Target("a & b", "ours", "peer", "<peer>", at_least=4), Target("c", "gone", at_most=1)], FIGURES)
    lines = rows.markdown(table).splitlines()
    assert len(lines) == 4 and len({line.count("|") for line in lines}) == 1
    assert "missed by 50%" in lines[2] and "not run: needs root" in lines[3]
    kept = json.loads(json.dumps(rows.as_json(table, FIGURES, {"commit": "x"})))
    assert [row["state"] for row in kept["rows"]] == ["missed by 50%", "not run: needs root"]
    assert kept["figures"]["ours"]["values"] == FIGURES["ours"].values
    picture = ElementTree.fromstring(plot.draw(table, "x < y"))
    shown = "".join(picture.itertext())
    assert "a & b beside <peer>" in " ".join(shown.split()) and "x < y" in shown


def test_the_picture_puts_what_is_wanted_where_the_ratio_is():
    """A cost of half the bound and a rate of twice the bound are equally good."""
    cost, rate = row(ours="ours", peer="peer", at_most=1), row(ours="ours", peer="peer", at_least=1)
    assert plot.times_as_good(cost) == plot.times_as_good(rate) == (2, 1, 3, 1)


@pytest.mark.parametrize("found, refused", [(100, False), (100.9, False), (101.1, True), (98.9, True), (0, True)])
def test_one_per_cent_off_is_refused(found, refused):
    if not refused:
        return hold("frames", found, 100)
    with pytest.raises(Refused, match=r"^frames: \S+ instead of 100$"):
        hold("frames", found, 100)


def test_nothing_asked_for_and_something_found_is_refused():
    with pytest.raises(Refused):
        hold("clients", 5, 0)


def test_what_google_benchmark_says():
    run = {"name": "filter/ours/clients:1024/manual_time", "run_type": "iteration", "ns_per_frame": 9.5}
    found = suite.read({"benchmarks": [
        run, {**run, "ns_per_frame": 10.5, "bytes_per_client": 96.0}, {**run, "run_type": "aggregate"},
        {"name": "floor/memory", "run_type": "iteration", "items_per_second": 1e8},
        {"name": "window/x", "run_type": "iteration", "error_occurred": True, "error_message": "not what was asked for"},
        {"name": "worker/x", "run_type": "iteration", "error_occurred": True, "error_message": "skipped: one processor"}]}, Figures())
    assert found["filter/ours/clients:1024"].values == [9.5, 10.5]
    assert found["filter/ours/clients:1024/bytes"].values == [96.0]
    assert found["floor/memory"].values == [10.0]
    assert not found["worker/x"].broken and found["worker/x"].why_not == "one processor"
    assert found["window/x"].broken and found["window/x"].why_not == "not what was asked for"


def test_every_target_has_a_part_that_measures_it():
    for target in TARGETS:
        assert target.at_least is None or target.at_most is None
        for name in target.names:
            assert name.partition("/")[0] in ("filter", "floor", "window", "worker", "testpmd", "replay", "daemon", "veth"), name
