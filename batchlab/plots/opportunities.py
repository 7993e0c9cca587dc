"""Plot what changes would save: predicted with their intervals, and as verified by a run."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from batchlab.plots.measures import require_columns
from batchlab.plots.picture import MUTED, axes_or_new, describe, finish
from batchlab.plots.style import BASELINE

_VERIFIED = "#d55e00"
_KINDS = {  # colour, face and label
    "config": ("#0072b2", "#0072b2", "predicted"),
    "advice": ("#0072b2", "white", "predicted, advice"),
    "none": (BASELINE, BASELINE, "predicted, no help"),
}
_NEEDED = (
    "change",
    "kind",
    "saving_seconds",
    "saving_seconds_low",
    "saving_seconds_high",
    "verified_seconds",
    "status",
)
_LOSSES = 1.5  # times the largest gain: what costs more is told as a number at the edge
_WIDEST, _LINES = 44, 2  # characters and lines of a change beside the axis


def opportunities_data(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what `plot_opportunities` draws.

    Returns
    -------
    pandas.DataFrame
        A row an opportunity, in the order given: ``change``, ``kind``, ``predicted``, ``low``, ``high``, ``verified``
        (missing where no run was made), all in seconds saved, and ``status``.
    """
    require_columns(list(frame.columns), list(_NEEDED))
    number = {
        "predicted": frame["saving_seconds"],
        "low": frame["saving_seconds_low"].fillna(frame["saving_seconds"]),
        "high": frame["saving_seconds_high"].fillna(frame["saving_seconds"]),
        "verified": frame["verified_seconds"],
    }
    floats = {name: values.astype("float64") for name, values in number.items()}
    return pd.DataFrame({"change": frame["change"], "kind": frame["kind"], **floats, "status": frame["status"]})


def plot_opportunities(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the seconds that each change would save, predicted and verified; further right is better.

    A filled marker is a prediction with its 90 % interval, a diamond what a run with the change saved. Left of zero,
    a change costs time. Advice, which no setting can carry out, has a hollow marker; what does not help a grey one.

    Parameters
    ----------
    frame
        What `batchlab.opportunities` returned.
    ax
        Axes to draw on; those of a new picture unless given.

    Returns
    -------
    matplotlib.axes.Axes
        Its words: `batchlab.plots.alt_text`.

    Raises
    ------
    InputError
        The frame lacks a column.
    """
    data = opportunities_data(frame).reset_index(drop=True)
    ax = axes_or_new(ax, (9.0, 1.9 + 0.4 * max(1, len(data))))
    ax.axvline(0.0, color=BASELINE, linewidth=1.0, zorder=0)
    for kind, (color, face, label) in _KINDS.items():
        rows = data[data["kind"] == kind]
        ax.hlines(rows.index, rows["low"], rows["high"], color=color, linewidth=2.0)
        if len(rows):
            ax.plot(rows["predicted"], rows.index, color=color, markerfacecolor=face, marker="o", markersize=8,
                    linestyle="none", label=label)  # fmt: skip
    run = data[data["verified"].notna()]
    if len(run):
        ax.plot(run["verified"], run.index, color=_VERIFIED, marker="D", markerfacecolor="none", markersize=7,
                markeredgewidth=1.8, linestyle="none", label="verified")  # fmt: skip
    _scale(ax, data)
    finish(ax, "What a change would save: further right is better", _caption(data))
    describe(ax, _words(data))
    return ax


def _scale(ax: Axes, data: pd.DataFrame) -> None:
    ax.set_yticks(range(len(data)), [_short(change) for change in data["change"]], fontsize="small")
    ax.set_ylim(max(1, len(data)) - 0.4, -0.6)
    left, right = _range(data)
    ax.set_xlim(left, right)
    for row, status in enumerate(data["status"]):
        ax.annotate(status, (1.0, row), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                    va="center", fontsize="small", color=MUTED)  # fmt: skip
    for row, told in _beyond(data, left).items():
        ax.annotate(f"◂ {told}", (0.0, row), (2, 7), va="center", fontsize="small",
                    xycoords=("axes fraction", "data"), textcoords="offset points", color=BASELINE)  # fmt: skip
    ax.set_xlabel("saving of makespan [s]")
    ax.grid(axis="y", color="#e8e8e8")
    ax.set_axisbelow(True)
    if len(data):
        ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=1.6, ncols=4,
                  columnspacing=1.0, handletextpad=0.2, fontsize="small")  # fmt: skip


def _range(data: pd.DataFrame) -> tuple[float, float]:
    """Return what is shown: all that can be gained, and losses up to one and a half times as much."""
    ends = data[["low", "high", "predicted", "verified"]].to_numpy(float).ravel()
    ends = ends[np.isfinite(ends)]
    least, right = (float(ends.min(initial=0.0)), float(ends.max(initial=0.0)))
    gains = (data["predicted"] > 0).any()
    left = max(least, -_LOSSES * right) if gains else least
    room = 0.06 * (right - left or 1.0)
    return left - room, right + room


def _beyond(data: pd.DataFrame, left: float) -> dict[int, str]:
    """Return what is further left than the axis goes, in words, by row."""
    told = {}
    for row, (low, predicted, verified) in enumerate(data[["low", "predicted", "verified"]].to_numpy(float)):
        far = {f"{predicted:,.1f} s": predicted, f"verified {verified:,.1f} s": verified}
        words = [text for text, value in far.items() if value < left]
        if words or low < left:
            told[row] = ", ".join(words) or f"from {low:,.1f} s"
    return told


def _short(change: str) -> str:
    """Return what changes, without the reason after it."""
    return "\n".join(wrap(change.split(": ")[0], _WIDEST, max_lines=_LINES, placeholder=" …"))


def _caption(data: pd.DataFrame) -> str:
    verified = int(data["verified"].notna().sum())
    return f"lines: 90 % interval of the prediction; verified by a run: {verified} of {len(data)}"


def _words(data: pd.DataFrame) -> str:
    rows = []
    for change, kind, predicted, low, high, verified, status in data.itertuples(index=False):
        run = "" if pd.isna(verified) else f", verified {verified:,.1f} s"
        advice = " (advice)" if kind == "advice" else ""
        rows.append(f"{change}{advice} {predicted:,.1f} s ({low:,.1f} to {high:,.1f}){run}, {status}")
    return f"Predicted saving of makespan: {'; '.join(rows) or 'no opportunity'}."
