"""What a run has done so far, as numbers to draw: read from its growing record, each entry once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from batchlab.control.trace import Trace
from batchlab.plots.occupancy import Numbers
from batchlab.widgets.occupied import Occupied

BARS = 60  # of the throughput
MOST_POINTS = 400
SHORTEST_BAR = 0.5  # seconds; the timeline has four samples a second
BY_HAND = frozenset({"configuration", "control"})


class Drawn(NamedTuple):
    """What is drawn; times in seconds from the run's first instant."""

    now: float
    rate_edges: Numbers
    """Edges of equal stretches of time."""
    rate: Numbers
    """Files a second that had their row in each."""
    flight_edges: Numbers
    in_flight: Numbers
    """Mean number of calls in flight in each stretch."""
    limit_time: Numbers
    limit: Numbers
    """The concurrency limit from then on; 0 while paused."""
    budget_time: Numbers
    budget: Numbers
    """Points left of the core budget, where it was told."""
    decided: Numbers
    """When the engine decided something."""
    by_hand: Numbers
    """When a setting was changed, or the run paused or resumed."""


class Growing:
    """Rows of numbers, to which more are added at the end.

    Parameters
    ----------
    columns
        Numbers in a row.
    """

    def __init__(self, columns: int) -> None:
        self._values = np.empty((columns, 256))
        self.size = 0

    def extend(self, rows: Sequence[Sequence[float]]) -> None:
        """Add rows."""
        if not rows:
            return
        needed = self.size + len(rows)
        if needed > self._values.shape[1]:
            larger = np.empty((len(self._values), 2 * needed))
            larger[:, : self.size] = self._values[:, : self.size]
            self._values = larger
        self._values[:, self.size : needed] = np.array(rows, float).T
        self.size = needed

    @property
    def columns(self) -> Numbers:
        """The columns, each an array."""
        return self._values[:, : self.size]


class LiveSeries:
    """The numbers of one run, read from its record again and again while that grows.

    Parameters
    ----------
    trace
        The record, written by the run's own thread.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._samples, self._decisions = Growing(4), Growing(2)
        self._occupied, self._calls = Occupied(), 0
        self._start: float | None = None

    def read(self) -> None:
        """Take in what is new; the record only grows, so that what was read once need not be looked at again."""
        trace = self._trace
        samples = trace.timeline[self._samples.size :]
        calls = trace.calls[self._calls :]
        decisions = trace.decisions[self._decisions.size :]
        if self._start is None and samples:
            self._start = samples[0].time
        start = self._start or 0.0
        self._samples.extend([(s.time - start, s.limit, s.done, s.core_left) for s in samples])
        self._occupied.extend(calls, start)
        self._calls += len(calls)
        self._decisions.extend([(d.time - start, d.loop in BY_HAND) for d in decisions])

    def drawn(self, most: float = math.inf) -> Drawn:
        """Return what there is to draw now; of files done, ``most`` count: those that a stop cancels come last."""
        time, limit, done, left = self._samples.columns
        decided, by_hand = self._decisions.columns
        now = float(time[-1]) if len(time) else 0.0
        rate_edges = np.linspace(0.0, now, 1 + int(np.clip(now / SHORTEST_BAR, 1, BARS)))
        told = ~np.isnan(left)
        changed = np.flatnonzero(np.diff(limit, prepend=-1.0))
        return Drawn(
            now,
            rate_edges,
            _rate(time, np.minimum(done, most), rate_edges),
            *self._occupied.until(now, self._start or 0.0),
            np.append(time[changed], now),
            np.append(limit[changed], limit[-1:] if len(limit) else 0.0),
            *_thinned(time[told], left[told]),
            decided[by_hand == 0],
            decided[by_hand == 1],
        )


def _rate(time: Numbers, done: Numbers, edges: Numbers) -> Numbers:
    """Return how fast a count has grown in each stretch.

    Examples
    --------
    >>> _rate(np.array([0.0, 1.0, 2.0]), np.array([0.0, 4.0, 5.0]), np.array([0.0, 1.0, 2.0])).tolist()
    [4.0, 1.0]
    """
    counted = np.concatenate([[0.0], done])[np.searchsorted(time, edges, side="right")]
    rate: Numbers = np.diff(counted) / np.maximum(np.diff(edges), 1e-9)
    return rate


def _thinned(time: Numbers, value: Numbers) -> tuple[Numbers, Numbers]:
    """Return at most `MOST_POINTS` of the points, evenly chosen, the last among them."""
    kept = np.unique(np.linspace(0, len(time) - 1, min(len(time), MOST_POINTS)).round().astype(int))
    return time[kept], value[kept]
