"""Tell which resource bound a run, minute by minute: what one would have had to have more of for it to end sooner.

Read from the calls and the files' rows; bandwidth and the server's knee count where a calibration has found them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batchlab.engine.governor import POINTS_A_MINUTE, SERVICE_SECONDS_A_MINUTE
from batchlab.errors import InputError
from batchlab.frames import Column, Schema
from batchlab.hub.conditions import Server
from batchlab.twin.calibrate import calibrate

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
MINUTE = 60.0
FULL = 0.9  # of a minute rule, from which it is what holds calls back
WHOLE = frozenset({"tree", "tarball", "archive"})
Array = NDArray[np.float64]


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
    spans = _Spans(run)
    totals: dict[tuple[int, str], float] = {}
    for begin, end, parts in spans.split():
        for minute, seconds in _minutes(begin, end):
            for resource, share in parts.items():
                key = (minute, resource)
                totals[key] = totals.get(key, 0.0) + share * seconds
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


@dataclass(frozen=True)
class _Moment:
    """What is the case between two events."""

    in_flight: int
    travelling: int
    whole: int
    waiting: int
    limit: int


class _Spans:
    """The run cut at every event, each piece with what bound it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._calls = run.calls.sort_values(["sent", "call"])
        self._zero = self._start()
        self._end = run.makespan
        self._sent = self._of("sent")
        self._finished = np.where(np.isnan(self._of("finished")), self._end, self._of("finished"))
        self._answered = np.where(np.isnan(self._of("answered")), self._finished, self._of("answered"))
        self._server = _server_of(run)
        self._reasons = _Reasons(run, self._calls, self._sent, self._finished)

    def _start(self) -> float:
        """Return the first instant: the makespan before the last row."""
        rows = self._run.results
        last = float(rows["finished"].max()) if len(rows) else 0.0
        return last - self._run.makespan

    def _of(self, column: str) -> Array:
        times: Array = self._calls[column].to_numpy(float) - self._zero
        return times

    def split(self) -> list[tuple[float, float, dict[str, float]]]:
        """Return the pieces: begin, end, and shares of resources that add up to 1."""
        files = self._run.files
        queued = np.sort(files["queued"].to_numpy(float) - self._zero)
        left = np.sort(files["started"].fillna(files["finished"]).to_numpy(float) - self._zero)
        times = np.unique(
            np.clip(np.concatenate([[0.0, self._end], self._sent, self._answered, self._finished]), 0.0, self._end)
        )
        pieces = []
        levels = self._levels(times[:-1], queued, left)
        for begin, end, moment in zip(times[:-1], times[1:], levels, strict=True):
            pieces.append((float(begin), float(end), self._shares(float(begin), float(end), moment)))
        return pieces

    def _levels(self, at: Array, queued: Array, left: Array) -> list[_Moment]:
        whole = self._calls["endpoint"].isin(WHOLE).to_numpy()
        counts = [
            _under_way(self._sent, self._finished, at),
            _under_way(self._answered, self._finished, at),
            _under_way(self._sent[whole], self._finished[whole], at),
            np.searchsorted(queued, at, "right") - np.searchsorted(left, at, "right"),
            self._limits(at),
        ]
        return [_Moment(*(int(value) for value in row)) for row in zip(*counts, strict=True)]

    def _limits(self, at: Array) -> NDArray[np.int64]:
        limits = self._calls["limit"].to_numpy()
        place = np.clip(np.searchsorted(self._sent, at, "right") - 1, 0, max(0, len(limits) - 1))
        return limits[place] if len(limits) else np.zeros(len(at), np.int64)

    def _shares(self, begin: float, end: float, moment: _Moment) -> dict[str, float]:
        held = moment.in_flight < moment.limit and moment.waiting > 0
        if moment.in_flight == 0 or held:
            reason = self._reasons.of(begin, end, moment.in_flight)
            if reason is not None:
                return {reason: 1.0}
        return self._busy(moment)

    def _busy(self, moment: _Moment) -> dict[str, float]:
        """Split a piece in which calls were under way: the wire, the server's slowness, and what kept others out."""
        travelling = moment.travelling / moment.in_flight if moment.in_flight else 0.0
        slow = 1.0 - 1.0 / self._server.slowdown(moment.in_flight)
        parts = {"bandwidth": travelling, "server": (1.0 - travelling) * slow}
        parts[self._crowd(moment)] = (1.0 - travelling) * (1.0 - slow)
        return parts

    def _crowd(self, moment: _Moment) -> str:
        if moment.in_flight >= moment.limit > 0:
            return "concurrency"
        repositories = self._run.config.max_concurrent_repos
        return "repositories" if moment.whole >= repositories else "latency"


def _under_way(begin: Array, end: Array, at: Array) -> NDArray[np.intp]:
    return np.searchsorted(np.sort(begin), at, "right") - np.searchsorted(np.sort(end), at, "right")


def _server_of(run: Run) -> Server:
    try:
        return calibrate(run).scenario.server
    except InputError:
        return Server()


class _Reasons:
    """Why nothing more was sent although files waited."""

    def __init__(self, run: Run, calls: pd.DataFrame, sent: Array, finished: Array) -> None:
        self._sent, self._finished = sent, finished
        self._pool = calls["pool"].to_numpy(str)
        self._outcome = calls["outcome"].to_numpy(str)
        self._primary = calls["error"].fillna("").str.contains("primary").to_numpy(bool)
        self._attempt = calls["attempt"].to_numpy(int)
        self._paced = bool(calls["budget"].notna().any() and run.results["pacing_wait"].sum() > 0.0)
        self._share = 1.0 if run.strategy == "aggressive" else run.config.rate_limit_buffer

    def of(self, begin: float, end: float, in_flight: int) -> str | None:
        """Return the reason for a piece; None where nothing but calls under way can be it."""
        after = int(np.searchsorted(self._sent, end - 1e-9, "left"))
        if after >= len(self._sent):
            return None
        pause = self._pause(begin)
        if pause is not None:
            return pause
        if self._spent(after):
            return "minute rule"
        if in_flight == 0 and self._attempt[after] > 1:
            return "backoff"
        return "hourly budget" if self._paced else None

    def _pause(self, begin: float) -> str | None:
        """Return the limit that was met last, unless a call was sent since."""
        met = (self._outcome == "limited") & (self._finished <= begin + 1e-9)
        if not met.any():
            return None
        last = int(np.flatnonzero(met)[np.argmax(self._finished[met])])
        if ((self._sent > self._finished[last]) & (self._sent <= begin + 1e-9)).any():
            return None
        return "hourly budget" if self._primary[last] else "secondary pause"

    def _spent(self, after: int) -> bool:
        """Return whether the call that was sent next had waited for a minute rule of its pool."""
        pool, now = self._pool[after], self._sent[after]
        recent = (self._pool == pool) & (self._sent > now - MINUTE - 0.1) & (self._sent < now)
        points = float(recent.sum())
        seconds = float((np.minimum(self._finished, now) - self._sent)[recent].sum())
        most = FULL * self._share
        allowed = SERVICE_SECONDS_A_MINUTE.get(pool, math.inf)
        return points >= most * POINTS_A_MINUTE.get(pool, math.inf) or seconds >= most * allowed
