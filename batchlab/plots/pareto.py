"""Plot makespan against points: which arms nobody beats in both."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from batchlab.plots.measures import label_of, require_columns
from batchlab.plots.picture import axes_or_new, describe, finish
from batchlab.plots.style import BASELINE, look_of
from batchlab.plots.time_axis import span_text, time_axis
from batchlab.study.comparison import Study


def pareto_data(given: Study | pd.DataFrame, by: Sequence[str] = ("strategy",)) -> pd.DataFrame:
    """Return what `plot_pareto` draws.

    Returns
    -------
    pandas.DataFrame
        A row an arm, shortest makespan first: ``arm``, the columns of ``by``, ``makespan`` (s) and ``points``
        (medians), ``front`` (no other arm is as good in both and better in one).
    """
    table = given.replications if isinstance(given, Study) else given
    require_columns(list(table.columns), [*by, "makespan", "points"])
    medians = table.groupby(list(by), sort=False)[["makespan", "points"]].median().reset_index()
    medians = medians.sort_values(["makespan", "points"], kind="stable", ignore_index=True)
    arms = [", ".join(str(part) for part in row) for row in medians[list(by)].itertuples(index=False)]
    return medians.assign(arm=pd.Series(arms, dtype="object"), front=_front(medians))


def _front(medians: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows, shortest makespan first, are cheaper than all before them, or alike to such a row."""
    pairs = pd.Series(list(zip(medians["makespan"], medians["points"], strict=True)), dtype="object")
    cheaper = medians["points"] < medians["points"].cummin().shift(fill_value=float("inf"))
    return pairs.isin(pairs[cheaper])


def plot_pareto(given: Study | pd.DataFrame, by: Sequence[str] = ("strategy",), *, ax: Axes | None = None) -> Axes:
    """Draw makespan against budget points, a marker an arm, and the front that no arm beats; lower left is better.

    Parameters
    ----------
    given
        A study, or a table with a row a run.
    by
        Columns that tell the arms apart; the first gives the colour. With more than one, the front is labelled.
    ax
        Axes to draw on; those of a new picture unless given.

    Returns
    -------
    matplotlib.axes.Axes
        Its words: `batchlab.plots.alt_text`.

    Raises
    ------
    InputError
        The table lacks a column.
    """
    data = pareto_data(given, by)
    ax = axes_or_new(ax)
    front = data[data["front"]]
    ax.step(front["makespan"], front["points"], where="post", color=BASELINE, linewidth=1.0, linestyle="--", zorder=0)
    for position, (name, arms) in enumerate(data.groupby(by[0], sort=False)):
        look = look_of(str(name), position)
        ax.plot(arms["makespan"], arms["points"], color=look.color, marker=look.marker, markersize=8,
                linestyle="none", label=str(name))  # fmt: skip
    if len(by) > 1:
        for (makespan, points), together in front.groupby(["makespan", "points"]):
            names = "; ".join(together["arm"].tolist())
            ax.annotate(names, (makespan, points), (8, 4), textcoords="offset points", fontsize="small")
    if len(data):
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    ax.set_xlim(0.0, (float(data["makespan"].max()) if len(data) else 1.0) * 1.2)
    ax.set_ylim(0.0, (float(data["points"].max()) if len(data) else 1.0) * 1.2 + 1.0)
    time_axis(ax.xaxis, float(data["makespan"].max()) if len(data) else 0.0, "makespan")
    ax.set_ylabel(label_of("points"))
    finish(ax, "Time against budget: lower left is better", "medians; line: the front that no arm beats in both")
    describe(ax, _words(data))
    return ax


def _words(data: pd.DataFrame) -> str:
    rows = zip(data["arm"], data["makespan"], data["points"], strict=True)
    listed = "; ".join(f"{arm} {span_text(makespan)} and {points:,.0f} points" for arm, makespan, points in rows)
    best = ", ".join(data.loc[data["front"], "arm"]) or "no run"
    return f"Makespan against budget points: {listed or 'nothing measured'}. On the front: {best}."
