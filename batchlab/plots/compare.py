"""Plot a study: how many times as long each strategy takes as the best one."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from batchlab.plots.style import BASELINE, axes_or_new, look_of
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
        f"{makespan:,.1f} s" + ("" if math.isnan(times) else f"  ({times:,.1f} x sequential)")
        for makespan, times in zip(table["makespan"], table["speed_up"], strict=True)
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
        Axes to draw on; those of a new figure unless given.

    Returns
    -------
    matplotlib.axes.Axes
        Its group id is the alt text, see `alt_text`.
    """
    data = compare_data(study)
    ax = axes_or_new(ax, (8.0, 1.4 + 0.55 * max(1, len(data))))
    ax.axvline(1.0, color=BASELINE, linewidth=1.0, zorder=0)
    for position, arm in enumerate(_arms(data)):
        look = look_of(arm.strategy, position)
        spread = np.array([[max(0.0, arm.ratio - arm.low)], [max(0.0, arm.high - arm.ratio)]])
        ax.errorbar(arm.ratio, position, xerr=spread, color=look.color, marker=look.marker, markersize=9, capsize=4)
        ax.annotate(arm.label, (arm.high, position), (10, 0), textcoords="offset points", va="center", fontsize=9)
    _frame(ax, data, study)
    return ax


def _frame(ax: Axes, data: pd.DataFrame, study: Study) -> None:
    ax.set_yticks(range(len(data)), data["strategy"].tolist())
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.set_xscale("log")
    ax.set_xlim(0.85, max(2.0, float(data["high"].max()) if len(data) else 2.0) * 4.0)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_xlabel("makespan relative to the best (times, log scale; lower is better; bars: 95 % interval)")
    ax.set_title(f"Reading {study.hub}", loc="left")
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_gid(alt_text(study))


def alt_text(study: Study) -> str:
    """Return the picture in words, from the same numbers."""
    arms = "; ".join(f"{arm.strategy} {arm.ratio:.2f} times, {arm.label}" for arm in _arms(compare_data(study)))
    return f"Makespan relative to the best strategy, lower is better: {arms}. {study.verdict}"
