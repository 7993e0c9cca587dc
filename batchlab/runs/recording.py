"""Make a `Run` of what was asked of a coordinator, and of what it has recorded."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version

import pandas as pd

from batchlab.batch_config import BatchConfig
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.batch_models import Repository
from batchlab.frames import BATCHES, CALLS, DECISIONS, TIMELINE
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.sim import SimHub
from batchlab.hubs import Hub
from batchlab.runs.run import Run

_STANDS_ON = ("batchlab", "httpx", "pandas", "numpy", "tenacity")


def recorded(
    coordinator: BatchCoordinator,
    results: pd.DataFrame,
    *,
    strategy: str,
    config: BatchConfig,
    hub: Hub,
    seed: int,
    repositories: Sequence[Repository],
    patterns: Sequence[str],
    interrupted: bool,
) -> Run:
    """Return the run that a coordinator has carried out.

    Parameters
    ----------
    coordinator
        Has made one operation, whole or in part.
    results
        Its rows.
    strategy, config, hub, seed, repositories, patterns, interrupted
        As in `batchlab.runs.run.Run`; the hub and the repositories themselves.
    """
    trace = coordinator.trace
    return Run(
        results=results,
        metrics=coordinator.get_batch_metrics(),
        batches=BATCHES.from_records(trace.batches),
        calls=CALLS.from_records(trace.calls),
        decisions=DECISIONS.from_records(trace.decisions),
        timeline=TIMELINE.from_records(trace.timeline),
        strategy=strategy,
        config=config,
        hub=hub.name,
        seed=seed,
        versions={"python": platform.python_version()} | {name: version(name) for name in _STANDS_ON},
        interrupted=interrupted,
        repositories=tuple(str(repository) for repository in repositories),
        patterns=tuple(patterns),
        scenario=hub.scenario.name if isinstance(hub, (SimHub, LoopbackHub)) else None,
    )
