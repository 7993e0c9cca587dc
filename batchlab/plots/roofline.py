"""Plot which lower bound of the makespan binds as files, latency or a setting grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import pandas as pd
from matplotlib.axes import Axes

from batchlab.batch_config import FIELDS, BatchConfig
from batchlab.errors import InputError
from batchlab.frames import Column, Schema
from batchlab.hub.conditions import Latency
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.plots.measures import label_of, require_columns
from batchlab.plots.picture import axes_or_new, describe, finish
from batchlab.plots.style import RESOURCES, look_of
from batchlab.study.lower_bound import bound

ROOFLINE = Schema(
    "roofline",
    "A row a value of what grows, smallest first.",
    (
        Column("value", "float64", "what the files, latency or setting were set to"),
        Column("latency", "float64", "bound from a tree and its slowest file", "s"),
        Column("server", "float64", "bound from what the server can do at once", "s"),
        Column("link", "float64", "bound from bytes over bandwidth", "s"),
        Column("budget", "float64", "bound from the hourly points", "s"),
        Column("minute", "float64", "bound from the points a minute", "s"),
        Column("cpu", "float64", "bound from the CPU seconds a minute", "s"),
        Column("seconds", "float64", "the largest of them: no strategy is faster", "s"),
        Column("binding", "string", "the resource that it comes from"),
    ),
)
_AXES = {
    "files": ("files a repository [files]", (1, 3, 10, 30, 100, 300, 1000)),
    "latency": ("latency of the server, relative to the scenario's [times]", (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)),
}
_POWERS = (1, 2, 4, 8, 16, 32, 64, 96)


def roofline_data(
    hub: SimHub,
    over: str = "max_concurrent_requests",
    values: Sequence[float] | None = None,
    *,
    config: BatchConfig | None = None,
) -> pd.DataFrame:
    """Return what `plot_roofline` draws.

    Parameters
    ----------
    hub, over, values, config
        As for `plot_roofline`.

    Returns
    -------
    pandas.DataFrame
        Columns of `ROOFLINE`.

    Examples
    --------
    >>> from batchlab.hub.work import Work
    >>> hub = SimHub(Work(repositories=1, files=100).world(), "no-limits")
    >>> data = roofline_data(hub, values=[1, 96], config=BatchConfig.lab(routes="blobs"))
    >>> data["binding"].tolist()
    ['server', 'latency']
    """
    config = config if config is not None else BatchConfig.lab()
    rows = []
    for value in sorted(_values(over) if values is None else values):
        told = bound(*_grown(hub, config, over, value))
        rows.append({"value": value, **told.parts, "seconds": told.seconds, "binding": told.binding})
    return ROOFLINE.frame({name: [row[name] for row in rows] for name in ROOFLINE.names})


def _values(over: str) -> Sequence[float]:
    return _AXES[over][1] if over in _AXES else _POWERS


def _grown(hub: SimHub, config: BatchConfig, over: str, value: float) -> tuple[SimHub, BatchConfig]:
    """Return the hub and settings of one value."""
    if over == "files":
        if hub.scenario.work is None:
            raise InputError(
                f"the files of {hub.name} are given; to vary them, give a hub whose scenario brings its work, "
                "such as SimHub(scenario='minute-bound')"
            )
        work = replace(hub.scenario.work, files=int(value))
        return SimHub(scenario=replace(hub.scenario, work=work), seed=hub.seed), config
    if over == "latency":
        return SimHub(hub.world, _slower(hub.scenario, value), seed=hub.seed), config
    if FIELDS.get(over) is None or FIELDS[over].metadata["kind"] not in (int, float):
        raise InputError(f"over is {over!r}; accepted: files, latency, or a setting that is a number")
    kind = FIELDS[over].metadata["kind"]
    return hub, BatchConfig(**(config.to_dict() | {over: kind(value)}))


def _slower(scenario: Scenario, times: float) -> Scenario:
    """Return the first period's conditions with every latency so many times as long, and nobody giving up on it."""
    graphql, archives = scenario.graphql, scenario.archives
    seconds = {name: getattr(graphql, name) * times for name in ("base", "per_repository", "per_object")}
    return replace(
        scenario,
        latency=_times(scenario.latency, times),
        graphql=replace(graphql, cap=None, **seconds),
        periods=(),
        archives=replace(archives, latency=_times(archives.latency, times)),
    )


def _times(latency: Latency, times: float) -> Latency:
    names = ("median", "tail_shortest", "tail_longest")
    return replace(latency, cap=None, **{name: getattr(latency, name) * times for name in names})


def plot_roofline(
    hub: SimHub,
    over: str = "max_concurrent_requests",
    values: Sequence[float] | None = None,
    *,
    config: BatchConfig | None = None,
    measured: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the bounds that no strategy can beat as something grows, and which of them binds; lower is faster.

    Parameters
    ----------
    hub
        What is read.
    over
        What grows: ``"files"`` of each repository, ``"latency"`` of the server (a factor; only the first of the
        scenario's periods is looked at, and no call is given up), or a setting of `BatchConfig` that is a number.
    values
        Above 0; a few decades unless given.
    config
        The settings that every strategy obeys; `BatchConfig.lab` unless given.
    measured
        Runs to lay over it, such as `batchlab.sweep` returns them: columns ``strategy``, ``makespan`` and ``over``.
    ax
        Axes to draw on; those of a new picture unless given.

    Returns
    -------
    matplotlib.axes.Axes
        Its words: `batchlab.plots.alt_text`.

    Raises
    ------
    InputError
        There is no such thing to vary, its files are given, or ``measured`` lacks a column.
    """
    data = roofline_data(hub, over, values, config=config)
    ax = axes_or_new(ax)
    for resource, look in RESOURCES.items():
        part = data[["value", resource]][data[resource] > 0]
        if len(part):
            ax.plot(part["value"], part[resource], color=look.color, linestyle=look.line, linewidth=1.6,
                    marker=".", label=resource)  # fmt: skip
    ax.plot(data["value"], data["seconds"], color="black", linewidth=4.0, alpha=0.22, zorder=0, label="the bound")
    medians = _medians(measured, over)
    for position, (name, runs) in enumerate(medians.groupby("strategy", sort=False)):
        look = look_of(str(name), position)
        ax.plot(runs[over], runs["makespan"], color=look.color, marker=look.marker, linestyle="none",
                label=f"{name}, measured")  # fmt: skip
    _scale(ax, data, over)
    title = f"What binds while reading {hub.name}: below the bound is impossible"
    finish(ax, title, f"{_binding(data) or 'nothing was varied'}{'; markers: medians of runs' * (len(medians) > 0)}")
    describe(ax, _words(hub, data, over, medians))
    return ax


def _medians(measured: pd.DataFrame | None, over: str) -> pd.DataFrame:
    if measured is None:
        return pd.DataFrame(columns=["strategy", over, "makespan"])
    require_columns(list(measured.columns), ["strategy", over, "makespan"])
    return measured.groupby(["strategy", over], sort=False)["makespan"].median().reset_index()


def _scale(ax: Axes, data: pd.DataFrame, over: str) -> None:
    if (data["seconds"] > 0).any():
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xticks(data["value"], [f"{value:g}" for value in data["value"]])
        ax.set_xticks([], minor=True)
    ax.set_xlabel(_AXES[over][0] if over in _AXES else label_of(over))
    ax.set_ylabel("makespan [s]")
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _binding(data: pd.DataFrame) -> str:
    """Return which resource binds where, in words."""
    spans = []
    for resource, rows in groupby(zip(data["binding"], data["value"], strict=True), key=lambda row: row[0]):
        within = [value for _, value in rows]
        spans.append(f"{resource} at {within[0]:g}" + (f" to {within[-1]:g}" if len(within) > 1 else ""))
    return f"binds: {', '.join(spans)}" if spans else ""


def _words(hub: SimHub, data: pd.DataFrame, over: str, medians: pd.DataFrame) -> str:
    what = _AXES[over][0] if over in _AXES else label_of(over)
    pairs = zip(data["value"], data["seconds"], data["binding"], strict=True)
    listed = ", ".join(f"{value:g}: {seconds:,.2f} s ({resource})" for value, seconds, resource in pairs)
    rows = zip(medians["strategy"], medians[over], medians["makespan"], strict=True)
    runs = ", ".join(f"{name} at {value:g} {makespan:,.2f} s" for name, value, makespan in rows)
    bounds = f"Lower bound of the makespan while reading {hub.name}, over {what}: {listed or 'nothing was varied'}."
    return f"{bounds} Measured: {runs}." if runs else bounds
