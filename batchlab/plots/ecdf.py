"""Plot how a quantity is distributed over calls or files, one line a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from batchlab.errors import InputError
from batchlab.plots.inputs import Runs, named_runs, origin
from batchlab.plots.picture import axes_or_new, describe, finish
from batchlab.plots.style import look_of
from batchlab.plots.time_axis import time_axis
from batchlab.runs.run import Run

MOST_STEPS = 2000
MARKS = (0.5, 0.95, 0.99)  # percentiles, as shares


class _Quantity(NamedTuple):
    label: str
    counted: str
    below: str
    above: str
    values: Callable[[Run], pd.Series[float]]


def _latency(run: Run) -> pd.Series[float]:
    return run.calls["finished"] - run.calls["sent"]


def _completion(run: Run) -> pd.Series[float]:
    files = run.files
    return files.loc[files["status"] == "delivered", "finished"] - origin(run)


QUANTITIES = {
    "latency": _Quantity("service time of a call", "calls", "took at most as long", "took at least as long", _latency),
    "completion": _Quantity(
        "time at which a file was there", "files", "were there by then", "came then or later", _completion
    ),
}


def ecdf_data(runs: Runs, *, value: str = "latency") -> pd.DataFrame:
    """Return what `plot_ecdf` draws.

    Parameters
    ----------
    runs, value
        As for `plot_ecdf`.

    Returns
    -------
    pandas.DataFrame
        ``run``, ``value`` (s), ``share`` (of the values at or below it), ``count`` (values of the run). Of more than
        2,000 values every step within 0.1 % is kept, and all of the largest thousand.
    """
    measured = {name: _finite(_quantity(value).values(run)) for name, run in named_runs(runs).items()}
    parts = [_steps(name, np.sort(values)) for name, values in measured.items()]
    return pd.concat(parts, ignore_index=True) if parts else _steps("", np.empty(0))


def _quantity(value: str) -> _Quantity:
    if value not in QUANTITIES:
        raise InputError(f"value is {value!r}; accepted: {', '.join(QUANTITIES)}")
    return QUANTITIES[value]


def _finite(values: pd.Series[float]) -> NDArray[np.float64]:
    return np.asarray(values.dropna(), dtype=np.float64)


def _steps(name: str, values: NDArray[np.float64]) -> pd.DataFrame:
    n = len(values)
    rank = np.arange(n)
    if n > MOST_STEPS:
        half = MOST_STEPS // 2
        rank = np.unique(np.concatenate([np.linspace(0, n - 1, half).round().astype(int), rank[-half:]]))
    return pd.DataFrame({"run": name, "value": values[rank], "share": (rank + 1) / max(1, n), "count": n})


def plot_ecdf(
    runs: Runs,
    *,
    value: str = "latency",
    complementary: bool = False,
    marks: Sequence[float] = MARKS,
    ax: Axes | None = None,
) -> Axes:
    """Draw the cumulative distribution of a quantity, one line a run, percentiles marked; further left is better.

    Parameters
    ----------
    runs
        A run, a study, or runs by name.
    value
        ``"latency"``, the service time of a call, or ``"completion"``, the time at which a file was there.
    complementary
        Draw the share of values above, on logarithmic axes: the tail is what one sees.
    marks
        Percentiles to mark, as shares, each above 0 and below 1.
    ax
        Axes to draw on; those of a new picture unless given.

    Returns
    -------
    matplotlib.axes.Axes
        Its words: `batchlab.plots.alt_text`.

    Raises
    ------
    InputError
        There is no such value.
    """
    data = ecdf_data(runs, value=value)
    ax = axes_or_new(ax)
    for position, (name, steps) in enumerate(data.groupby("run", sort=False)):
        _line(ax, str(name), position, steps, marks, complementary=complementary)
    quantity = _quantity(value)
    _scale(ax, quantity, float(data["value"].max()) if len(data) else 0.0, complementary=complementary)
    if len(data):
        ax.legend(frameon=False, loc="lower left" if complementary else "lower right")
    finish(ax, f"{quantity.label.capitalize()}: further left is better", _caption(data, quantity, marks))
    describe(ax, _words(data, quantity, marks))
    return ax


def _line(
    ax: Axes, name: str, position: int, steps: pd.DataFrame, marks: Sequence[float], *, complementary: bool
) -> None:
    look, values, shares = look_of(name, position), steps["value"].to_numpy(), steps["share"].to_numpy()
    step = 1.0 / steps["count"].to_numpy()[0]
    drawn = 1.0 - shares + step if complementary else shares
    # Lines that coincide stay visible: those below are wider.
    ax.step(values, drawn, where="pre" if complementary else "post", color=look.color, linestyle=look.line,
            linewidth=max(1.4, 3.0 - 0.4 * position), label=name)  # fmt: skip
    at = _percentiles(steps, marks)
    heights = [1.0 - mark for mark in marks] if complementary else list(marks)
    ax.plot(at, heights, color=look.color, marker=look.marker, linestyle="none", markersize=6)


def _percentiles(steps: pd.DataFrame, marks: Sequence[float]) -> list[float]:
    """Return the values at which the line first reaches each share."""
    place = np.searchsorted(steps["share"].to_numpy(), np.asarray(marks) - 1e-12)
    return [float(steps["value"].to_numpy()[min(at, len(steps) - 1)]) for at in place]


def _scale(ax: Axes, quantity: _Quantity, longest: float, *, complementary: bool) -> None:
    if complementary:
        ax.set_xlabel(f"{quantity.label} [s]")
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_ylabel(f"{quantity.counted} that {quantity.above} [share]")
    else:
        time_axis(ax.xaxis, longest, quantity.label)
        ax.set_xlim(left=0.0)
        ax.set_ylim(0.0, 1.02)
        ax.set_ylabel(f"{quantity.counted} that {quantity.below} [share]")


def _caption(data: pd.DataFrame, quantity: _Quantity, marks: Sequence[float]) -> str:
    counts = data.groupby("run", sort=False)["count"].first()
    alike = counts.nunique() == 1
    listed = f"{counts.iloc[0]:,} each" if alike else ", ".join(f"{name} {count:,}" for name, count in counts.items())
    thinned = "; thinned, every step within 0.1 %" if (counts > MOST_STEPS).any() else ""
    markers = ", ".join(f"p{mark * 100:g}" for mark in marks)
    return f"{quantity.counted}: {listed if len(counts) else 'none'}; markers: {markers}{thinned}"


def _words(data: pd.DataFrame, quantity: _Quantity, marks: Sequence[float]) -> str:
    lines = []
    for name, steps in data.groupby("run", sort=False):
        named = zip(marks, _percentiles(steps, marks), strict=True)
        lines.append(f"{name} " + ", ".join(f"p{mark * 100:g} {at:.2f} s" for mark, at in named))
    return f"Distribution of the {quantity.label}: {'; '.join(lines) or 'nothing measured'}."
