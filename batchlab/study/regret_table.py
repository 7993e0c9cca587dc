"""How much a policy loses, scenario by scenario, against the best that fixed settings could have done.

The oracle of a scenario is a static arm, chosen on seeds of its own; everything is then paired on other seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from batchlab import __version__
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.cards import card, table
from batchlab.control.remembered import Remembered
from batchlab.errors import InputError
from batchlab.frames import Column, Schema
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.study.arms import Arm, Strategies, arms_of
from batchlab.study.baselines import baselines, static_arms
from batchlab.study.kept_rows import KeptRows
from batchlab.study.oracle import CHOICE_SEEDS, Oracles, Told, choose_oracles, named, with_work
from batchlab.study.replication import Replication, Row
from batchlab.study.workers import Workers

if TYPE_CHECKING:
    from batchlab.plots.accessors import RegretPlots

ORACLE, CONSTANT = "oracle", "best-constant"

TABLE = Schema(
    "regret",
    "A row a scenario and arm, in the order of scenarios.",
    (
        Column("scenario", "string", "name of the scenario"),
        Column("arm", "string", "policy, baseline, oracle or best constant"),
        Column("is", "string", "the static arm that an oracle or constant is", nullable=True),
        Column("makespan", "float64", "median over seeds", "s"),
        Column("spread", "float64", "95th less 5th percentile of the makespan over seeds, over its median", "share"),
        Column("regret", "float64", "median over seeds of makespan / the oracle's, less 1", "share"),
        Column(
            "regret_warm",
            "float64",
            "regret with what an earlier run has learned of the host; missing where nothing is learned",
            "share",
            nullable=True,
        ),
        Column("regret_high", "float64", "95th percentile of it over seeds", "share"),
        Column("seconds_lost", "float64", "median over seeds of makespan less the oracle's", "s"),
        Column("calls", "float64", "median over seeds", "calls"),
        Column("calls_regret", "float64", "median over seeds of calls / the oracle's, less 1", "share"),
        Column("limit_hits", "int64", "answers that named a rate limit, most in a run", "calls"),
        Column("limit_occasions", "int64", "times that a limit was met, most in a run"),
        Column("lost", "int64", "most files lost in a run", "files"),
        Column("seeds", "int64", "replications"),
    ),
)
SUMMARY = Schema(
    "regret summary",
    "A row an arm over all scenarios that are judged by ratio, best first.",
    (
        Column("arm", "string", "policy, baseline, oracle or best constant"),
        Column("median", "float64", "median over scenarios of the regret", "share"),
        Column("worst", "float64", "worst of them", "share"),
        Column("worst_scenario", "string", "where"),
        Column("median_warm", "float64", "median over scenarios with a memory of the host", "share", nullable=True),
        Column("worst_warm", "float64", "worst of them", "share", nullable=True),
        Column("calls_median", "float64", "median over scenarios of the regret in calls", "share"),
        Column("limit_hits", "int64", "answers that named a rate limit, most in a run anywhere", "calls"),
        Column("limit_occasions", "int64", "times that a limit was met, most in a run anywhere"),
        Column("lost", "int64", "most files lost in a run anywhere", "files"),
    ),
)
JUDGED_IN_SECONDS = frozenset({"lan-small"})  # too short for a ratio to mean anything


@dataclass(frozen=True, repr=False)
class Regret:
    """A regret study.

    Parameters
    ----------
    table
        Columns of `TABLE`.
    summary
        Columns of `SUMMARY`.
    oracles
        What was chosen.
    seeds
        Those that are reported.
    config
        The settings of all arms.
    run_seconds
        Seconds of wall time that its runs and those of the choice took, one after the other, in all sittings; None
        where they were not kept in a folder.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    oracles: Oracles
    seeds: tuple[int, ...]
    config: BatchConfig
    run_seconds: float | None = None

    @property
    def plot(self) -> RegretPlots:
        """The picture: call it."""
        # By name: pictures stand a floor above, and bring matplotlib.
        accessors: Any = import_module("batchlab.plots.accessors")
        pictures: RegretPlots = accessors.RegretPlots(self)
        return pictures

    def _repr_html_(self) -> str:
        scenarios = self.table["scenario"].nunique()
        facts = {
            str(row["arm"]): f"median {row['median']:+.1%}, worst {row['worst']:+.1%} in {row['worst_scenario']}"
            for _, row in self.summary.iterrows()
        }
        details = {
            "Scenario by scenario": self.table.to_html(index=False, border=0, float_format="{:,.3f}".format),
            "Oracles": table(self.oracles.best | {"best constant": self.oracles.constant}),
            "Settings": table(self.config.to_dict()),
        }
        return card(f"Regret over {scenarios} scenarios, {len(self.seeds)} seeds; lower is better", facts, details)

    def __repr__(self) -> str:
        return f"<Regret over {self.table['scenario'].nunique()} scenarios, {len(self.seeds)} seeds>"


def regret(
    strategies: Strategies = (BatchStrategy.ADAPTIVE,),
    scenarios: Iterable[str | Scenario] | None = None,
    seeds: Iterable[int] = range(20),
    *,
    oracles: Oracles | None = None,
    config: BatchConfig | None = None,
    with_baselines: bool = True,
    workers: int | None = None,
    progress: Told | None = None,
    folder: str | Path | None = None,
) -> Regret:
    """Measure what policies lose against the best static arm of each scenario.

    Parameters
    ----------
    strategies
        What is judged; as for `batchlab.compare`.
    scenarios
        All that bring their work, unless given.
    seeds
        To report on.
    oracles
        Chosen before; chosen here unless given.
    config
        The settings of all arms; `BatchConfig.lab` unless given.
    with_baselines
        Whether fixed limits, AIMD and Gradient2 are measured, too.
    workers
        Processes; all cores unless given.
    progress
        Called with the scenario, the runs that have ended, and all of them.
    folder
        Where the row of each run is kept as soon as it has ended; runs whose row is there are not made again. What a
        policy of your own does cannot be told from its name: use a new folder when you have changed one.

    Raises
    ------
    InputError
        There is no seed, or one of those that oracles are chosen on; or the folder was begun with other settings.
    """
    config = config if config is not None else BatchConfig.lab()
    wanted, reported = [Scenario.load(s) for s in (scenarios or with_work())], tuple(seeds)
    if not reported or set(reported) & set(CHOICE_SEEDS):
        raise InputError(f"seeds are {list(reported)}; name some, and none of {CHOICE_SEEDS}, which choose the oracle")
    kept = kept_rows(folder, config) if folder is not None else None
    if oracles is None:
        oracles = choose_oracles(wanted, config, workers=workers, progress=progress, kept=kept)
    judged = arms_of(strategies, config) + (arms_of(baselines(), config) if with_baselines else [])
    rows: list[dict[str, object]] = []
    for scenario in wanted:
        chosen = _chosen(oracles, scenario.name, config)
        arms = [*judged, *{arm.name: arm for arm in chosen.values()}.values()]
        with Workers([SimHub(scenario=scenario)], workers, kept.of(scenario) if kept else None) as pool:
            runs = [Replication(0, arm, seed) for arm in arms for seed in reported]
            cold = _by_arm(pool.rows(runs, named(progress, scenario.name)))
            warm = _by_arm(_warm(pool, judged, reported))
        rows += _scenario_rows(scenario.name, [arm.name for arm in judged], chosen, cold, warm)
    table = TABLE.frame({name: [row[name] for row in rows] for name in TABLE.names})
    return Regret(table, summary(table), oracles, reported, config.snapshot(), kept.seconds if kept else None)


def _warm(pool: Workers, judged: Sequence[Arm], seeds: Sequence[int]) -> list[Row]:
    """Make the runs of arms that learn again, with what each has learned under a seed that is not reported."""
    learners = [arm for arm in judged if arm.policy.resumed is not None]
    lessons = pool.rows([Replication(0, arm, CHOICE_SEEDS[0], teaches=True) for arm in learners])
    taught = [(arm, lesson["learned"]) for arm, lesson in zip(learners, lessons, strict=True) if "learned" in lesson]
    return pool.rows(
        [Replication(0, arm, seed, recalled=Remembered(**known)) for arm, known in taught for seed in seeds]
    )


def _by_arm(rows: Sequence[Row]) -> dict[str, pd.DataFrame]:
    groups = pd.DataFrame(list(rows)).groupby("strategy") if rows else ()
    return {str(name): group.set_index("seed") for name, group in groups}


def kept_rows(folder: str | Path, config: BatchConfig) -> KeptRows:
    """Return the rows of a regret study that are kept in a folder; see `KeptRows`."""
    settings = {"batchlab": __version__, "seeds_of_the_choice": CHOICE_SEEDS, "config": settings_of(config)}
    return KeptRows(folder, settings)


def settings_of(config: BatchConfig) -> dict[str, object]:
    """Return the settings that all arms of a study share."""
    return {name: value for name, value in config.to_dict().items() if name != "default_strategy"}


def _chosen(oracles: Oracles, scenario: str, config: BatchConfig) -> dict[str, Arm]:
    """Return the oracle and the best constant; they may be the same arm."""
    grid = {arm.name: arm for arm in static_arms(config)}
    return {ORACLE: grid[oracles.best[scenario]], CONSTANT: grid[oracles.constant]}


def _scenario_rows(
    scenario: str,
    judged: Sequence[str],
    chosen: Mapping[str, Arm],
    cold: Mapping[str, pd.DataFrame],
    warm: Mapping[str, pd.DataFrame],
) -> list[dict[str, object]]:
    oracle = cold[chosen[ORACLE].name]
    is_arm = {name: arm.name for name, arm in chosen.items()}
    names = [*judged, *chosen]
    return [
        {"scenario": scenario, "arm": name, "is": is_arm.get(name)}
        | _row(cold[is_arm.get(name, name)], oracle, warm.get(name))
        for name in names
    ]


def _row(runs: pd.DataFrame, oracle: pd.DataFrame, warm: pd.DataFrame | None) -> dict[str, object]:
    span, both = runs["makespan"], runs if warm is None else pd.concat([runs, warm])
    ratio = span / oracle["makespan"] - 1.0
    return {
        "makespan": span.median(),
        "spread": (span.quantile(0.95) - span.quantile(0.05)) / span.median(),
        "regret": ratio.median(),
        "regret_warm": None if warm is None else (warm["makespan"] / oracle["makespan"] - 1.0).median(),
        "regret_high": ratio.quantile(0.95),
        "seconds_lost": (span - oracle["makespan"]).median(),
        "calls": runs["calls"].median(),
        "calls_regret": (runs["calls"] / oracle["calls"] - 1.0).median(),
        "limit_hits": int(both["limit_hits"].max()),
        "limit_occasions": int(both["limit_occasions"].max()),
        "lost": int(both["failed"].max()),
        "seeds": len(runs),
    }


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return the summary of a table of `TABLE`: a row an arm, over the scenarios that are judged by ratio."""
    by_ratio = table[~table["scenario"].isin(JUDGED_IN_SECONDS)]
    rows = []
    for name, group in (by_ratio if len(by_ratio) else table).groupby("arm", sort=False):
        worst = group.sort_values("regret").iloc[-1]
        rows.append(
            {
                "arm": name,
                "median": group["regret"].median(),
                "worst": worst["regret"],
                "worst_scenario": worst["scenario"],
                "median_warm": group["regret_warm"].median(),
                "worst_warm": group["regret_warm"].max(),
                "calls_median": group["calls_regret"].median(),
                "limit_hits": int(group["limit_hits"].max()),
                "limit_occasions": int(group["limit_occasions"].max()),
                "lost": int(group["lost"].max()),
            }
        )
    rows.sort(key=lambda row: (row["median"], row["worst"]))
    return SUMMARY.frame({name: [row[name] for row in rows] for name in SUMMARY.names})
