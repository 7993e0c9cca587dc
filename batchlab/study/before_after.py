"""What a change has brought: two runs side by side, and what had been foretold of the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from batchlab.errors import InputError
from batchlab.frames import Column, Schema
from batchlab.runs.run import Run
from batchlab.study.replication import row_of_run

BEFORE_AFTER = Schema(
    "before_after",
    "A row a measure of a run.",
    (
        Column("measure", "string", "makespan, calls, points, bytes, delivered, failed, limit_hits, p95_latency"),
        Column("unit", "string", "its unit"),
        Column("before", "float64", "without the change", nullable=True),
        Column("after", "float64", "with it", nullable=True),
        Column("saved", "float64", "before less after: positive is better, but for delivered files", nullable=True),
        Column("predicted", "float64", "what had been foretold of it, where anything was", nullable=True),
    ),
)
_UNITS = {
    "makespan": "s", "calls": "calls", "points": "points", "bytes": "bytes", "delivered": "files", "failed": "rows",
    "limit_hits": "calls", "p95_latency": "s",
}  # fmt: skip
_FORETOLD = {"makespan": "saving_seconds", "calls": "saving_calls", "points": "saving_points", "bytes": "saving_bytes"}


def before_after(
    before: Run, after: Run, opportunity: Mapping[str, Any] | pd.Series[Any] | None = None
) -> pd.DataFrame:
    """Return two runs of the same work side by side.

    Parameters
    ----------
    before, after
        The runs, best under the same seed: then chance is the same to both.
    opportunity
        The row of ``bl.opportunities(before)`` that was carried out, for what it had foretold.

    Returns
    -------
    pandas.DataFrame
        Columns of `BEFORE_AFTER`.

    Raises
    ------
    InputError
        The runs were asked for different files.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.work import Work
    >>> from batchlab.runs import scan
    >>> hub = SimHub(Work(2, 10).world(), "no-limits")
    >>> slow, quick = (scan(hub=hub, strategy=name) for name in ("sequential", "parallel"))
    >>> bool(before_after(slow, quick).set_index("measure").loc["makespan", "saved"] > 0)
    True
    """
    if _asked(before) != _asked(after):
        raise InputError(
            f"the runs asked for {len(before.files)} and {len(after.files)} files, not the same ones; "
            "compare runs of the same repositories and patterns"
        )
    first, second = row_of_run(before, "before"), row_of_run(after, "after")
    foretold = opportunity if opportunity is not None else {}
    rows = [
        (name, unit, float(first[name]), float(second[name]), float(foretold.get(_FORETOLD.get(name, ""), math.nan)))
        for name, unit in _UNITS.items()
    ]
    return BEFORE_AFTER.frame({
        "measure": [row[0] for row in rows],
        "unit": [row[1] for row in rows],
        "before": [row[2] for row in rows],
        "after": [row[3] for row in rows],
        "saved": [row[2] - row[3] for row in rows],
        "predicted": [row[4] for row in rows],
    })  # fmt: skip


def _asked(run: Run) -> set[tuple[str, str]]:
    return set(zip(run.files["repo"], run.files["path"], strict=True))
