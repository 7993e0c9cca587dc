"""Plot a study as a dashboard: one small panel a measure, a row a strategy."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from batchlab.plots.picture import MUTED, Picture, describe
from batchlab.plots.style import look_of
from batchlab.study.comparison import Study


class _Measure(NamedTuple):
    column: str
    label: str
    better: str


MEASURES = (
    _Measure("makespan", "makespan [s]", "lower"),
    _Measure("calls", "HTTP exchanges [calls]", "lower"),
    _Measure("points", "budget spent [points]", "lower"),
    _Measure("p95_latency", "p95 latency of a call [s]", "lower"),
    _Measure("parallel_efficiency", "parallel efficiency [share]", "higher"),
    _Measure("failed", "rows that failed [rows]", "lower"),
)


def strategies_data(study: Study) -> pd.DataFrame:
    """Return what `plot_strategies` draws.

    Returns
    -------
    pandas.DataFrame
        A row a strategy, best first, a column a measure: medians over seeds.
    """
    columns = [measure.column for measure in MEASURES]
    medians = study.replications.groupby("strategy", sort=False)[columns].median()
    return medians.reindex(study.table["strategy"].tolist())


def plot_strategies(study: Study) -> Figure:
    """Draw every measure of a study in a panel of its own: medians as large markers, seeds as small ones.

    Parameters
    ----------
    study
        What `batchlab.compare` returned.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot. Its words: `batchlab.plots.alt_text`.
    """
    data = strategies_data(study)
    picture = Picture((9.0, 2.6 + 0.5 * max(1, len(data))))
    panels = picture.subplots(2, 3, sharey=True)
    for ax, measure in zip(panels.flat, MEASURES, strict=True):
        _panel(ax, data[measure.column], study.replications, measure)
    panels[0, 0].set_yticks(range(len(data)), data.index.tolist())
    panels[0, 0].set_ylim(max(1, len(data)) - 0.5, -0.5)
    picture.suptitle(f"Reading {study.hub}", x=0.01, ha="left", fontsize="medium", fontweight="bold")
    describe(picture, _words(study, data))
    return picture


def _panel(ax: Axes, medians: pd.Series[float], replications: pd.DataFrame, measure: _Measure) -> None:
    for position, (name, median) in enumerate(medians.items()):
        look = look_of(str(name), position)
        seeds = replications.loc[replications["strategy"] == name, measure.column]
        ax.plot(seeds, [position] * len(seeds), color=look.color, marker=".", linestyle="none", alpha=0.45)
        ax.plot(median, position, color=look.color, marker=look.marker, markersize=8)
    largest = float(replications[measure.column].max()) if len(replications) else 0.0
    whole = largest if largest > 0 else 1.0
    ax.set_xlim(-0.04 * whole, 1.1 * whole)
    ax.set_xlabel(measure.label)
    ax.set_title(f"{measure.better} is better", loc="left", fontsize="small", color=MUTED)
    ax.grid(axis="y", color="#e8e8e8")
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def _words(study: Study, data: pd.DataFrame) -> str:
    rows = []
    for name, row in data.iterrows():
        rows.append(f"{name}: " + ", ".join(f"{measure.label} {row[measure.column]:,.4g}" for measure in MEASURES))
    return f"Medians over seeds. {'; '.join(rows) or 'No run'}. {study.verdict}"
