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

QUICK, SLOW = 0.7, 2.0  # calls may take so many times the seconds foreseen: how they fill up, crowds, learning


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
        Calls of files three tenths quicker than foreseen, and stages side by side.
    longest
        Calls of files twice as slow as those measured, one stage after another, and each limit waited for in turn.

    Examples
    --------
    >>> Forecast.of(0.5, [Stage([0.25] * 50, 10)], slots=10)
    Forecast(shortest=0.875, longest=3.5)
    """

    shortest: float
    longest: float

    @classmethod
    def of(
        cls, trees: float, stages: Sequence[Stage], *, slots: int, least_wait: float = 0.0, most_wait: float = 0.0
    ) -> Forecast:
        """Return the forecast of a run.

        Parameters
        ----------
        trees
            Seconds that reading the trees took.
        stages
            The calls of files, by what bounds them.
        slots
            Calls in flight over all stages, once the run has learned what it may have; at least 1.
        least_wait, most_wait
            Seconds for which the server's limits hold the last call back.
        """
        work = QUICK * math.fsum(sum(stage.seconds) for stage in stages)
        side_by_side = QUICK * max((stage.shortest for stage in stages), default=0.0)
        together = trees + work if slots == 1 else max(trees, work / slots, side_by_side)
        one_by_one = SLOW * math.fsum(stage.longest for stage in stages)
        return cls(max(together, least_wait), trees + one_by_one + most_wait)
