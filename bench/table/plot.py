# SPDX-License-Identifier: Apache-2.0
"""The table as a picture (SVG): how many times as good as each peer, median and spread, and what is wanted."""

import math
from xml.sax.saxutils import escape

LEFT, WIDE, LINE, TOP = 430, 470, 22, 54
GOOD, POOR, PLAIN = "#1a7f37", "#cf222e", "#57606a"


def times_as_good(row):
    """(median, low, high, target) with more being better, whichever way the row counts."""
    bound = float(row.target.split()[-1]) if row.target else None
    if row.target.startswith("at most"):
        return 1 / row.ratio, 1 / row.high, 1 / row.low, 1 / bound
    return row.ratio, row.low, row.high, bound


def scale(points):
    low, high = math.floor(math.log10(min(points))), math.ceil(math.log10(max(points)))
    high = max(high, low + 1)
    return low, high, lambda value: LEFT + WIDE * (math.log10(value) - low) / (high - low)


def draw_row(row, at, y):
    median, low, high, bound = times_as_good(row)
    colour = GOOD if row.state == "met" else POOR if row.state.startswith("missed") else PLAIN
    yield (f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(row.what)} '
           f'<tspan fill="{PLAIN}">beside {escape(row.called)}</tspan></text>')
    yield f'<line x1="{at(low):.1f}" x2="{at(high):.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
    yield f'<circle cx="{at(median):.1f}" cy="{y}" r="5" fill="{colour}"/>'
    if bound:
        yield f'<line x1="{at(bound):.1f}" x2="{at(bound):.1f}" y1="{y - 8}" y2="{y + 8}" stroke="#000"/>'
    yield f'<text x="{LEFT + WIDE + 12}" y="{y + 4}" fill="{colour}">{median:.3g}</text>'


def draw(rows, title):
    shown = [row for row in rows if row.ratio is not None]
    bottom = TOP + LINE * max(len(shown), 1)
    points = [1.0] + [point for row in shown for point in times_as_good(row) if point]
    low, high, at = scale(points)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDE + 80}" height="{bottom + 30}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="100%" height="100%" fill="#fff"/><text x="12" y="20" font-size="14">{escape(title)}</text>',
           '<text x="12" y="38">times as good as the peer: median (dot), spread (line), wanted (tick)</text>']
    for power in range(low, high + 1):
        x = at(10.0**power)
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 10}" y2="{bottom}" stroke="#d0d7de"/>'
                   f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{10.0**power:g}</text>')
    for number, row in enumerate(shown):
        out += draw_row(row, at, TOP + LINE * number + LINE // 2)
    return "\n".join([*out, "</svg>"]) + "\n"
