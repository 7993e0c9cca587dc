"""What a run has done so far, as numbers to draw: read from its growing record, each entry once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from batchlab.control.trace import Trace

Numbers = NDArray[np.float64]

BARS = 80  # of the throughput
BINS = 400  # of the calls in flight
SHORTEST_BAR, SHORTEST_BIN = 0.5, 0.05  # seconds; the timeline has four samples a second
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
    """Most calls in flight in each stretch, as calls and samples met it."""
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
        self._samples, self._calls, self._decisions = Growing(5), Growing(2), Growing(2)
        self._start: float | None = None

    def read(self) -> None:
        """Take in what is new; the record only grows, so that what was read once need not be looked at again."""
        trace = self._trace
        samples = trace.timeline[self._samples.size :]
        calls = trace.calls[self._calls.size :]
        decisions = trace.decisions[self._decisions.size :]
        if self._start is None and samples:
            self._start = samples[0].time
        start = self._start or 0.0
        self._samples.extend([(s.time - start, s.limit, s.in_flight, s.done, s.core_left) for s in samples])
        self._calls.extend([(call.sent - start, call.in_flight) for call in calls])
        self._decisions.extend([(d.time - start, d.loop in BY_HAND) for d in decisions])

    def drawn(self) -> Drawn:
        """Return what there is to draw now."""
        time, limit, in_flight, done, left = self._samples.columns
        sent, met = self._calls.columns
        decided, by_hand = self._decisions.columns
        now = max([0.0, *time[-1:], *sent[-1:]])
        rate_edges = np.linspace(0.0, now, 1 + int(np.clip(now / SHORTEST_BAR, 1, BARS)))
        flight_edges = np.linspace(0.0, now, 1 + int(np.clip(now / SHORTEST_BIN, 1, BINS)))
        told = ~np.isnan(left)
        changed = np.flatnonzero(np.diff(limit, prepend=-1.0))
        return Drawn(
            now,
            rate_edges,
            _rate(time, done, rate_edges),
            flight_edges,
            np.maximum(_most(time, in_flight, flight_edges), _most(sent, met, flight_edges)),
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


def _most(time: Numbers, value: Numbers, edges: Numbers) -> Numbers:
    """Return the largest value in each stretch, 0 where there is none.

    Examples
    --------
    >>> _most(np.array([0.0, 0.5, 2.0]), np.array([1.0, 3.0, 2.0]), np.array([0.0, 1.0, 2.0, 3.0])).tolist()
    [3.0, 0.0, 2.0]
    """
    most = np.zeros(len(edges) - 1)
    place = np.clip(np.searchsorted(edges, time, side="right") - 1, 0, len(most) - 1)
    np.maximum.at(most, place, value)
    return most


def _thinned(time: Numbers, value: Numbers) -> tuple[Numbers, Numbers]:
    """Return at most `BINS` of the points, evenly chosen, the last among them."""
    kept = np.unique(np.linspace(0, len(time) - 1, min(len(time), BINS)).round().astype(int))
    return time[kept], value[kept]
