"""Tell which resource bound a run, minute by minute: what one would have had to have more of for it to end sooner.

Read from the calls and the files' rows; bandwidth and the server's knee count where a calibration has found them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import pandas as pd

from batchlab.frames import Column, Schema
from batchlab.runs.bound_spans import BoundSpans
from batchlab.runs.held_back import MINUTE

if TYPE_CHECKING:
    from batchlab.runs.run import Run

BINDING = Schema(
    "binding",
    "A row a minute and resource that bound in it, the longest first.",
    (
        Column("minute", "int64", "minute of the run, from 0"),
        Column("resource", "string", "what bound: see `batchlab.runs.binding.RESOURCES`"),
        Column("seconds", "float64", "for how long, of this minute", "s"),
        Column("share", "float64", "the same over the minute's length", "share"),
        Column("meaning", "string", "the resource in words"),
    ),
)
RESOURCES = {
    "latency": "answers under way had to arrive, and nothing else could be sent",
    "concurrency": "all calls that the concurrency limit allows were in flight",
    "repositories": "as many trees and archives were read at once as max_concurrent_repos allows",
    "server": "the server answers more slowly the more calls are in flight",
    "bandwidth": "bodies were on the wire",
    "minute rule": "a limit on points or service a minute was spent",
    "hourly budget": "the hour's budget had to last, or to be renewed",
    "secondary pause": "a secondary limit had been met, and everything rested",
    "backoff": "failures were followed by waits",
}


def binding(run: Run) -> pd.DataFrame:
    """Return what bound a run, minute by minute.

    Parameters
    ----------
    run
        A run that recorded its calls.

    Returns
    -------
    pandas.DataFrame
        Columns of `BINDING`; ``seconds`` add up to the makespan.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.work import Work
    >>> from batchlab.runs import scan
    >>> run = scan(hub=SimHub(Work(3, 20).world(), "no-limits"), strategy="sequential")
    >>> binding(run)["resource"].tolist()
    ['concurrency']
    """
    totals: defaultdict[tuple[int, str], float] = defaultdict(float)
    for begin, end, parts in BoundSpans(run).split():
        for minute, seconds in _minutes(begin, end):
            for resource, share in parts.items():
                totals[minute, resource] += share * seconds
    ordered = sorted(totals.items(), key=lambda item: (item[0][0], -item[1]))
    kept = [(minute, resource, seconds) for (minute, resource), seconds in ordered if seconds > 0.0]
    length = [min(MINUTE, run.makespan - minute * MINUTE) for minute, _, _ in kept]
    return BINDING.frame({
        "minute": [minute for minute, _, _ in kept],
        "resource": [resource for _, resource, _ in kept],
        "seconds": [seconds for _, _, seconds in kept],
        "share": [seconds / whole if whole > 0 else 0.0 for (_, _, seconds), whole in zip(kept, length, strict=True)],
        "meaning": [RESOURCES[resource] for _, resource, _ in kept],
    })  # fmt: skip


def told(frame: pd.DataFrame) -> str:
    """Return a binding frame in words: a sentence for the whole, and one for each stretch of minutes alike.

    Parameters
    ----------
    frame
        What `binding` returned.
    """
    if frame.empty:
        return "Nothing bound: no call was made."
    whole = frame.groupby("resource")["seconds"].sum().sort_values(ascending=False)
    total = float(whole.sum())
    parts = [f"{name} {seconds / total:.0%}" for name, seconds in whole.items() if seconds >= 0.005 * total]
    first = str(whole.index[0])
    sentences = [f"Of {total:,.1f} s: {', '.join(parts)}. Most of it: {RESOURCES[first]}."]
    main = frame.drop_duplicates("minute").set_index("minute")["resource"]
    if len(main) > 1:
        sentences += [f"{_named(low, high)}: {name}." for low, high, name in _stretches(main)]
    return "\n".join(sentences)


def main_resource(frame: pd.DataFrame) -> str:
    """Return the resource that bound longest."""
    return str(frame.groupby("resource")["seconds"].sum().idxmax()) if len(frame) else "latency"


def _named(low: int, high: int) -> str:
    return f"Minute {low + 1}" if low == high else f"Minutes {low + 1} to {high + 1}"


def _stretches(main: pd.Series[str]) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for minute, name in zip(main.index, main, strict=True):
        if found and found[-1][2] == name:
            found[-1] = (found[-1][0], int(minute), name)
        else:
            found.append((int(minute), int(minute), str(name)))
    return found


def _minutes(begin: float, end: float) -> list[tuple[int, float]]:
    """Return the minutes that a span touches, with the seconds in each."""
    first, last = int(begin // MINUTE), math.ceil(end / MINUTE)
    pieces = [(m, min(end, (m + 1) * MINUTE) - max(begin, m * MINUTE)) for m in range(first, last)]
    return [(minute, seconds) for minute, seconds in pieces if seconds > 0.0]
