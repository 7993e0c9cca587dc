"""One run of one arm under one seed, and the row that it leaves in a study."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from batchlab import clock
from batchlab.batch_config import BatchConfig
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.control.remembered import Remembered
from batchlab.control.trace import PAUSE, Trace
from batchlab.frames import Column, MetricsFrame, Schema
from batchlab.host_memory import HostMemory
from batchlab.hubs import Hub, client_of, fresh_cache
from batchlab.patterns import MANIFESTS
from batchlab.runs.run import Run
from batchlab.runs.summary import summary_of
from batchlab.study.arms import Arm
from batchlab.twin import run_virtual

REPLICATIONS = Schema(
    "replications",
    "A row a run of the study: arm by arm, seed by seed.",
    (
        Column("strategy", "string", "name of the arm"),
        Column("seed", "int64", "seed of the run"),
        Column("makespan", "float64", "first instant to last row", "s"),
        Column("calls", "int64", "HTTP exchanges", "calls"),
        Column("points", "int64", "budget points spent, all pools", "points"),
        Column("bytes", "Int64", "bytes of all answers; missing in studies of old", "bytes", nullable=True),
        Column("files", "int64", "files asked for", "files"),
        Column("delivered", "int64", "files delivered", "files"),
        Column("failed", "int64", "files and repositories that failed", "rows"),
        Column("limit_hits", "int64", "answers that named a rate limit", "calls"),
        Column(
            "limit_occasions",
            "Int64",
            "times that a limit was met: calls refused on the way to one pause count once; missing in studies of old",
            nullable=True,
        ),
        Column("p95_latency", "float64", "95th percentile of the service time of a call", "s", nullable=True),
        Column("parallel_efficiency", "float64", "service / (makespan x mean limit)", "share", nullable=True),
        Column("peak_in_flight", "int64", "most calls in flight at once", "calls"),
        Column("bound", "float64", "what no strategy can beat; missing where it is not known", "s", nullable=True),
        Column("efficiency", "float64", "bound / makespan, of a run that read everything", "share", nullable=True),
    ),
)
Row = dict[str, Any]


def row_of(name: str, seed: int, metrics: MetricsFrame, points: int, failed: int, occasions: int) -> Row:
    """Return the row of a run.

    Parameters
    ----------
    name, seed
        Of the arm and of the run.
    metrics
        The run's metrics.
    points
        Budget points spent.
    failed
        Rows of its results that failed.
    occasions
        Times that a rate limit was met.
    """
    last = metrics.iloc[-1]
    return {
        "strategy": name,
        "seed": seed,
        "makespan": float(metrics["makespan"].sum()),
        "calls": int(last["calls"]),
        "points": points,
        "bytes": int(last["bytes"]),
        "files": metrics.total_requests,
        "delivered": metrics.successful_requests,
        "failed": failed,
        "limit_hits": int(last["limit_hits"]),
        "limit_occasions": occasions,
        "p95_latency": last["p95_latency"],
        "parallel_efficiency": metrics.parallel_efficiency,
        "peak_in_flight": int(last["peak_in_flight"]),
        "bound": math.nan,
        "efficiency": math.nan,
    }


def bounded(row: Row, bound: float) -> Row:
    """Return a row with the bound of its run; one that lost files has no efficiency."""
    return row | {"bound": bound, "efficiency": math.nan if row["failed"] else bound / row["makespan"]}


def row_of_run(run: Run, name: str) -> Row:
    """Return the row of a whole run, under the name of its arm."""
    summary = summary_of(run)
    occasions = int((run.decisions["setting"] == PAUSE).sum())
    return row_of(name, run.seed, run.metrics, summary["points"], summary["failed"], occasions)


def replications_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a frame of `REPLICATIONS`."""
    return REPLICATIONS.frame({name: [row.get(name) for row in rows] for name in REPLICATIONS.names})


@dataclass(frozen=True)
class Replication:
    """A run to be made: by its hub's number, so that it is small enough to send to another process.

    Parameters
    ----------
    hub
        Number of the hub.
    arm
        Who reads.
    seed
        Of the run.
    deadline
        Seconds after which the run is stopped, because it is too slow to matter; None for never.
    patterns
        Globs of the wanted files.
    repositories
        What is read; the hub's own where there are none.
    recalled
        What an earlier run has learned of the host.
    teaches
        Whether the row tells, as ``learned``, what this one has.
    """

    hub: int
    arm: Arm
    seed: int
    deadline: float | None = None
    patterns: tuple[str, ...] = MANIFESTS
    repositories: tuple[str, ...] = ()
    recalled: Remembered | None = None
    teaches: bool = False

    def row(self, hub: Hub) -> Row:
        """Make the run and return its row; no contents are kept."""
        if hub.virtual:
            return run_virtual(lambda: self._read(hub))
        return asyncio.run(self._read(hub))

    async def _read(self, hub: Hub) -> Row:
        memory = HostMemory()
        if self.recalled is not None:
            memory.note(hub.base_url, self.recalled)
        with fresh_cache(hub) as cache:
            async with client_of(hub, self.seed) as client:
                config = BatchConfig(**self.arm.config.to_dict())
                coordinator = BatchCoordinator(client, cache, config, memory=memory, seed=self.seed)
                stop = None
                if self.deadline is not None:
                    stop = asyncio.get_running_loop().call_at(clock.now() + self.deadline, coordinator.stop)
                results = await coordinator.process_repositories_batch(
                    self.repositories or hub.repositories, self.arm.policy, patterns=self.patterns
                )
                if stop is not None:
                    stop.cancel()
        failed = int((results["status"] == "failed").sum())
        metrics = coordinator.get_batch_metrics()
        trace = coordinator.trace
        occasions = sum(decision.setting == PAUSE for decision in trace.decisions)
        row = row_of(self.arm.name, self.seed, metrics, points_of(trace), failed, occasions)
        learned = memory.recall(hub.base_url) if self.teaches else None
        return row if learned is None else row | {"learned": asdict(learned)}


def points_of(trace: Trace) -> int:
    """Return the budget points that the recorded calls spent."""
    return sum(call.points for call in trace.calls)
