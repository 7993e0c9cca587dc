"""Plan a run without reading a file: `plan` reads the trees, and tells calls, points, bytes and seconds of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_models import Repository
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.cache_manager import CacheManager
from batchlab.cards import card
from batchlab.control.policies import Policy
from batchlab.hubs import GitHub, Hub, client_of, default_cache, repositories_of
from batchlab.patterns import MANIFESTS, PathFilter
from batchlab.runs.background import run_apart
from batchlab.runs.rehearsal import Rehearsal


@dataclass(frozen=True, repr=False)
class Plan:
    """What a run would do, and cost.

    Parameters
    ----------
    table
        Columns of `batchlab.runs.rehearsal.PLAN`.
    shortest, longest
        Seconds from first call to last row: between these if nothing fails.
    undelivered
        Rows of results for what cannot be read or is not there, as the run will have them.
    strategy, hub
        Name of the strategy or policy, and of what would be read from.
    spent
        Calls that planning itself has made.
    """

    table: pd.DataFrame
    shortest: float
    longest: float
    undelivered: pd.DataFrame
    strategy: str
    hub: str
    spent: int

    @property
    def files(self) -> int:
        """Files that the run would deliver."""
        return int(self.table["files"].sum())

    @property
    def calls(self) -> int:
        """HTTP exchanges that the run would make."""
        return int(self.table["calls"].sum())

    @property
    def points(self) -> dict[str, int]:
        """Budget points by rate-limit resource."""
        spending = self.table[self.table["pool"].notna()]
        return {str(pool): int(points) for pool, points in spending.groupby("pool")["points"].sum().items()}

    @property
    def bytes(self) -> int:
        """Bytes of all answers."""
        return int(self.table["bytes"].sum())

    def _repr_html_(self) -> str:
        facts = {"calls": f"{self.calls:,}", "points": _told(self.points), "seconds": self._range()}
        routes = {"Routes": self.table.to_html(index=False, border=0)}
        return card(f"Plan: {self.strategy} on {self.hub}", facts, routes)

    def _range(self) -> str:
        return f"{self.shortest:,.1f} to {self.longest:,.1f} s"

    def __repr__(self) -> str:
        return (
            f"<Plan {self.strategy} on {self.hub}: {self.files} files in {self.calls} calls, "
            f"{_told(self.points)}, {self.bytes / 1e6:.1f} MB, {self._range()}>"
        )


def _told(points: dict[str, int]) -> str:
    return " and ".join(f"{points} {pool} points" for pool, points in points.items())


def plan(
    repositories: Iterable[Repository | str] | Repository | str | None = None,
    hub: Hub | None = None,
    strategy: BatchStrategy | str | Policy | None = None,
    *,
    config: BatchConfig | None = None,
    patterns: Sequence[str] = MANIFESTS,
    cache: CacheManager | None = None,
    seed: int = 0,
) -> Plan:
    """Read the trees and no file; return what `batchlab.scan` with the same arguments would do and cost.

    Trees are kept in the cache: with one that outlives the plan, the run reads them again for nothing. Where points are
    not short, ADAPTIVE may spend some more than planned: an idle API reads files of archives that would have to wait.

    Parameters
    ----------
    repositories, hub, strategy, config, patterns, cache, seed
        As for `batchlab.runs.start`.

    Raises
    ------
    AuthenticationError
        The token was refused.
    InputError
        A repository, pattern or strategy is no such thing, or there is nothing to read.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> hub = SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits")
    >>> plan(hub=hub).table[["route", "files", "calls", "points"]]
       route  files  calls  points
    0   tree      0      1       1
    1  blobs      1      1       1
    """
    hub = hub if hub is not None else GitHub()
    wanted, path_filter = repositories_of(repositories, hub), PathFilter(patterns)
    config = config if config is not None else BatchConfig()
    policy = BatchStrategyManager(config).policy(strategy)
    own_cache = default_cache(hub) if cache is None else None
    kept = cache is not None or isinstance(hub, GitHub)
    client = client_of(hub, seed)

    async def read() -> Plan:
        try:
            async with client:
                rehearsal = Rehearsal(client, own_cache or cache, config, policy, seed)
                await rehearsal.read(wanted, path_filter)
            return _plan_of(rehearsal, hub, free_trees=kept and config.use_cache and client.authenticated)
        finally:
            if own_cache is not None:
                own_cache.close()

    return run_apart(read, virtual=hub.virtual)


def _plan_of(rehearsal: Rehearsal, hub: Hub, *, free_trees: bool) -> Plan:
    table, forecast = rehearsal.table(free_trees=free_trees), rehearsal.forecast
    return Plan(
        table,
        forecast.shortest,
        forecast.longest,
        rehearsal.undelivered(),
        rehearsal.strategy,
        hub.name,
        rehearsal.spent,
    )
