"""Plot what policies lose against the best fixed setting, scenario by scenario."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from batchlab.plots.picture import axes_or_new, describe, finish
from batchlab.plots.style import BASELINE, Look, look_of
from batchlab.study.regret_table import CONSTANT, JUDGED_IN_SECONDS, ORACLE, Regret

_LOWER = 0.27  # rows by which baselines stand below policies
# Grey, so that the policies stand out; a fixed limit is drawn as its number.
_BASELINES = {
    CONSTANT: Look("#000000", "|", "-"),
    "aimd": Look(BASELINE, "+", "-"),
    "gradient2": Look(BASELINE, "x", "-"),
    **{f"fixed-{calls}": Look(BASELINE, f"${calls}$", "-") for calls in (8, 16, 32, 64)},
}
_MANY_TICKS, _FEW_TICKS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0)
_MARGIN = 0.04  # of the range, so that no mark is cut off
_WIDE = 100.0  # times: a range in which many ticks would touch


def regret_data(study: Regret) -> pd.DataFrame:
    """Return what `plot_regret` draws.

    Returns
    -------
    pandas.DataFrame
        A row a scenario and arm but the oracle: ``scenario``, ``arm``, ``times`` (median over seeds of the makespan
        over the oracle's), ``high`` (95th percentile), ``seconds_lost`` (s), ``oracle`` (what it is). Scenarios come
        in the order of the first policy's regret, the worst first.
    """
    table = study.table
    oracles = table[table["arm"] == ORACLE].set_index("scenario")["is"]
    arms = table[table["arm"] != ORACLE]
    data = pd.DataFrame(
        {
            "scenario": arms["scenario"],
            "arm": arms["arm"],
            "times": 1.0 + arms["regret"],
            "high": 1.0 + arms["regret_high"],
            "seconds_lost": arms["seconds_lost"],
            "oracle": arms["scenario"].map(oracles),
        }
    )
    judged = data[data["arm"] == next(iter(data["arm"]), None)].set_index("scenario")["times"]
    order = judged.sort_values(ascending=False, kind="stable").index
    place = data["scenario"].map({name: place for place, name in enumerate(order)})
    return data.iloc[place.argsort(kind="stable")].reset_index(drop=True)


def plot_regret(study: Regret, *, ax: Axes | None = None) -> Axes:
    """Draw each policy's makespan over the oracle's, a row a scenario, the worst first; further left is better.

    Policies have their colours and a line to the 95th percentile; the best constant is a black bar; baselines are
    grey, fixed limits as their number. The axis is logarithmic and shows every value.

    Parameters
    ----------
    study
        What `batchlab.regret` returned.
    ax
        Axes to draw on; those of a new picture unless given.

    Returns
    -------
    matplotlib.axes.Axes
        Its words: `batchlab.plots.alt_text`.
    """
    data = regret_data(study)
    rows = {name: row for row, name in enumerate(data["scenario"].unique())}
    ax = axes_or_new(ax, (8.0, 2.2 + 0.36 * max(1, len(rows))))
    ax.axvline(1.0, color="black", linewidth=1.0, zorder=0, label="oracle")
    for position, (name, part) in enumerate(_policies_last(data)):
        _arm(ax, name, part, part["scenario"].map(rows), position)
    _scale(ax, data, rows)
    seeds = len(study.seeds)
    title = "Against each scenario's best fixed setting: lower is better"
    finish(ax, title, f"medians over {seeds} seeds, lines to the 95th percentile; the oracle was chosen on other seeds")
    describe(ax, _words(study, data))
    return ax


def _policies_last(data: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    arms = [(str(name), part) for name, part in data.groupby("arm", sort=False)]
    return sorted(arms, key=lambda arm: arm[0] not in _BASELINES)


def _arm(ax: Axes, name: str, part: pd.DataFrame, at: pd.Series[float], position: int) -> None:
    policy = name not in _BASELINES
    look = look_of(name, position) if policy else _BASELINES[name]
    at = at if policy else at + _LOWER
    if policy:
        ax.hlines(at, part["times"], part["high"], color=look.color, linewidth=1.2)
    size = 7 if policy else 12 if name == CONSTANT else 7
    ax.plot(part["times"], at, color=look.color, marker=look.marker, markersize=size, linestyle="none", label=name,
            markeredgewidth=2.0 if name == CONSTANT else 0.6)  # fmt: skip


def _scale(ax: Axes, data: pd.DataFrame, rows: dict[str, int]) -> None:
    seconds = {name: " (too short for ratios)" * (name in JUDGED_IN_SECONDS) for name in rows}
    ax.set_yticks(range(len(rows)), [f"{name}{seconds[name]}" for name in rows])
    ax.set_ylim(max(1, len(rows)) - 0.4, -0.6)
    ax.set_xscale("log")
    left, right = min([0.95, *data["times"]]), max([1.2, *data["high"], *data["times"]])
    margin = (right / left) ** _MARGIN
    ax.set_xlim(left / margin, right * margin)
    ax.xaxis.set_major_locator(LogLocator(subs=_MANY_TICKS if right < _WIDE * left else _FEW_TICKS))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("makespan relative to the oracle's [times]")
    ax.grid(axis="y", color="#e8e8e8")
    ax.set_axisbelow(True)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _words(study: Regret, data: pd.DataFrame) -> str:
    rows = zip(study.summary["arm"], study.summary["median"], study.summary["worst"],
               study.summary["worst_scenario"], strict=True)  # fmt: skip
    arms = [
        f"{arm} {1 + median:.2f} times in the median, at worst {1 + worst:.2f} in {where}"
        for arm, median, worst, where in rows
        if arm != ORACLE
    ]
    scenarios = data["scenario"].nunique()
    return f"Makespan relative to the oracle's over {scenarios} scenarios: {'; '.join(arms) or 'nothing measured'}."
