"""Forecast how long planned calls take, as a range: from what was measured, within what the server allows.

References
----------
https://en.wikipedia.org/wiki/List_scheduling
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

SPREAD = 2.0  # how many times as long as their medians calls may take: crowds, slow answers, learning


class Stage(NamedTuple):
    """Calls that share a ceiling: seconds of each, and how many may be in flight."""

    seconds: Sequence[float]
    slots: int

    @property
    def shortest(self) -> float:
        """Seconds with every slot busy all the time."""
        return max(sum(self.seconds) / self.slots, max(self.seconds, default=0.0))

    @property
    def longest(self) -> float:
        """Seconds that no order of sending exceeds: full slots until the last call begins."""
        return sum(self.seconds) / self.slots + max(self.seconds, default=0.0)


@dataclass(frozen=True)
class Forecast:
    """A range of seconds.

    Parameters
    ----------
    shortest
        Every call as fast as those measured, and stages side by side.
    longest
        Calls of files twice as slow, and one stage after another.

    Examples
    --------
    >>> Forecast.of(1.0, [Stage([0.2] * 50, 10)], slots=10, held_back=0.0)
    Forecast(shortest=2.0, longest=3.4)
    """

    shortest: float
    longest: float

    @classmethod
    def of(cls, trees: float, stages: Sequence[Stage], *, slots: int, held_back: float) -> Forecast:
        """Return the forecast of a run.

        Parameters
        ----------
        trees
            Seconds that reading the trees took.
        stages
            The calls of files, by what bounds them.
        slots
            Calls in flight over all stages, once the run has learned what it may have; at least 1.
        held_back
            Seconds before the server's limits let the last call go; infinite where they never do.
        """
        work = sum(sum(stage.seconds) for stage in stages)
        side_by_side = max((stage.shortest for stage in stages), default=0.0)
        one_by_one = math.fsum(stage.longest for stage in stages)
        together = trees + work if slots == 1 else max(trees, work / slots, side_by_side)
        return cls(max(together, held_back), trees + SPREAD * one_by_one + held_back)
