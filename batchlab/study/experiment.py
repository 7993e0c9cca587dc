"""Run changes beside what they change, seed by seed: in the twin to foretell, on the true hub to verify."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.errors import InputError
from batchlab.hub.sim import SimHub
from batchlab.hubs import Hub
from batchlab.runs.run import Run
from batchlab.study.arms import Arm
from batchlab.study.candidates import Candidate
from batchlab.study.replication import Replication, Row
from batchlab.study.workers import Workers

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Work:
    """What every arm reads: globs, and repositories where they are not all of the hub's."""

    patterns: tuple[str, ...]
    repositories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The replications of one change, beside those of no change, in the order of seeds."""

    before: Sequence[Row]
    after: Sequence[Row]
    wait: float = 0.0

    @property
    def seconds(self) -> Array:
        """Seconds saved, by seed."""
        return self._saved("makespan") - self.wait

    def saved(self, column: str) -> float:
        """Return the mean of what is saved of a column."""
        return float(self._saved(column).mean())

    def _saved(self, column: str) -> Array:
        return np.array([b[column] - a[column] for b, a in zip(self.before, self.after, strict=True)], dtype=float)

    @property
    def baseline(self) -> Array:
        """Makespan without the change, by seed."""
        return np.array([row["makespan"] for row in self.before], dtype=float)

    def followed_by(self, more: Outcome | None) -> Outcome:
        """Return these replications and more of the same change."""
        if more is None:
            return self
        return replace(self, before=[*self.before, *more.before], after=[*self.after, *more.after])

    @property
    def peak(self) -> int:
        """Most calls in flight after the change."""
        return max(int(row["peak_in_flight"]) for row in self.after)


def arm_of(run: Run, candidate: Candidate | None = None) -> Arm:
    """Return the arm that runs with the settings of a run, changed as a candidate says.

    Raises
    ------
    InputError
        The run was made with a policy that is none of the five strategies.
    """
    changes = dict(candidate.settings) if candidate else {}
    strategy = changes.pop("strategy", run.strategy)
    if strategy not in {one.value for one in BatchStrategy}:
        raise InputError(
            f"the run was made with the policy {strategy!r}, which its record cannot bring back; "
            "opportunities are found for runs of the five strategies"
        )
    config = BatchConfig(**(run.config.to_dict() | changes))
    return Arm(candidate.name if candidate else "as it was", BatchStrategyManager(config).policy(strategy), config)


def experiment(
    run: Run, tried: Sequence[Candidate], hubs: Sequence[Hub], work: Work, seeds: Sequence[int], workers: int
) -> list[Outcome | None]:
    """Run each change and no change under the same seeds.

    Parameters
    ----------
    run
        Whose settings are changed.
    tried
        The changes.
    hubs
        What is read, one for each seed. Where they are none of the embedded ones, changes that need other limits or a
        kept cache cannot be tried and come out as None.
    work
        What is read of it.
    seeds
        Of the replications.
    workers
        Processes.
    """
    arms = [(arm_of(run), list(hubs)), *_arms(run, tried, hubs)]
    known = list(dict.fromkeys(hub for _, places in arms for hub in places))
    wanted = [
        Replication(known.index(hub), arm, seed, None, work.patterns, work.repositories)
        for arm, places in arms if places
        for hub, seed in zip(places, seeds, strict=True)
    ]  # fmt: skip
    with Workers(known, workers) as pool:
        rows = pool.rows(wanted)
    by_arm = [rows[start : start + len(seeds)] for start in range(0, len(rows), len(seeds))]
    before, after = by_arm[0], iter(by_arm[1:])
    return [
        Outcome(before, next(after), candidate.wait) if places else None
        for candidate, (_, places) in zip(tried, arms[1:], strict=True)
    ]


def _arms(run: Run, tried: Sequence[Candidate], hubs: Sequence[Hub]) -> Iterator[tuple[Arm, list[Hub]]]:
    """Yield the arm of each change and the hubs that it is tried on, none where it cannot be made."""
    for candidate in tried:
        changed = {hub: _hub_for(candidate, hub, run) for hub in dict.fromkeys(hubs)}
        yield arm_of(run, candidate), [other for hub in hubs if (other := changed[hub]) is not None]


def _hub_for(candidate: Candidate, hub: Hub, run: Run) -> Hub | None:
    """Return the hub that a change is tried on; None where it cannot be made."""
    if not candidate.limits and not candidate.again:
        return hub
    if not isinstance(hub, SimHub):
        return None
    limits = {name: value for name, value in candidate.limits.items() if _has(hub, name)}
    scenario = replace(hub.scenario, limits=replace(hub.scenario.limits, **limits))
    changed = SimHub(hub.world, scenario, token=hub.token, seed=hub.seed)
    changed.held = dict(hub.held) | (_everything(hub, run) if candidate.again else {})
    return changed


def _has(hub: SimHub, field: str) -> bool:
    """Return whether a server has the limit that a field is about: a token cannot bring GraphQL where there is none."""
    pool = "graphql" if field.startswith("graphql") else "core"
    return getattr(hub.scenario.limits, pool) is not None


def _everything(hub: SimHub, run: Run) -> dict[str, bytes]:
    """Return the blobs that a run would leave in a cache: those of its paths, as this hub has them."""
    held: dict[str, bytes] = {}
    wanted = run.files.groupby("repo")["path"].agg(set).to_dict()
    for repository in hub.world:
        paths = wanted.get(repository.full_name, set())
        snapshot = repository.snapshot("HEAD")
        for entry in snapshot.entries if snapshot and paths else ():
            if entry.path in paths and entry.type == "blob":
                held[entry.sha] = repository.blobs.read(entry.sha)
    return held
