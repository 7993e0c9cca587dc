"""Find the best static arm of a scenario, as one would who had tried them all beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from batchlab.batch_config import BatchConfig
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.study.arms import Arm
from batchlab.study.baselines import static_arms
from batchlab.study.kept_rows import KeptRows
from batchlab.study.replication import Replication, Row
from batchlab.study.workers import Progress, Workers

# A run this many times as slow as the best so far is stopped: no noise between seeds makes up for so much.
HOPELESS = 1.3
AT_ONCE = 6  # runs with one deadline; the first ones are arms that lie far apart
CHOICE_SEEDS = tuple(range(1000, 1005))
_WORST = 100.0  # times the best makespan: worse is not told apart
Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Oracles:
    """The static arms that were chosen, by name.

    Parameters
    ----------
    best
        The best of each scenario.
    constant
        The one that is best over all of them.
    """

    best: dict[str, str]
    constant: str


def with_work() -> list[str]:
    """Return the names of the scenarios that bring their work."""
    return [name for name in Scenario.names() if Scenario.load(name).work is not None]


def choose_oracles(
    scenarios: Iterable[str | Scenario],
    config: BatchConfig | None = None,
    seeds: Sequence[int] = CHOICE_SEEDS,
    *,
    arms: Sequence[Arm] | None = None,
    exhaustive: bool = False,
    workers: int | None = None,
    progress: Told | None = None,
    kept: KeptRows | None = None,
) -> Oracles:
    """Choose the best static arm of each scenario, and the one that is best over all of them.

    Parameters
    ----------
    scenarios
        Names or scenarios, each with its work.
    config
        The settings; `BatchConfig.lab` unless given.
    seeds
        To choose on: none of those that will be reported.
    arms
        The static arms; the whole grid unless given.
    exhaustive
        Whether every arm meets every seed, instead of successive halving.
    workers
        Processes; all cores unless given.
    progress
        Called with the scenario, the runs of a round that have ended, and all of them.
    kept
        Where runs are kept, and found that were made before.
    """
    config = config if config is not None else BatchConfig.lab()
    grid = static_arms(config) if arms is None else list(arms)
    choose = full_grid if exhaustive else halving
    best: dict[str, str] = {}
    losses: dict[str, dict[str, float]] = {}
    for scenario in map(Scenario.load, scenarios):
        with Workers([SimHub(scenario=scenario)], workers, kept.of(scenario) if kept else None) as pool:
            arm, search = choose(pool, 0, grid, seeds, named(progress, scenario.name))
        best[scenario.name], losses[scenario.name] = arm.name, search.losses(seeds[0])
    return Oracles(best, str(pd.DataFrame(losses).mean(axis=1).idxmin()))


def named(progress: Told | None, scenario: str) -> Progress | None:
    """Return a callback of two numbers from one that wants the scenario, too."""
    return None if progress is None else lambda done, total: progress(scenario, done, total)


@dataclass
class Search:
    """What a search has seen of each arm: the makespan by seed; infinite where files were lost or a limit was met."""

    makespans: dict[str, dict[int, float]] = field(default_factory=dict)

    def note(self, row: Row, deadline: float | None) -> None:
        """Take note of a run; one that was stopped counts as if it had gone on as it began."""
        span = row["makespan"]
        if deadline is not None and span >= deadline:
            span *= row["files"] / max(1, row["delivered"])
        elif row["failed"] or row["limit_hits"]:
            span = math.inf
        self.makespans.setdefault(row["strategy"], {})[row["seed"]] = span

    def losses(self, seed: int) -> dict[str, float]:
        """Return the logarithm of each arm's makespan over the best one's, under a seed that all have met."""
        spans = {name: by_seed[seed] for name, by_seed in self.makespans.items()}
        least = min(spans.values())
        return {name: float(np.log(min(span / least, _WORST))) for name, span in spans.items()}

    def score(self, name: str) -> float:
        """Return the geometric mean of an arm's makespans."""
        spans = self.makespans[name].values()
        return math.exp(sum(map(math.log, spans)) / len(spans))

    def ranked(self, arms: Sequence[Arm]) -> list[Arm]:
        """Return arms, best first; equals keep their order."""
        return sorted(arms, key=lambda arm: self.score(arm.name))

    def hopeful(self, arms: Sequence[Arm]) -> list[Arm]:
        """Return arms, best first, without those that are too far behind to be the best."""
        ranked = self.ranked(arms)
        most = HOPELESS * self.score(ranked[0].name)
        return [arm for arm in ranked if self.score(arm.name) <= most]


def halving(
    workers: Workers, hub: int, arms: Sequence[Arm], seeds: Sequence[int], progress: Progress | None = None
) -> tuple[Arm, Search]:
    """Choose the best arm by successive halving: a seed is met by the better half of those before, at most.

    Parameters
    ----------
    workers
        Who makes the runs.
    hub
        Number of the hub among theirs.
    arms
        The static arms.
    seeds
        To choose on; not those that are reported.
    progress
        Called with the runs that have ended, and all, of each round.

    Returns
    -------
    tuple
        The chosen arm, and what was seen.

    References
    ----------
    K. Jamieson, A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization",
    https://arxiv.org/abs/1502.07943
    """
    search, left = Search(), list(arms)
    for seed in seeds:
        _meet(workers, hub, left, seed, search, progress)
        left = search.hopeful(left)[: max(2, math.ceil(len(left) / 2))]
    return left[0], search


def full_grid(
    workers: Workers, hub: int, arms: Sequence[Arm], seeds: Sequence[int], progress: Progress | None = None
) -> tuple[Arm, Search]:
    """Choose the best arm from all of them under all seeds; parameters as in `halving`, which this validates."""
    search = Search()
    for seed in seeds:
        _meet(workers, hub, arms, seed, search, progress)
    return search.ranked(arms)[0], search


def _meet(
    workers: Workers, hub: int, arms: Sequence[Arm], seed: int, search: Search, progress: Progress | None
) -> None:
    """Run every arm under a seed, a few at once and none for longer than makes sense after those before."""
    step = max(1, len(arms) // AT_ONCE)
    order = sorted(range(len(arms)), key=lambda place: place % step > 0)  # those that lie apart, then the others
    deadline = None
    for start in range(0, len(order), AT_ONCE):
        some = [Replication(hub, arms[place], seed, deadline) for place in order[start : start + AT_ONCE]]
        for row in workers.rows(some):
            search.note(row, deadline)
        best = min(by_seed[seed] for by_seed in search.makespans.values() if seed in by_seed)
        deadline = HOPELESS * best if best < math.inf else None
        if progress is not None:
            progress(min(start + AT_ONCE, len(order)), len(order))
