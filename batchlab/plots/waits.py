"""Plot where the time of runs went: the states of their files, stacked, adding up to the makespan."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from batchlab.plots.inputs import Runs, named_runs
from batchlab.plots.picture import axes_or_new, describe, finish
from batchlab.plots.style import STATES
from batchlab.plots.time_axis import span_text, time_axis


def waits_data(runs: Runs) -> pd.DataFrame:
    """Return what `plot_waits` draws.

    Returns
    -------
    pandas.DataFrame
        A row a run, a column a state, in seconds; each row adds up to the run's makespan.
    """
    rows = {name: run.explain().set_index("state")["seconds"] for name, run in named_runs(runs).items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(STATES))[list(STATES)]


def plot_waits(runs: Runs, *, ax: Axes | None = None) -> Axes:
    """Draw where the time went, a bar a run; its parts add up to the makespan, so shorter is better.

    Each instant is split equally over the states of the files under way, see `batchlab.runs.explain`.

    Parameters
    ----------
    runs
        A run, a study, or runs by name.
    ax
        Axes to draw on; those of a new picture unless given.

    Returns
    -------
    matplotlib.axes.Axes
        Its words: `batchlab.plots.alt_text`.
    """
    data = waits_data(runs)
    ax = axes_or_new(ax, (8.0, 2.0 + 0.45 * max(1, len(data))))
    begin = pd.Series(0.0, index=data.index)
    for state in [name for name in STATES if (data[name] > 0).any()]:
        ax.barh(
            range(len(data)), data[state], left=begin, height=0.62, color=STATES[state],
            edgecolor="white", linewidth=0.5, label=state,
        )  # fmt: skip
        begin = begin + data[state]
    for position, makespan in enumerate(begin):
        ax.annotate(span_text(makespan), (makespan, position), (5, 0), textcoords="offset points", va="center")
    _scale(ax, data, float(begin.max()) if len(data) else 0.0)
    caption = "each instant is split equally over the states of the files under way"
    finish(ax, "Where the time went: shorter is better", caption)
    describe(ax, _words(data))
    return ax


def _scale(ax: Axes, data: pd.DataFrame, longest: float) -> None:
    ax.set_yticks(range(len(data)), [str(name) for name in data.index])
    ax.set_ylim(max(1, len(data)) - 0.4, -0.6)
    ax.set_xlim(0.0, max(longest, 1e-9) * 1.14)
    time_axis(ax.xaxis, longest, "makespan")
    if ax.containers:
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _words(data: pd.DataFrame) -> str:
    bars = []
    for name, row in data.iterrows():
        parts = ", ".join(f"{state} {span_text(seconds)}" for state, seconds in row.items() if seconds > 0)
        bars.append(f"{name} {span_text(row.sum())} ({parts or 'nothing'})")
    return f"Where the makespan went: {'; '.join(bars) or 'no run'}."
