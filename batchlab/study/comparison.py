"""Compare strategies: the same work under the same seeds, a ranked table and one sentence of verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_models import Repository
from batchlab.cards import card, table
from batchlab.errors import InputError
from batchlab.frames import Column, Schema
from batchlab.host_memory import HostMemory
from batchlab.hub.sim import SimHub
from batchlab.hubs import Hub, fresh_cache
from batchlab.patterns import MANIFESTS
from batchlab.runs.handle import RunHandle
from batchlab.runs.run import Run
from batchlab.runs.scanning import start, wait_or_interrupt
from batchlab.study.arms import Arm, Strategies, arms_of
from batchlab.study.lower_bound import Bounds
from batchlab.study.replication import Row, bounded, replications_frame, row_of_run
from batchlab.study.statistics import paired_difference, paired_ratio

if TYPE_CHECKING:
    from batchlab.plots.accessors import StudyPlots

TABLE = Schema(
    "table",
    "A row an arm, best first; arms that lost files or met a rate limit stand after those that did not.",
    (
        Column("strategy", "string", "name of the arm"),
        Column("makespan", "float64", "median over seeds", "s"),
        Column("speed_up", "float64", "SEQUENTIAL's makespan over this one, paired by seed", "times", nullable=True),
        Column("ratio", "float64", "this makespan over the first arm's, paired by seed", "times"),
        Column("ratio_low", "float64", "lower end of its 95 % interval", "times", nullable=True),
        Column("ratio_high", "float64", "upper end of its 95 % interval", "times", nullable=True),
        Column("difference", "float64", "this makespan less the first arm's, mean over seeds", "s"),
        Column("difference_low", "float64", "lower end of its 95 % interval", "s", nullable=True),
        Column("difference_high", "float64", "upper end of its 95 % interval", "s", nullable=True),
        Column("better", "float64", "share of seeds in which it beat the first arm, ties half", "share"),
        Column("calls", "float64", "median over seeds", "calls"),
        Column("files", "int64", "files asked for, in one run", "files"),
        Column("delivered", "int64", "fewest files delivered in a run", "files"),
        Column("failed", "int64", "most rows that failed in a run", "rows"),
        Column("p95_latency", "float64", "median over seeds", "s", nullable=True),
        Column("parallel_efficiency", "float64", "median over seeds", "share", nullable=True),
        Column("bound", "float64", "what no strategy can beat, median over seeds", "s", nullable=True),
        Column("efficiency", "float64", "bound / makespan, median over seeds", "share", nullable=True),
        Column("note", "string", "what speaks against it; empty when all is well"),
    ),
)


_SHOWN = (
    "strategy",
    "makespan",
    "ratio",
    "ratio_low",
    "ratio_high",
    "speed_up",
    "calls",
    "delivered",
    "failed",
    "note",
)


@dataclass(frozen=True, repr=False)
class Study:
    """A comparison of strategies.

    Parameters
    ----------
    replications
        A row a run, columns of `REPLICATIONS`.
    table
        A row an arm, best first, columns of `TABLE`.
    verdict
        One sentence.
    runs
        The run of each arm under the first seed, by name, for a closer look; that which was interrupted, too.
    hub
        What was read.
    config
        The settings of the arms that brought none.
    interrupted
        Whether it was stopped before its end; the table then speaks of the runs that had ended.
    """

    replications: pd.DataFrame
    table: pd.DataFrame
    verdict: str
    runs: dict[str, Run]
    hub: str
    config: BatchConfig
    interrupted: bool = False

    @property
    def plot(self) -> StudyPlots:
        """The pictures: call it for the comparison; by name: compare, strategies, pareto, ecdf, waits."""
        # By name: pictures stand a floor above, and bring matplotlib.
        accessors: Any = import_module("batchlab.plots.accessors")
        pictures: StudyPlots = accessors.StudyPlots(self)
        return pictures

    def save(self, path: str | Path) -> Path:
        """Keep the study in a new folder, for `batchlab.load_study`; its runs without contents.

        Parameters
        ----------
        path
            A folder that does not exist yet, or is empty; it is there whole or not at all.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        InputError
            The folder is not empty or cannot be made; nothing was changed.
        """
        from batchlab.study.saving import save_study

        return save_study(self, path)

    def _repr_html_(self) -> str:
        facts = {"verdict": self.verdict, "seeds": self.replications["seed"].nunique()}
        details = {
            "Replications": _as_html(self.replications),
            "Settings": table(self.config.to_dict()),
        }
        title = f"Study: {len(self.table)} strategies on {self.hub}{' (interrupted)' if self.interrupted else ''}"
        shown = _as_html(self.table[list(_SHOWN)])
        return card(title, facts, {"Every column": _as_html(self.table)} | details, shown)

    def __repr__(self) -> str:
        return f"<Study of {len(self.table)} strategies on {self.hub}: {self.verdict}>"


def _as_html(frame: pd.DataFrame) -> str:
    return frame.to_html(index=False, border=0, float_format="{:,.2f}".format)


def compare(
    hub: Hub | None = None,
    strategies: Strategies = tuple(BatchStrategy),
    seeds: Iterable[int] = range(3),
    *,
    repositories: Iterable[Repository | str] | None = None,
    config: BatchConfig | None = None,
    patterns: Sequence[str] = MANIFESTS,
    memory: HostMemory | None = None,
    progress: Callable[[str, int, RunHandle], None] | None = None,
) -> Study:
    """Read the same files with several strategies, under the same seeds.

    Every run starts alike: a fresh connection, an empty cache, no memory of the host but ``memory``. Where the truth
    is known, for all repositories of a `SimHub`, runs are measured by a bound that no strategy can beat; a run itself
    knows no such thing, so that its metrics have none.

    Parameters
    ----------
    hub
        What to read from; the sample world of the embedded GitHub unless given.
    strategies
        The arms: strategies or policies; or a mapping from names to those, or to configurations, each of which runs
        with its ``default_strategy``.
    seeds
        Replications. A real server cannot be seeded: there they are plain repetitions.
    repositories
        What to read; the hub's own unless given.
    config
        Settings of the arms that bring none; the documented defaults unless given.
    patterns
        Globs of the wanted files.
    memory
        What earlier runs have learned of the host. Each run begins with it as it is now; nothing is added to it.
    progress
        Called with strategy, seed and handle, now and then during each run.

    Returns
    -------
    Study
        Table, verdict and the runs behind them. After an interrupt: of the runs that had ended.

    Raises
    ------
    InputError
        There is no arm or no seed, or an arm is named twice.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> hub = SimHub(World.build({"acme/app": {f"{i}/go.mod": b"module %d" % i for i in range(9)}}), "no-limits")
    >>> compare(hub, ["sequential", "parallel"]).table["strategy"].tolist()
    ['parallel', 'sequential']
    """
    config = config if config is not None else BatchConfig()
    arms, replications = arms_of(strategies, config), list(seeds)
    if not arms or not replications:
        raise InputError(f"compare needs a strategy and a seed, not {len(arms)} and {len(replications)}")
    if hub is None:
        hub = SimHub.sample()
    wanted = None if repositories is None else list(repositories)
    bounds = Bounds(hub, patterns) if isinstance(hub, SimHub) and wanted is None else None
    rows: list[Row] = []
    runs: dict[str, Run] = {}
    interrupted = False
    try:
        for arm, seed in product(arms, replications):
            run, interrupted = _run(hub, arm, seed, wanted, patterns, memory, progress)
            runs.setdefault(arm.name, run)
            if not run.interrupted:
                row = row_of_run(run, run.strategy)
                rows.append(row if bounds is None else bounded(row, bounds.seconds(arm.config, seed)))
            if interrupted:
                break
    except KeyboardInterrupt:  # between two runs
        interrupted = True
    return _study(rows, runs, hub, config, interrupted=interrupted)


def _run(
    hub: Hub,
    arm: Arm,
    seed: int,
    repositories: list[Repository | str] | None,
    patterns: Sequence[str],
    memory: HostMemory | None,
    progress: Callable[[str, int, RunHandle], None] | None,
) -> tuple[Run, bool]:
    """Return a run, and whether an interrupt came: a run that had read everything by then is whole all the same."""
    with fresh_cache(hub) as cache:
        known = None if memory is None else memory.copy()
        own = BatchConfig(**arm.config.to_dict())
        handle = start(
            repositories, hub, arm.policy, config=own, patterns=patterns, cache=cache, memory=known, seed=seed
        )
        run = wait_or_interrupt(handle, None if progress is None else lambda h: progress(arm.name, seed, h))
        return run, handle.interrupted


def _study(rows: list[Row], runs: dict[str, Run], hub: Hub, config: BatchConfig, *, interrupted: bool) -> Study:
    replications = replications_frame(rows)
    table = ranked(replications)
    return Study(replications, table, verdict(table), runs, hub.name, config.snapshot(), interrupted)


def ranked(replications: pd.DataFrame) -> pd.DataFrame:
    """Return the table of a study, best first.

    Parameters
    ----------
    replications
        Columns of `REPLICATIONS`.

    Returns
    -------
    pandas.DataFrame
        Columns of `TABLE`. Arms without a note come first; among equals the shorter median makespan.
    """
    if replications.empty:
        return TABLE.empty()
    arms = [_arm(name, group) for name, group in replications.groupby("strategy", sort=False)]
    arms.sort(key=lambda arm: (bool(arm["note"]), arm["makespan"]))
    spans = replications.pivot(index="seed", columns="strategy", values="makespan")
    for arm in arms:
        arm.update(_against(*_common(spans, str(arm["strategy"]), str(arms[0]["strategy"]))))
        sequential = BatchStrategy.SEQUENTIAL.value
        if sequential in spans:
            arm["speed_up"] = paired_ratio(*_common(spans, sequential, str(arm["strategy"]))).ratio
    return TABLE.frame({name: [arm.get(name) for arm in arms] for name in TABLE.names})


def _against(spans: list[float], first: list[float]) -> dict[str, float]:
    ratio, difference = paired_ratio(spans, first), paired_difference(spans, first)
    return {
        "ratio": ratio.ratio,
        "ratio_low": ratio.low,
        "ratio_high": ratio.high,
        "difference": difference.seconds,
        "difference_low": difference.low,
        "difference_high": difference.high,
        "better": ratio.better,
    }


def _common(spans: pd.DataFrame, left: str, right: str) -> tuple[list[float], list[float]]:
    both = spans[[left]].assign(other=spans[right]).dropna()
    return both[left].tolist(), both["other"].tolist()


def _arm(name: object, group: pd.DataFrame) -> dict[str, object]:
    names = ("makespan", "calls", "p95_latency", "parallel_efficiency", "bound", "efficiency")
    medians = {name: float(group[name].median()) for name in names}
    failed, hits = int(group["failed"].max()), int(group["limit_hits"].max())
    notes = [f"{failed} failed"] * (failed > 0) + [f"met a rate limit {hits} times"] * (hits > 0)
    return {
        "strategy": name,
        **medians,
        "files": int(group["files"].max()),
        "delivered": int(group["delivered"].min()),
        "failed": failed,
        "note": "; ".join(notes),
    }


def verdict(table: pd.DataFrame) -> str:
    """Return one sentence on a study's table: who wins, by how much, and whether that is shown."""
    if table.empty:
        return "Nothing was compared: no run had ended."
    if not table["delivered"].any():
        return "Nothing can be ranked: no strategy delivered a file."
    first = table.iloc[0]
    sentence = f"{first['strategy']} needs {_seconds(first['makespan'])}"
    if pd.notna(first["speed_up"]) and first["strategy"] != BatchStrategy.SEQUENTIAL.value:
        sentence += f", {first['speed_up']:.1f} times faster than sequential"
    return f"{sentence}; {_against_others(table)}."


def _against_others(table: pd.DataFrame) -> str:
    others = table.iloc[1:]
    if others.empty:
        return "nothing to compare it with"
    alike = others[(others["ratio_low"] <= 1.0) & (others["ratio_high"] >= 1.0)]
    if others["ratio_low"].isna().all():
        second = others.iloc[0]
        return f"{second['strategy']} takes {second['ratio']:.2f} times as long (one seed: no interval)"
    if len(alike):
        return f"no difference shown from {', '.join(alike['strategy'])}"
    second = others.iloc[0]
    interval = f"{second['ratio_low']:.2f} to {second['ratio_high']:.2f}"
    return f"{second['strategy']} comes next and takes {second['ratio']:.2f} times as long (95 % interval {interval})"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 600 else f"{value / 60:.0f} min"
