"""Tell why nothing more was sent although files waited: a pause, a minute rule, a backoff, the hour's budget."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batchlab.engine.governor import POINTS_A_MINUTE, SERVICE_SECONDS_A_MINUTE

if TYPE_CHECKING:
    from batchlab.runs.run import Run

MINUTE = 60.0
FULL = 0.9  # of a minute rule, from which it is what holds calls back
Array = NDArray[np.float64]


class HeldBack:
    """What held calls back, between events of a run at which files waited.

    Parameters
    ----------
    run
        The run.
    calls
        Its calls, in the order of sending.
    sent, finished
        When, in seconds from the run's first instant.
    """

    def __init__(self, run: Run, calls: pd.DataFrame, sent: Array, finished: Array) -> None:
        self._sent, self._finished = sent, finished
        self._pool = calls["pool"].to_numpy(str)
        self._outcome = calls["outcome"].to_numpy(str)
        self._primary = calls["error"].fillna("").str.contains("primary").to_numpy(bool)
        self._attempt = calls["attempt"].to_numpy(int)
        self._paced = bool(calls["budget"].notna().any() and run.results["pacing_wait"].sum() > 0.0)
        self._share = 1.0 if run.strategy == "aggressive" else run.config.rate_limit_buffer

    def by(self, begin: float, end: float, in_flight: int) -> str | None:
        """Return the resource that was waited for; None where nothing but calls under way can be it."""
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
