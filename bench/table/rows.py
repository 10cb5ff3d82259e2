# SPDX-License-Identifier: Apache-2.0
"""From figures to the table: each ratio is taken within a repetition, then their median and spread."""

import statistics
from dataclasses import asdict, dataclass

MET, MISSED, NONE = "met", "missed", "-"


@dataclass
class Row:
    what: str
    unit: str = ""
    ours: float | None = None
    called: str = ""
    peer: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    target: str = ""
    state: str = NONE
    why: str = ""

    @property
    def ran(self):
        return self.ours is not None


def peer_values(target, figures):
    """Of a sum all parts: those that were measured elsewhere in the run by their medians."""
    if len(target.parts) == 1:
        return figures[target.parts[0][1]].values
    (weight, first), *rest = ((weight, figures[name]) for weight, name in target.parts)
    more = sum(part * figure.median for part, figure in rest)
    return [weight * value + more for value in first.values]


def ratios(ours, peer, target):
    """How many times what the peer costs, or how many times as good."""
    pairs = list(zip(ours.values, peer))
    as_cost = [(theirs / own if ours.is_rate else own / theirs) for own, theirs in pairs]
    return as_cost if target.at_most is not None else [1 / ratio for ratio in as_cost]


def state_of(value, target):
    if target.at_most is not None:
        return MET if value <= target.at_most else f"{MISSED} by {value / target.at_most - 1:.0%}"
    if target.at_least is not None:
        return MET if value >= target.at_least else f"{MISSED} by {1 - value / target.at_least:.0%}"
    return NONE


def row_of(target, figures):
    bound = target.at_most if target.at_most is not None else target.at_least
    words = f"{'at most' if target.at_most is not None else 'at least'} {bound:g}" if target.bounded else ""
    row = Row(target.what, called=target.called, target=words)
    missing = [name for name in target.names if name not in figures or not figures[name].values]
    if missing:
        row.why = figures[missing[0]].why_not if missing[0] in figures else "it was not asked for"
        row.state = f"not run: {row.why}"
        return row
    ours = figures[target.ours]
    row.unit, row.ours = ours.unit, ours.median
    if not target.parts:
        row.state = state_of(row.ours, target)
        return row
    peer = peer_values(target, figures)
    row.peer = statistics.median(peer)
    each = ratios(ours, peer, target)
    row.ratio, row.low, row.high = statistics.median(each), min(each), max(each)
    row.state = state_of(row.ratio, target)
    return row


def table_of(targets, figures):
    return [row_of(target, figures) for target in targets]


def digits(value):
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


HEAD = ("what", "unit", "ours", "peer", "its", "ratio (spread)", "target", "")


def cells(row):
    spread = "" if row.ratio is None else f"{digits(row.ratio)} ({digits(row.low)} to {digits(row.high)})"
    return (row.what, row.unit, digits(row.ours), row.called, digits(row.peer), spread, row.target, row.state)


def markdown(rows):
    lines = [HEAD, ("---",) * len(HEAD), *(cells(row) for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def text(rows):
    lines = [HEAD, *(cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEAD) - 1)]
    return "".join("  ".join([*(cell.ljust(width) for cell, width in zip(line, widths)), line[-1]]).rstrip() + "\n"
                   for line in lines)


def as_json(rows, figures, machine):
    return {"machine": machine, "rows": [asdict(row) for row in rows],
            "figures": {name: asdict(figure) for name, figure in sorted(figures.items())}}
