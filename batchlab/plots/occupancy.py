"""How many calls were in flight: lanes to draw each in, exact steps, means over bins, and the pauses between."""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batchlab.plots.inputs import origin
from batchlab.runs.run import Run

Numbers = NDArray[np.float64]


def call_times(run: Run) -> pd.DataFrame:
    """Return ``endpoint``, ``outcome``, ``begin`` and ``end`` of every call that ended, in order of sending.

    Times are seconds from the run's first instant.
    """
    calls, start = run.calls[run.calls["finished"].notna()], origin(run)
    times = calls[["endpoint", "outcome"]].assign(begin=calls["sent"] - start, end=calls["finished"] - start)
    return times.sort_values("begin", kind="stable", ignore_index=True)


def lanes(begin: Numbers, end: Numbers) -> NDArray[np.intp]:
    """Return the lane of each call: the lowest one that was free when it was sent.

    Parameters
    ----------
    begin, end
        Seconds, in order of sending.

    Examples
    --------
    >>> lanes(np.array([0.0, 1.0, 2.0]), np.array([5.0, 2.0, 4.0])).tolist()
    [0, 1, 1]
    """
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    taken = np.zeros(len(begin), dtype=np.intp)
    for position, (sent, ended) in enumerate(zip(begin, end, strict=True)):
        while busy and busy[0][0] <= sent:
            heapq.heappush(free, heapq.heappop(busy)[1])
        taken[position] = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (ended, int(taken[position])))
    return taken


def steps(begin: Numbers, end: Numbers) -> tuple[Numbers, Numbers]:
    """Return the instants at which the number in flight changes, and the number from each of them on.

    Examples
    --------
    >>> [values.tolist() for values in steps(np.array([0.0, 1.0]), np.array([2.0, 4.0]))]
    [[0.0, 1.0, 2.0, 4.0], [1.0, 2.0, 1.0, 0.0]]
    """
    instants, place = np.unique(np.concatenate([begin, end]), return_inverse=True)
    change = np.concatenate([np.ones(len(begin)), -np.ones(len(end))])
    return instants, np.cumsum(np.bincount(place, change, len(instants)))


def mean_in_flight(begin: Numbers, end: Numbers, edges: Numbers) -> Numbers:
    """Return the mean number in flight in each bin: every call counts, however short.

    Parameters
    ----------
    begin, end
        Seconds.
    edges
        Edges of the bins in seconds, one more than there are bins.

    Examples
    --------
    >>> mean_in_flight(np.array([0.0, 1.0]), np.array([2.0, 2.0]), np.array([0.0, 1.0, 2.0, 3.0])).tolist()
    [1.0, 2.0, 0.0]
    """
    mean: Numbers = np.diff(_time_since(begin, edges) - _time_since(end, edges)) / np.diff(edges)
    return mean


def _time_since(instants: Numbers, at: Numbers) -> Numbers:
    """Return, for each moment, the seconds passed since all earlier instants, summed."""
    ordered = np.sort(instants)
    passed = np.searchsorted(ordered, at, side="right")
    total: Numbers = at * passed - np.concatenate([[0.0], np.cumsum(ordered)])[passed]
    return total


def pauses(begin: Numbers, end: Numbers, shortest: float = 1.0) -> list[tuple[float, float]]:
    """Return the stretches of at least ``shortest`` seconds between calls in which none was in flight.

    Examples
    --------
    >>> pauses(np.array([0.0, 1.0, 60.0]), np.array([3.0, 2.0, 61.0]))
    [(3.0, 60.0)]
    """
    so_far = np.maximum.accumulate(end) if len(end) else end
    gaps = np.flatnonzero(begin[1:] - so_far[:-1] >= shortest)
    return [(float(so_far[gap]), float(begin[gap + 1])) for gap in gaps]
