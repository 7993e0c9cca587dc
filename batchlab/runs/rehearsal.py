"""A reading whose files are planned and not sent: trees are read, and what the rest would cost is counted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from batchlab import clock
from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig
from batchlab.batch_models import Repository
from batchlab.cache_manager import CacheManager
from batchlab.control.forecast import QUICK, SLOW, Forecast, Stage
from batchlab.control.outlook import beyond_a_minute
from batchlab.control.policies import Policy
from batchlab.control.trace import Trace
from batchlab.engine.governor import POINTS_A_MINUTE, SERVICE_SECONDS_A_MINUTE
from batchlab.engine.planned_calls import PlannedCall, planned_calls
from batchlab.engine.reading import Reading
from batchlab.engine.work_queue import Job
from batchlab.frames import Column, Schema, results_frame
from batchlab.patterns import PathFilter
from batchlab.routes import ROUTES

PLAN = Schema(
    "plan",
    "A row a route, in the order of a file's way: the trees, the routes, and what needs no call.",
    (
        Column("route", "string", "tree; a route; none for files that are held, or equal to one that is read"),
        Column("pool", "string", "rate-limit resource that it spends", nullable=True),
        Column("repositories", "int64", "repositories that it serves", "repositories"),
        Column("files", "int64", "files that it brings", "files"),
        Column("calls", "int64", "HTTP exchanges, redirects among them", "calls"),
        Column("points", "int64", "budget points", "points"),
        Column("bytes", "int64", "bytes of all answers", "bytes"),
        Column("seconds", "float64", "service time summed over calls", "s"),
    ),
)


class Rehearsal:
    """One reading of trees, on the running loop; afterwards it tells what reading the files would cost.

    Parameters
    ----------
    client, cache, config, policy, seed
        As for the run that it stands for.
    """

    def __init__(
        self, client: AsyncGitHubClient, cache: CacheManager | None, config: BatchConfig, policy: Policy, seed: int
    ) -> None:
        self._config, self._policy = config, policy
        self._jobs: list[Job] = []
        self._trace = Trace(detailed=True)
        self._reading = Reading(
            client, cache, config, policy, self._trace, submit_files=self._jobs.append, seed=seed
        )  # fmt: skip
        self._calls: list[PlannedCall] = []
        self.strategy = policy.name

    async def read(self, repositories: Iterable[Repository], wanted: PathFilter) -> None:
        """Read the trees of repositories, and plan the files that a filter wants.

        Raises
        ------
        AuthenticationError
            The token was refused.
        """
        start = clock.now()
        unique: dict[tuple[str, str | None], Repository] = {}
        for repo in repositories:
            unique.setdefault(repo.key, repo)
        for repo in unique.values():
            self._reading.asks.ask_repository(repo, wanted)
        await self._reading.run()
        self._calls = planned_calls(self._jobs, self._reading.measured)
        self.forecast = self._forecast(clock.now() - start)

    @property
    def spent(self) -> int:
        """Calls that the rehearsal itself has made."""
        return len(self._trace.calls)

    def undelivered(self) -> pd.DataFrame:
        """Return the rows of what cannot be read or is not there."""
        return results_frame([row for row in self._reading.results() if row.error is not None])

    def table(self, *, free_trees: bool) -> pd.DataFrame:
        """Return what the run would do.

        Parameters
        ----------
        free_trees
            Whether the answers that were read now are held when the run asks for them again.

        Returns
        -------
        pandas.DataFrame
            Columns of `PLAN`.
        """
        by_route = {name: [call for call in self._calls if call.route == name] for name in ROUTES}
        rows = [self._trees(free_trees), *(_row(name, calls) for name, calls in by_route.items() if calls)]
        if self._without_call():
            rows.append(_counts("none", None, files=self._without_call()))
        return PLAN.frame({name: [row[name] for row in rows] for name in PLAN.names})

    def _trees(self, free: bool) -> dict[str, Any]:
        # Failures of the server and limits that were met are chance, and not planned.
        certain = [call for call in self._trace.calls if (call.status or 500) < 500 and call.outcome != "limited"]
        charged = [call for call in certain if not (free and call.outcome in ("ok", "not_modified"))]
        return _counts(
            "tree",
            "core",
            repositories=len({call.repo for call in certain}),
            calls=len(certain),
            points=sum(call.points for call in charged),
            bytes=sum(call.bytes for call in charged),
            seconds=math.fsum(call.finished - call.sent for call in certain),
        )

    def _without_call(self) -> int:
        files = sum(bool(row.request.file_path) and row.error is None for row in self._reading.results())
        return files - sum(call.files for call in self._calls)

    def _forecast(self, trees: float) -> Forecast:
        slots = self._policy.ceiling(self._config)
        whole = [call.seconds for call in self._calls if ROUTES[call.route].whole_repository]
        others = [call.seconds for call in self._calls if not ROUTES[call.route].whole_repository]
        stages = [Stage(whole, min(slots, self._config.max_concurrent_repos)), Stage(others, slots)]
        least, most = max(self._waits(QUICK)), sum(self._waits(SLOW))
        return Forecast.of(trees, stages, slots=slots, least_wait=least, most_wait=most)

    def _waits(self, pace: float) -> list[float]:
        """Return the seconds for which each minute rule and budget, as far as it is known, holds the last call back."""
        governor, share, waits = self._reading.governor, self._policy.minute_share(self._config), []
        ruled = 0.0 if governor.account("core").silent else 1.0
        for pool, minute in POINTS_A_MINUTE.items():
            calls = [call for call in self._calls if call.pool == pool]
            points = sum(call.points for call in calls) + (self.spent if pool == "core" else 0)
            service = pace * math.fsum(call.seconds for call in calls)
            waits.append(ruled * beyond_a_minute(points, share * minute / 60.0))
            waits.append(ruled * beyond_a_minute(service, share * SERVICE_SECONDS_A_MINUTE.get(pool, math.inf) / 60.0))
            waits.append(governor.seconds_for(pool, points, clock.epoch()) or 0.0)
        return waits


def _row(route: str, calls: Sequence[PlannedCall]) -> dict[str, Any]:
    summed = ("files", "calls", "points", "bytes", "seconds")
    sums = {name: sum(getattr(call, name) for call in calls) for name in summed}
    repositories = frozenset[str]().union(*(call.repositories for call in calls))
    return _counts(route, calls[0].pool, repositories=len(repositories), **sums)


def _counts(route: str, pool: str | None, **counts: float) -> dict[str, Any]:
    return dict.fromkeys(PLAN.names, 0) | {"route": route, "pool": pool} | counts
