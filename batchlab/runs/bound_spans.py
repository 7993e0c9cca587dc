"""Cut a run at every event of its calls, and tell what bound each piece: shares of resources that add up to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from batchlab.errors import InputError
from batchlab.hub.conditions import Server
from batchlab.runs.held_back import HeldBack
from batchlab.twin.calibrate import calibrate

if TYPE_CHECKING:
    from batchlab.runs.run import Run

WHOLE = frozenset({"tree", "tarball", "archive"})
Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Moment:
    """What is the case between two events."""

    in_flight: int
    travelling: int
    whole: int
    waiting: int
    limit: int


class BoundSpans:
    """A run, cut at every event of its calls, and what bound it between two of them.

    Parameters
    ----------
    run
        A run that recorded its calls.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._calls = run.calls.sort_values(["sent", "call"])
        self._zero = self._start()
        self._end = run.makespan
        self._sent = self._of("sent")
        self._finished = np.where(np.isnan(self._of("finished")), self._end, self._of("finished"))
        self._answered = np.where(np.isnan(self._of("answered")), self._finished, self._of("answered"))
        self._server = _server_of(run)
        self._held_back = HeldBack(run, self._calls, self._sent, self._finished)

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
        spans = zip(times[:-1].tolist(), times[1:].tolist(), self._levels(times[:-1], queued, left), strict=True)
        return [(begin, end, self._shares(begin, end, moment)) for begin, end, moment in spans]

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
            resource = self._held_back.by(begin, end, moment.in_flight)
            if resource is not None:
                return {resource: 1.0}
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
