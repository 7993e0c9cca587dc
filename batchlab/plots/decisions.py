"""Plot what the engine decided, when, and in which direction."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes

from batchlab.plots.inputs import origin
from batchlab.plots.picture import axes_or_new, describe, finish
from batchlab.plots.time_axis import span_text, time_axis
from batchlab.runs.run import Run

LETTER = 0.018  # of the makespan: how wide a letter of a label is
STRETCHES = 500  # of more decisions than these a setting, the first in each stretch is drawn
_DIRECTIONS = {"raised": ("#0072b2", "^"), "lowered": ("#d55e00", "v"), "set": ("#5c5c5c", "o")}


def decisions_data(run: Run) -> pd.DataFrame:
    """Return what `plot_decisions` draws.

    Returns
    -------
    pandas.DataFrame
        A row a decision: ``time`` (s from the run's first instant), ``what`` (loop and setting), ``direction``
        (raised, lowered, or set where the values are no numbers), ``change``, ``why``.
    """
    decisions = run.decisions
    pairs = list(zip(decisions["old"], decisions["new"], strict=True))
    return pd.DataFrame(
        {
            "time": decisions["time"] - origin(run),
            "what": [f"{loop}: {name}" for loop, name in zip(decisions["loop"], decisions["setting"], strict=True)],
            "direction": [_direction(old, new) for old, new in pairs],
            "change": [f"{old} → {new}" for old, new in pairs],
            "why": decisions["why"],
        }
    )


def _direction(old: str, new: str) -> str:
    before, after = _number(old), _number(new)
    if math.isnan(before) or math.isnan(after) or before == after:
        return "set"
    return "raised" if after > before else "lowered"


def _number(text: str) -> float:
    try:
        return float(str(text).removesuffix(" s"))
    except ValueError:
        return math.nan


def plot_decisions(run: Run, *, ax: Axes | None = None) -> Axes:
    """Draw every decision of a run, a row a setting; the reasons are in ``run.decisions``.

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
    data = decisions_data(run)
    rows = {what: row for row, what in enumerate(data["what"].unique())}
    ax = axes_or_new(ax, (8.0, 2.0 + 0.6 * max(1, len(rows))))
    drawn = _thinned(data, run.makespan)
    for direction, (color, marker) in _DIRECTIONS.items():
        these = drawn[drawn["direction"] == direction]
        if len(these):
            label = f"{direction} ({(data['direction'] == direction).sum():,})"
            ax.plot(these["time"], these["what"].map(rows), color=color, marker=marker, linestyle="none", label=label)
    for what, decided in drawn.groupby("what", sort=False):
        _label(ax, decided, rows[str(what)], run.makespan)
    _scale(ax, list(rows), run.makespan)
    kept = "run.decisions has the reasons" if len(data) else "no decision was recorded"
    finish(
        ax,
        f"What {run.strategy} decided while reading {run.hub}",
        f"{len(data):,} decisions{_said(data, drawn, run)}; {kept}",
    )
    describe(ax, _words(run, data))
    return ax


def _thinned(data: pd.DataFrame, makespan: float) -> pd.DataFrame:
    """Return the decisions that are drawn: the first of a setting and direction in each stretch of time."""
    if data.groupby("what").size().max() <= STRETCHES or not len(data):
        return data
    stretch = (data["time"] * STRETCHES / max(makespan, 1e-9)).astype(int)
    return data[~data.assign(stretch=stretch).duplicated(["what", "direction", "stretch"])]


def _said(data: pd.DataFrame, drawn: pd.DataFrame, run: Run) -> str:
    if len(drawn) == len(data):
        return ""
    return f", {len(drawn):,} drawn: the first of a kind in each {span_text(run.makespan / STRETCHES)}"


def _label(ax: Axes, decided: pd.DataFrame, row: int, makespan: float) -> None:
    free = -math.inf
    for time, change in zip(decided["time"], decided["change"], strict=True):
        width = LETTER * makespan * len(change)
        side = "left" if time < width / 2 else "right" if time > makespan - width / 2 else "center"
        begin = time - {"left": 0.0, "center": 0.5, "right": 1.0}[side] * width
        if begin >= free:
            ax.annotate(change, (time, row), (0, 8), textcoords="offset points", ha=side, fontsize="small")
            free = begin + width


def _scale(ax: Axes, rows: list[str], makespan: float) -> None:
    ax.set_yticks(range(len(rows)), rows)
    ax.set_ylim(max(1, len(rows)) - 0.4, -0.6)
    ax.set_xlim(-0.02 * max(makespan, 1e-9), 1.02 * max(makespan, 1e-9))
    time_axis(ax.xaxis, makespan, "time since the start")
    ax.grid(axis="y", color="#e8e8e8")
    ax.set_axisbelow(True)
    if rows:
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _words(run: Run, data: pd.DataFrame) -> str:
    counts = [f"{what} {len(part):,} times" for what, part in data.groupby("what", sort=False)]
    return f"Decisions of {run.strategy} over {span_text(run.makespan)}: {', '.join(counts) or 'none'}."
