"""Plot a sweep: a measure over one setting as lines, over two as a heat map."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from batchlab.plots.measures import direction_of, label_of, require_columns
from batchlab.plots.picture import axes_or_new, describe, finish
from batchlab.plots.style import look_of

MOST_TICKS = 12


def sweep_data(table: pd.DataFrame, x: str, y: str | None = None, *, value: str = "makespan") -> pd.DataFrame:
    """Return what `plot_sweep` draws: medians of the rows that share their settings.

    Returns
    -------
    pandas.DataFrame
        Index: ``x``. Columns: values of ``y``, or the strategies where there is no ``y``.
    """
    column = y if y is not None else "strategy"
    named = table if column in table else table.assign(**{column: "all runs"})
    require_columns(list(named.columns), [x, column, value])
    return named.pivot_table(index=x, columns=column, values=value, aggfunc="median", sort=True)


def plot_sweep(
    table: pd.DataFrame, x: str, y: str | None = None, *, value: str = "makespan", ax: Axes | None = None
) -> Axes:
    """Draw a measure over one setting (a line a strategy), or over two (a heat map); medians over the other columns.

    Parameters
    ----------
    table
        A row a run: settings, measures such as ``makespan``, and ``strategy`` where there are several.
    x, y
        Columns of the settings. Without ``y`` lines are drawn.
    value
        Column of the measure.
    ax
        Axes to draw on; those of a new picture unless given.

    Returns
    -------
    matplotlib.axes.Axes
        Its words: `batchlab.plots.alt_text`.

    Raises
    ------
    InputError
        The table has no such column.
    """
    data = sweep_data(table, x, y, value=value)
    ax = axes_or_new(ax)
    if y is None:
        _lines(ax, data, value)
    else:
        _cells(ax, data)
        ax.set_ylabel(label_of(y))
    ax.set_xlabel(label_of(x))
    title = f"{label_of(value).capitalize()}: {direction_of(value)}"
    finish(ax, title, f"medians; best: {_best(data, value)}")
    describe(ax, f"{title}, over {label_of(x)}{f' and {label_of(y)}' if y else ''}; best: {_best(data, value)}.")
    return ax


def _lines(ax: Axes, data: pd.DataFrame, value: str) -> None:
    for position, name in enumerate(data.columns):
        look = look_of(str(name), position)
        ax.plot(data.index, data[name], color=look.color, linestyle=look.line, marker=look.marker, label=str(name))
    if pd.api.types.is_numeric_dtype(data.index) and len(data) > 2 and 0 < 8 * data.index.min() <= data.index.max():
        ax.set_xscale("log", base=2)
    if len(data) <= MOST_TICKS:
        ax.set_xticks(data.index, [f"{place}" for place in data.index])
    ax.set_ylim(bottom=0.0)
    ax.set_ylabel(label_of(value))
    if len(data.columns):
        ax.legend(frameon=False)


def _cells(ax: Axes, data: pd.DataFrame) -> None:
    values = data.to_numpy(float).T
    if not values.size:
        return
    ax.imshow(values, cmap="cividis_r", aspect="auto", origin="lower")
    ax.set_xticks(range(len(data.index)), [str(name) for name in data.index])
    ax.set_yticks(range(len(data.columns)), [str(name) for name in data.columns])
    middle = float(np.nanmean([np.nanmin(values), np.nanmax(values)]))
    for (row, column), number in np.ndenumerate(values):
        ink = "white" if number > middle else "black"
        ax.annotate(f"{number:,.3g}", (column, row), ha="center", va="center", color=ink, fontsize="small")


def _best(data: pd.DataFrame, value: str) -> str:
    cells = pd.MultiIndex.from_product([data.index, data.columns])
    measured = pd.Series(data.to_numpy(float).ravel(), index=cells).dropna()
    flat = measured.sort_values(ascending=direction_of(value).startswith("lower"), kind="stable")
    if flat.empty:
        return "nothing measured"
    names = [str(name).replace("_", " ") for name in flat.index.names]
    at = " and ".join(f"{name} {part}" for name, part in zip(names, flat.index[0], strict=True))
    return f"{float(flat.iloc[0]):,.4g} with {at}"
