"""The metrics frame: a DataFrame on which the seven documented names read as totals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from batchlab.cards import card

DOCUMENTED = (
    "total_requests",
    "successful_requests",
    "cache_hits",
    "average_batch_size",
    "total_processing_time",
    "api_calls_saved",
    "parallel_efficiency",
)
_NEEDED = frozenset({*DOCUMENTED, "file_batches", "files_sent", "makespan", "mean_limit"})


class MetricsFrame(pd.DataFrame):
    """A row an operation; the seven documented names, and only those, are totals over the rows.

    ``metrics["cache_hits"]`` is the column, ``metrics.cache_hits`` the total as a Python number. Rates are
    recomputed from the rows, not summed, and are NaN where undefined. A selection that no longer has the
    columns which the totals need is a plain DataFrame. It shows the totals; ``metrics.T`` shows every column.
    """

    def _totals(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in DOCUMENTED}

    def __repr__(self) -> str:
        totals = ", ".join(f"{name}={value:.6g}" for name, value in self._totals().items())
        return f"<BatchMetrics, operations: {len(self)}: {totals}>"

    def _repr_html_(self) -> str:
        totals = {name.replace("_", " "): f"{value:,.6g}" for name, value in self._totals().items()}
        every_column = pd.DataFrame(self).T.to_html(header=False, border=0)
        return card(f"BatchMetrics, operations: {len(self)}", totals, {"Every column": every_column})

    @property
    def _constructor(self) -> Callable[..., Any]:
        return _metrics_or_plain

    @property
    def total_requests(self) -> int:
        """Files asked for."""
        return int(self["total_requests"].sum())

    @property
    def successful_requests(self) -> int:
        """Files delivered."""
        return int(self["successful_requests"].sum())

    @property
    def cache_hits(self) -> int:
        """Files delivered without a call of their own."""
        return int(self["cache_hits"].sum())

    @property
    def average_batch_size(self) -> float:
        """Files sent per file batch; NaN when no batch was sent."""
        return _ratio(float(self["files_sent"].sum()), float(self["file_batches"].sum()))

    @property
    def total_processing_time(self) -> float:
        """Seconds of service, summed over calls."""
        return float(self["total_processing_time"].sum())

    @property
    def api_calls_saved(self) -> int:
        """Trees + files asked for - calls made."""
        return int(self["api_calls_saved"].sum())

    @property
    def parallel_efficiency(self) -> float:
        """Service time over (makespan x mean limit), summed over rows; NaN when undefined."""
        capacity = float((self["makespan"] * self["mean_limit"].fillna(0.0)).sum())
        return _ratio(self.total_processing_time, capacity)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _metrics_or_plain(*args: Any, **kwargs: Any) -> pd.DataFrame:
    frame = pd.DataFrame(*args, **kwargs)
    return MetricsFrame(frame) if _NEEDED.issubset(frame.columns) else frame
