"""Plot a study: how many times as long each strategy takes as the best one."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from batchlab.plots.picture import axes_or_new, describe, finish
from batchlab.plots.style import BASELINE, look_of
from batchlab.plots.time_axis import span_text
from batchlab.study.comparison import Study


def compare_data(study: Study) -> pd.DataFrame:
    """Return what `plot_compare` draws.

    Returns
    -------
    pandas.DataFrame
        A row an arm, best first: ``strategy``, ``ratio``, ``low``, ``high`` (the ratio itself where there is no
        interval), ``label`` (makespan, and speed-up against SEQUENTIAL where it took part).
    """
    table = study.table
    label = [
        span_text(makespan) + ("" if math.isnan(times) or name == "sequential" else f"  ({times:,.1f} x sequential)")
        for name, makespan, times in zip(table["strategy"], table["makespan"], table["speed_up"], strict=True)
    ]
    return pd.DataFrame(
        {
            "strategy": table["strategy"],
            "ratio": table["ratio"],
            "low": table["ratio_low"].fillna(table["ratio"]),
            "high": table["ratio_high"].fillna(table["ratio"]),
            "label": label,
        }
    )


class _Arm(NamedTuple):
    strategy: str
    ratio: float
    low: float
    high: float
    label: str


def _arms(data: pd.DataFrame) -> list[_Arm]:
    return [_Arm(*values) for values in zip(*(data[name] for name in _Arm._fields), strict=True)]


def plot_compare(study: Study, *, ax: Axes | None = None) -> Axes:
    """Draw the ratio of each strategy's makespan to the best one's, with its 95 % interval; lower is better.

    Parameters
    ----------
    study
        What `batchlab.compare` returned.
    ax
        Axes to draw on; those of a new picture unless given.

    Returns
    -------
    matplotlib.axes.Axes
        Its words: `batchlab.plots.alt_text`.
    """
    arms = _arms(compare_data(study))
    ax = axes_or_new(ax, (8.0, 1.7 + 0.5 * max(1, len(arms))))
    ax.axvline(1.0, color=BASELINE, linewidth=1.0, zorder=0)
    for position, arm in enumerate(arms):
        look = look_of(arm.strategy, position)
        spread = np.array([[max(0.0, arm.ratio - arm.low)], [max(0.0, arm.high - arm.ratio)]])
        ax.errorbar(arm.ratio, position, xerr=spread, color=look.color, marker=look.marker, markersize=9, capsize=4)
        ax.annotate(arm.label, (arm.high, position), (10, 0), textcoords="offset points", va="center", fontsize=9)
    _scale(ax, arms)
    seeds = study.replications["seed"].nunique()
    bars = "bars: 95 % interval, paired by seed" if seeds > 1 else "one seed: no interval"
    finish(ax, f"Reading {study.hub}: lower is better", f"seeds: {seeds}; {bars}; text: median makespan")
    describe(ax, _words(study, arms))
    return ax


def _scale(ax: Axes, arms: list[_Arm]) -> None:
    ax.set_yticks(range(len(arms)), [arm.strategy for arm in arms])
    ax.set_ylim(max(1, len(arms)) - 0.4, -0.6)
    ax.set_xscale("log")
    ax.set_xlim(min([0.85] + [arm.low * 0.9 for arm in arms]), max([2.0] + [arm.high for arm in arms]) * 4.0)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("makespan relative to the best [times]")


def _words(study: Study, arms: list[_Arm]) -> str:
    listed = "; ".join(f"{arm.strategy} {arm.ratio:.2f} times, {arm.label}" for arm in arms)
    return f"Makespan relative to the best strategy, lower is better: {listed or 'no run'}. {study.verdict}"
