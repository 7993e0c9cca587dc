"""Plot a run over time: calls in flight under the limit, every call as a bar, the budget and the pauses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.gridspec import GridSpecBase
from matplotlib.ticker import MaxNLocator

from batchlab.plots.inputs import origin
from batchlab.plots.occupancy import Numbers, call_times, lanes, mean_in_flight, pauses, steps
from batchlab.plots.picture import axes_or_new, describe, finish
from batchlab.plots.style import ENDPOINTS, OTHER_ENDPOINT, OUTCOMES, look_of
from batchlab.plots.time_axis import span_text, time_axis
from batchlab.runs.run import Run

MOST_BARS = 5000
BINS = 400


class Timeline(NamedTuple):
    """What `plot_timeline` draws; times in seconds from the run's first instant."""

    calls: pd.DataFrame
    """``endpoint``, ``outcome``, ``begin``, ``end`` and ``lane`` of every call; 0 where they are drawn as means."""
    in_flight: pd.DataFrame
    """``time``, ``in_flight`` from then on, or its mean over the bin that begins there; ``peak`` of that bin."""
    limit: pd.DataFrame
    """``time``, ``limit`` from then on."""
    budget: pd.DataFrame
    """``time``, ``left`` of the core budget, in points."""
    pauses: list[tuple[float, float]]
    """Stretches of a second or more in which no call was in flight."""
    makespan: float


def timeline_data(run: Run) -> Timeline:
    """Return what `plot_timeline` draws."""
    calls, start = call_times(run), origin(run)
    begin, end = calls["begin"].to_numpy(), calls["end"].to_numpy()
    few = len(calls) <= MOST_BARS
    edges = _edges(run)
    instants, numbers = steps(begin, end) if few else (edges[:-1], mean_in_flight(begin, end, edges))
    samples = run.timeline
    return Timeline(
        calls.assign(lane=lanes(begin, end) + 1 if few else 0),
        pd.DataFrame({"time": instants, "in_flight": numbers, "peak": numbers if few else _peaks(run, start, edges)}),
        _limits(run, start),
        pd.DataFrame({"time": samples["time"] - start, "left": samples["core_left"]}).dropna(),
        pauses(begin, end),
        run.makespan,
    )


def _edges(run: Run) -> Numbers:
    return np.linspace(0.0, run.makespan or 1.0, BINS + 1)


def _peaks(run: Run, start: float, edges: Numbers) -> Numbers:
    """Return the most calls in flight in each bin, as those sent in it met it; 0 where none was sent."""
    place = np.clip(np.searchsorted(edges, run.calls["sent"] - start, side="right") - 1, 0, BINS - 1)
    peaks = np.zeros(BINS)
    np.maximum.at(peaks, place, run.calls["in_flight"].to_numpy(float))
    return peaks


def _limits(run: Run, start: float) -> pd.DataFrame:
    """Return the limit where it changed, as calls and samples met it."""
    met = pd.concat(
        [run.calls[["sent", "limit"]].rename(columns={"sent": "time"}), run.timeline[["time", "limit"]]]
    ).sort_values("time", kind="stable", ignore_index=True)
    changed = met[met["limit"] != met["limit"].shift()]
    return changed.assign(time=changed["time"] - start)


def plot_timeline(run: Run, *, ax: Axes | None = None) -> Axes:
    """Draw a run over time, in three panels with one time axis.

    Above, calls in flight and their limit; in the middle a bar a call, coloured by endpoint, with a marker where
    it did not go well; below, what was left of the core budget, and the pauses. More than 5,000 calls are drawn as
    their mean number over 400 equal stretches of time, by endpoint.

    Parameters
    ----------
    run
        What to draw.
    ax
        Whose place the panels share; a new picture unless given.

    Returns
    -------
    matplotlib.axes.Axes
        The place; the panels are the last three of its figure's axes. Its words: `batchlab.plots.alt_text`.
    """
    data = timeline_data(run)
    whole = axes_or_new(ax, (9.0, 6.0))
    above, middle, below = _panels(whole)
    _flight_panel(above, data, run.strategy)
    (_bars_panel if len(data.calls) <= MOST_BARS else _means_panel)(middle, data)
    _budget_panel(below, data)
    below.set_xlim(0.0, max(data.makespan, 1e-9))
    time_axis(below.xaxis, data.makespan, "time since the start")
    finish(above, f"{run.strategy} reading {run.hub}")
    finish(middle, "")
    finish(below, "", _caption(data))
    describe(whole, _words(run, data))
    return whole


def _panels(whole: Axes) -> list[Axes]:
    """Return three axes with one time axis, one below the other, in the place of some axes, which are not seen."""
    heights = [2.0, 4.0, 1.6]
    figure, place = whole.get_figure(root=False), whole.get_subplotspec()
    assert figure is not None
    if place is not None:
        grid: GridSpecBase = place.subgridspec(3, 1, height_ratios=heights)
    else:
        left, bottom, right, top = whole.get_position().extents
        grid = figure.add_gridspec(3, 1, left=left, bottom=bottom, right=right, top=top, height_ratios=heights)
    whole.set(xticks=[], yticks=[])
    whole.set_axis_off()
    grid.subplots(sharex=True)
    panels = figure.axes[-3:]
    figure.align_ylabels(panels)
    return panels


def _flight_panel(ax: Axes, data: Timeline, strategy: str) -> None:
    color = look_of(strategy).color
    time, number = data.in_flight["time"], data.in_flight["in_flight"]
    averaged = len(data.calls) > MOST_BARS
    ax.fill_between(time, number, step="post", color=color, alpha=0.35, linewidth=0.6,
                    label="mean in flight" if averaged else "in flight")  # fmt: skip
    if averaged:
        ax.step(time, data.in_flight["peak"], where="post", color=color, linewidth=0.8, label="most in flight")
    if len(data.limit):
        until = np.append(data.limit["time"], max(data.makespan, data.limit["time"].max()))
        ax.step(until, np.append(data.limit["limit"], data.limit["limit"].iloc[-1]), where="post", color="black",
                linewidth=1.2, label="limit")  # fmt: skip
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    highest = max([1.0, *data.limit["limit"], *data.in_flight["peak"], *number])
    ax.set_ylim(0.0, 1.1 * highest)
    ax.set_ylabel("in flight\n[calls]")


def _bars_panel(ax: Axes, data: Timeline) -> None:
    # Gaps between bars only where there is room for them.
    roomy = (data.calls["end"] - data.calls["begin"]).median() > data.makespan / 400
    for endpoint, calls in data.calls.groupby("endpoint"):
        begin, end, lane = (calls[name].to_numpy(float) for name in ("begin", "end", "lane"))
        corners = np.stack([begin, lane - 0.4, begin, lane + 0.4, end, lane + 0.4, end, lane - 0.4], axis=1)
        color = ENDPOINTS.get(str(endpoint), OTHER_ENDPOINT)
        bars = PolyCollection(list(corners.reshape(-1, 4, 2)), facecolor=color, linewidth=0.4,
                              edgecolor="white" if roomy else color, label=f"{endpoint} ({len(calls):,})")  # fmt: skip
        ax.add_collection(bars)
    for outcome, (color, marker) in OUTCOMES.items():
        calls = data.calls[data.calls["outcome"] == outcome]
        if len(calls):
            label = f"{outcome} ({len(calls):,})"
            ax.plot(calls["end"], calls["lane"], color=color, marker=marker, linestyle="none", label=label)
    ax.set_ylim(0.3, float(data.calls["lane"].max() if len(data.calls) else 1) + 0.7)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    ax.set_ylabel("calls, each in the\nlowest free slot [slot]")
    _legend(ax)


def _means_panel(ax: Axes, data: Timeline) -> None:
    edges = np.append(data.in_flight["time"].to_numpy(), data.makespan)
    below = np.zeros(len(edges) - 1)
    for endpoint, calls in data.calls.groupby("endpoint"):
        mean = mean_in_flight(calls["begin"].to_numpy(), calls["end"].to_numpy(), edges)
        color = ENDPOINTS.get(str(endpoint), OTHER_ENDPOINT)
        ax.stairs(below + mean, edges, baseline=below, fill=True, color=color, label=f"{endpoint} ({len(calls):,})")
        below = below + mean
    for outcome, (color, marker) in OUTCOMES.items():
        ended = data.calls.loc[data.calls["outcome"] == outcome, "end"]
        if len(ended):
            (met,) = np.nonzero(np.histogram(ended, edges)[0])
            ax.plot(edges[met], below[met], color=color, marker=marker, linestyle="none", markersize=4,
                    label=f"{outcome} ({len(ended):,})")  # fmt: skip
    ax.set_ylim(bottom=0.0)
    ax.set_ylabel("mean in flight\n[calls]")
    _legend(ax)


def _legend(ax: Axes) -> None:
    if ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _budget_panel(ax: Axes, data: Timeline) -> None:
    ax.plot(data.budget["time"], data.budget["left"], color="black", linewidth=1.2, drawstyle="steps-post",
            label="core budget" if len(data.budget) else "no budget told")  # fmt: skip
    if data.pauses:
        spans = [(begin, end - begin) for begin, end in data.pauses]
        ax.broken_barh(spans, (0.0, 1.0), transform=ax.get_xaxis_transform(), color="#d55e00", alpha=0.25, linewidth=0,
                       label=f"pause ({len(spans):,})")  # fmt: skip
    ax.set_ylim(0.0, 1.1 * max([1.0, *data.budget["left"]]))
    ax.set_ylabel("budget left\n[points]")
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _caption(data: Timeline) -> str:
    many = f", drawn as means over {BINS} stretches of {span_text(data.makespan / BINS)}" * (
        len(data.calls) > MOST_BARS
    )
    return f"{len(data.calls):,} calls{many}; a pause is a second or more in which no call is in flight"


def _words(run: Run, data: Timeline) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in data.calls["endpoint"].value_counts().items())
    bad = ", ".join(f"{(data.calls['outcome'] == outcome).sum():,} {outcome}" for outcome in OUTCOMES)
    peak = run.calls["in_flight"].max() if len(run.calls) else 0
    limits = f"a limit of {data.limit['limit'].min()} to {data.limit['limit'].max()}" if len(data.limit) else "no limit"
    left = f"{data.budget['left'].iloc[-1]:,.0f} points left at the end" if len(data.budget) else "no budget told"
    return (
        f"Timeline of {run.strategy} reading {run.hub} in {span_text(data.makespan)}: calls {kinds or 'none'}; {bad}; "
        f"at most {peak:,.0f} in flight under {limits}; {left}; {len(data.pauses)} pauses."
    )
