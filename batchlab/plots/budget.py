"""Plot how a run spent the hourly budget, against spending it evenly until the reset."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from batchlab.plots.inputs import origin
from batchlab.plots.occupancy import Numbers
from batchlab.plots.picture import axes_or_new, describe, finish
from batchlab.plots.style import BASELINE, look_of
from batchlab.plots.time_axis import span_text, time_axis
from batchlab.runs.run import Run

WINDOW = 3600.0  # seconds: a budget is given for an hour
MOST_STEPS = 2000


class Budget(NamedTuple):
    """What `plot_budget` draws; times in seconds from the run's first instant."""

    spent: pd.DataFrame
    """``time`` and ``spent``: points of the core budget charged so far."""
    windows: pd.DataFrame
    """A row a window: ``begin`` (first told of it), ``end``, ``spent`` before, ``budget`` left then; may be empty."""
    charges: int
    """Calls that were charged; of more than 2,000, so many are drawn."""
    seen: bool
    """Whether a reset was seen; a window is otherwise taken to last an hour from when it is first told of."""


def budget_data(run: Run) -> Budget:
    """Return what `plot_budget` draws.

    Returns
    -------
    Budget
        The line of spending has at most 2,000 steps: of more calls, every equal part is kept.

    References
    ----------
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    core = run.calls[run.calls["pool"] == "core"].sort_values("sent", kind="stable")
    time, total = core["sent"].to_numpy() - origin(run), core["points"].cumsum().to_numpy()
    kept = np.unique(np.linspace(0, len(time) - 1, min(len(time), MOST_STEPS)).round().astype(int))
    windows, seen = _windows(run, time, total)
    return Budget(pd.DataFrame({"time": time[kept], "spent": total[kept]}), windows, len(time), seen)


def _windows(run: Run, time: Numbers, total: Numbers) -> tuple[pd.DataFrame, bool]:
    """Return the windows of the budget, and whether a reset was seen."""
    told = run.timeline[["time", "core_left"]].dropna()
    at, left = told["time"].to_numpy() - origin(run), told["core_left"].to_numpy()
    risen = np.diff(left, prepend=left[:1]) > 0.1 * left.max(initial=0.0)
    first = np.arange(len(at)) == 0
    begin, budget = at[first | risen], left[first | risen]
    spent = np.concatenate([[0.0], total])[np.searchsorted(time, begin)]
    end = np.append(begin[1:], begin[-1:] + WINDOW)
    return pd.DataFrame({"begin": begin, "end": end, "spent": spent, "budget": budget}), bool(risen.any())


def plot_budget(run: Run, *, ax: Axes | None = None) -> Axes:
    """Draw the points that a run has spent of the core budget against spending them evenly; below is thrifty.

    Parameters
    ----------
    run
        What to draw.
    ax
        Axes to draw on; those of a new picture unless given.

    Returns
    -------
    matplotlib.axes.Axes
        Its words: `batchlab.plots.alt_text`.
    """
    data = budget_data(run)
    ax = axes_or_new(ax)
    look = look_of(run.strategy)
    ax.step(data.spent["time"], data.spent["spent"], where="post", color=look.color, label=f"spent by {run.strategy}")
    for number, (begin, end, spent, budget) in enumerate(data.windows.itertuples(index=False)):
        ax.plot([begin, end], [spent, spent + budget], color=BASELINE, linestyle="--", linewidth=1.2,
                label="" if number else "spent evenly until the reset")  # fmt: skip
    ax.set_xlim(0.0, max(run.makespan, 1e-9) * 1.02)
    ax.set_ylim(0.0, max(1.0, float(data.spent["spent"].max()) if len(data.spent) else 0.0) * 1.15)
    time_axis(ax.xaxis, run.makespan, "time since the start")
    ax.set_ylabel("core budget spent [points]")
    ax.legend(frameon=False, loc="upper left")
    finish(ax, f"Budget spent while reading {run.hub}: below the line is thrifty", _caption(data))
    describe(ax, _words(run, data))
    return ax


def _caption(data: Budget) -> str:
    thinned = f"; drawn at {len(data.spent):,} of {data.charges:,} calls" * (len(data.spent) < data.charges)
    if data.windows.empty:
        return f"the server told no budget{thinned}"
    window = "until the reset that was seen" if data.seen else "over an hour, as no reset was seen"
    return (
        f"line: the {data.windows['budget'].iloc[0]:,.0f} points left when first told, spent evenly {window}{thinned}"
    )


def _words(run: Run, data: Budget) -> str:
    total = data.spent["spent"].iloc[-1] if len(data.spent) else 0
    return (
        f"{run.strategy} spent {total:,.0f} points of the core budget in {span_text(run.makespan)}; {_caption(data)}."
    )
