"""Explain where the time of a run went: each instant is split equally over the states of the files under way."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batchlab.frames import Column, Schema

EXPLANATION = Schema(
    "explanation",
    "A row a state that files can be in, in the order of a file's way.",
    (
        Column("state", "string", "listing, queue, pacing, limit, backoff or service"),
        Column("seconds", "float64", "its part of the makespan", "s"),
        Column("share", "float64", "the same over the makespan", "share"),
        Column("meaning", "string", "the state in words"),
    ),
)
STATES = {
    "listing": "no file is known yet: trees are read",
    "queue": "waits for a slot",
    "pacing": "held back to stay inside a budget",
    "limit": "waits for a rate limit that was hit",
    "backoff": "waits before another attempt",
    "service": "on the wire",
}
_WAITS = ("queue_wait", "pacing_wait", "limit_wait", "backoff_wait")


def explained(files: pd.DataFrame, makespan: float) -> pd.DataFrame:
    """Return how much of a run's makespan each state of its files took.

    A file's waits are known by their sums, not by their order: before its first call they are taken as mixed
    evenly, so are waits and service after it. Waits before the first call are counted first, backoff after it.

    Parameters
    ----------
    files
        Rows of results that are files.
    makespan
        Seconds from the first instant to the last row.

    Returns
    -------
    pandas.DataFrame
        Columns of `EXPLANATION`; ``seconds`` add up to the makespan.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> from batchlab.runs import scan
    >>> run = scan(hub=SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits"))
    >>> run.explain()["state"].tolist()
    ['listing', 'queue', 'pacing', 'limit', 'backoff', 'service']
    """
    seconds = shares_of_time(files, makespan)
    whole = makespan or 1.0
    return EXPLANATION.frame(
        {
            "state": list(STATES),
            "seconds": [seconds[state] for state in STATES],
            "share": [seconds[state] / whole for state in STATES],
            "meaning": list(STATES.values()),
        }
    )


def shares_of_time(files: pd.DataFrame, makespan: float) -> dict[str, float]:
    """Return the seconds of each state.

    Parameters
    ----------
    files, makespan
        As for `explained`.
    """
    begin, end, mixture = _stretches(files)
    instants, place = np.unique(np.concatenate([[0.0], begin, end]), return_inverse=True)
    entered, left = place[1 : len(begin) + 1], place[len(begin) + 1 :]
    width = np.diff(instants)
    under_way = _level(entered, left, np.ones(len(begin)), len(instants))
    busy = width * (under_way > 0.5)
    totals = {
        state: float((busy * _level(entered, left, part, len(instants)) / np.maximum(under_way, 1.0)).sum())
        for state, part in zip(list(STATES)[1:], mixture, strict=True)
    }
    return {"listing": max(0.0, makespan - float(busy.sum()))} | totals


def _level(entered: NDArray[np.intp], left: NDArray[np.intp], part: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the sum of the parts under way, between each instant and the next."""
    change = np.bincount(entered, part, n) - np.bincount(left, part, n)
    level: NDArray[np.float64] = np.cumsum(change)[:-1]
    return level


def _stretches(files: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the two stretches of every file, before and after its first call, and what fills each of them."""
    queued, finished = (files[name].to_numpy(float) for name in ("queued", "finished"))
    started = np.clip(files["started"].fillna(files["finished"]).to_numpy(float), queued, finished)
    waits = files[list(_WAITS)].to_numpy(float).T
    before, after = started - queued, finished - started
    early = waits * np.array([[1.0], [1.0], [1.0], [0.0]])
    early *= _ratio(before, np.maximum(early.sum(0), before))
    late = np.maximum(waits - early, 0.0)
    early, late = np.vstack([early, 0.0 * before]), np.vstack([late, np.maximum(after - late.sum(0), 0.0)])
    mixture = np.hstack([_mixed(early), _mixed(late)])
    return np.concatenate([queued, started]), np.concatenate([started, finished]), mixture


def _mixed(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = parts.sum(0)
    mixed = _ratio(parts, whole)
    mixed[0, whole <= 0] = 1.0  # a wait that nothing explains is a wait in the queue
    return mixed


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return ratio
