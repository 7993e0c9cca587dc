"""How many calls were in flight over time, kept up with while a run goes on, at a cost that does not grow with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from batchlab.frames.records import CallRecord
from batchlab.plots.occupancy import Numbers, mean_in_flight

STRETCHES = 512
FIRST_WIDTH = 0.01  # seconds of one stretch, to begin with


class Occupied:
    """The mean number of calls in flight in equal stretches of time; where they no longer suffice, they get longer.

    Calls that have ended are added up once and forgotten; those in flight are looked at each time.
    """

    def __init__(self) -> None:
        self._width = FIRST_WIDTH
        self._seconds = np.zeros(STRETCHES)
        self._open: list[CallRecord] = []

    def extend(self, calls: Sequence[CallRecord], start: float) -> None:
        """Take in calls that were sent since the last time, and the ends of those before; ``start`` is time 0."""
        ended: list[tuple[float, float]] = []
        under_way = []
        for call in [*self._open, *calls]:
            finished = call.finished
            if finished == finished:  # a number: it has ended
                ended.append((call.sent - start, finished - start))
            else:
                under_way.append(call)
        self._open = under_way
        if ended:
            begin, end = np.array(ended).T
            self._reach(float(end.max()))
            self._seconds += self._occupied(begin, end)

    def until(self, now: float, start: float) -> tuple[Numbers, Numbers]:
        """Return the edges of the stretches that are over by now, the first at least, and the mean in each."""
        self._reach(now)
        begin = np.array([call.sent - start for call in self._open])
        seconds = self._seconds + self._occupied(begin, np.maximum(begin, now))
        # Of the stretch under way more is known than up to now: calls that ended after the sample that told the time.
        shown = max(1, int(now / self._width))
        mean: Numbers = seconds[:shown] / self._width
        return self._edges[: shown + 1], mean

    @property
    def _edges(self) -> Numbers:
        return np.linspace(0.0, STRETCHES * self._width, STRETCHES + 1)

    def _occupied(self, begin: Numbers, end: Numbers) -> Numbers:
        return (mean_in_flight(begin, end, self._edges) * self._width).astype(np.float64)

    def _reach(self, time: float) -> None:
        """Make the stretches long enough for this time."""
        while time > STRETCHES * self._width:
            self._width *= 2
            self._seconds = np.concatenate([self._seconds.reshape(-1, 2).sum(1), np.zeros(STRETCHES // 2)])
