# SPDX-License-Identifier: Apache-2.0
"""What was measured: by name, one value for each repetition."""

import statistics
from dataclasses import dataclass, field

TOLERANCE = 0.01


class Refused(Exception):
    """What was measured is not what was asked for: there is nothing to report."""


class NotHere(Exception):
    """Cannot be run on this machine, and why, in a line."""


@dataclass
class Figure:
    unit: str = ""                              # of a cost: less is better. Rates end in "/s": more is better
    values: list = field(default_factory=list)  # one for each repetition
    why_not: str = ""                           # it has not been run
    broken: bool = False                        # and should have been

    @property
    def is_rate(self):
        return self.unit.endswith("/s")

    @property
    def median(self):
        return statistics.median(self.values)


class Figures(dict):
    def add(self, name, unit, value):
        self.setdefault(name, Figure(unit)).values.append(value)

    def fail(self, names, why, broken=False):
        """What there was of them means nothing."""
        for name in names:
            self[name] = Figure(why_not=why, broken=broken)

    def failed(self, names):
        return any(name in self and self[name].why_not for name in names)


def hold(what, found, asked):
    """The mix that came out beside the one that was asked for."""
    if abs(found - asked) > TOLERANCE * max(asked, 1):
        raise Refused(f"{what}: {found:g} instead of {asked:g}")
