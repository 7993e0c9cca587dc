"""Sweep a grid: every combination of settings, scenarios, strategies and seeds, a row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

import pandas as pd

from batchlab.batch_config import FIELDS, BatchConfig, BatchStrategy, checked_setting
from batchlab.errors import ConfigError, InputError
from batchlab.frames import Column, Schema
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hubs import Hub
from batchlab.patterns import MANIFESTS
from batchlab.study.arms import Strategies, arms_of
from batchlab.study.replication import REPLICATIONS, Replication
from batchlab.study.workers import Progress, Workers

Where: TypeAlias = Hub | str | Scenario | Iterable[str | Scenario]
Grid: TypeAlias = Mapping[str, Sequence[Any]]
_DTYPES = {int: "int64", float: "float64", bool: "bool"}


@dataclass(frozen=True)
class _Point:
    """One combination: the hub's number and name, and the settings that were varied."""

    hub: int
    scenario: str
    settings: dict[str, Any]
    run: Replication


def sweep(
    where: Where | None = None,
    grid: Grid | None = None,
    strategies: Strategies = (BatchStrategy.ADAPTIVE,),
    seeds: Iterable[int] = range(3),
    *,
    config: BatchConfig | None = None,
    patterns: Sequence[str] = MANIFESTS,
    workers: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Read the same files under every combination of a grid.

    Parameters
    ----------
    where
        A hub, or scenarios by name, each with its own work; the sample world of the embedded GitHub unless given.
    grid
        Values to try, by field of `BatchConfig`; for ``routes`` a value is a name or a tuple of names.
    strategies
        As for `batchlab.compare`.
    seeds
        Replications.
    config
        The settings that are not varied; `BatchConfig.lab` unless given.
    patterns
        Globs of the wanted files.
    workers
        Processes; all cores unless given. Results do not depend on it. In a script, call this below
        ``if __name__ == "__main__":``, or give 1.
    progress
        Called with the number of runs that have ended, and of all.

    Returns
    -------
    pandas.DataFrame
        A row a run, columns of `sweep_schema`: scenario, the varied fields, then those of a replication. The order
        is that of scenarios, combinations, strategies and seeds.

    Raises
    ------
    ConfigError
        The grid names an unknown field, or a value or combination that the configuration refuses.
    InputError
        There is nothing to run.

    Examples
    --------
    >>> from batchlab.hub.world import World
    >>> hub = SimHub(World.build({"acme/app": {f"{i}/go.mod": b"module %d" % i for i in range(9)}}), "no-limits")
    >>> frame = sweep(hub, {"max_concurrent_requests": [1, 3, 9]}, ["parallel"], seeds=[0], workers=1)
    >>> frame["makespan"].is_monotonic_decreasing
    True
    """
    config, grid = config if config is not None else BatchConfig.lab(), dict(grid or {})
    hubs = _hubs(where)
    points = list(_points(hubs, grid, strategies, list(seeds), config, tuple(patterns)))
    if not points:
        raise InputError("there is nothing to run: name at least one scenario, value, strategy and seed")
    with Workers([hub for _, hub in hubs], workers) as pool:
        rows = pool.rows([point.run for point in points], progress)
    return _frame(points, rows, grid)


def sweep_schema(grid: Grid) -> Schema:
    """Return the schema of the frame that a sweep over such a grid returns."""
    varied = tuple(Column(name, _dtype(name), str(_field(name).metadata["help"])) for name in grid)
    return Schema(
        "sweep",
        "A row a run, by scenario, combination, strategy and seed.",
        (Column("scenario", "string", "conditions, or the hub's name"), *varied, *REPLICATIONS.columns),
    )


def _field(name: str) -> Any:
    if name not in FIELDS:
        raise ConfigError(f"unknown setting {name!r} in the grid; accepted: {', '.join(FIELDS)}")
    return FIELDS[name]


def _dtype(name: str) -> str:
    return _DTYPES.get(_field(name).metadata["kind"], "string")


def _hubs(where: Where | None) -> list[tuple[str, Hub]]:
    if where is None:
        return [("typical", SimHub.sample())]
    if isinstance(where, (str, Scenario)):
        where = [where]
    if isinstance(where, Iterable):
        scenarios = [Scenario.load(scenario) for scenario in where]
        return [(scenario.name, SimHub(scenario=scenario)) for scenario in scenarios]
    return [(where.scenario.name if isinstance(where, SimHub) else where.name, where)]


def _points(
    hubs: Sequence[tuple[str, Hub]],
    grid: Grid,
    strategies: Strategies,
    seeds: Sequence[int],
    config: BatchConfig,
    patterns: tuple[str, ...],
) -> Iterable[_Point]:
    values = [[checked_setting(name, value) for value in grid[name]] for name in grid if _field(name)]
    chosen = strategies if isinstance(strategies, Mapping) else list(strategies)
    for (place, (scenario, _)), combination in product(enumerate(hubs), product(*values)):
        settings = dict(zip(grid, combination, strict=True))
        for arm in arms_of(chosen, BatchConfig(**(config.to_dict() | settings))):
            for seed in seeds:
                yield _Point(place, scenario, settings, Replication(place, arm, seed, patterns=patterns))


def _frame(points: Sequence[_Point], rows: Sequence[dict[str, Any]], grid: Grid) -> pd.DataFrame:
    schema = sweep_schema(grid)
    whole = [
        {"scenario": point.scenario, **{name: _shown(value) for name, value in point.settings.items()}, **row}
        for point, row in zip(points, rows, strict=True)
    ]
    return schema.frame({name: [row[name] for row in whole] for name in schema.names})


def _shown(value: Any) -> Any:
    return "+".join(value) if isinstance(value, tuple) else value
