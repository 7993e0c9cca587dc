"""The command that repeats what a report tells of, or the line of Python where no command can."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.hub.scenario import Scenario
from batchlab.patterns import MANIFESTS
from batchlab.report.subjects import SAMPLE
from batchlab.runs import Run
from batchlab.study import Study, with_work


def repeated_by(study: Study, items: Sequence[Any]) -> str:
    """Return what makes the same study again.

    Parameters
    ----------
    study
        The study.
    items
        The worlds that it read, as `batchlab.report` was given them; none where it was saved before.
    """
    run = next(iter(study.runs.values()), None)
    seeds = study.replications["seed"].unique().tolist()
    arms = study.replications["strategy"].unique().tolist()
    known = {strategy.value for strategy in BatchStrategy}
    if run is None or not set(arms) <= known or seeds != list(range(len(seeds))):
        return _in_python(study, arms, seeds)
    what = _source(run, items)
    if what is None:
        return _in_python(study, arms, seeds)
    options = ["--strategies", ",".join(arms), "--seeds", str(len(seeds))]
    if run.patterns not in ((), MANIFESTS):
        options += [word for pattern in run.patterns for word in ("--pattern", pattern)]
    return shlex.join([*_settings(study.config), "batchlab", *what, *options])


def _source(run: Run, items: Sequence[Any]) -> list[str] | None:
    """Return the command that reads the same world, None where it was made in Python."""
    if run.scenario is None:
        return ["compare", *run.repositories, "--yes"] if run.repositories else None
    if run.scenario not in Scenario.names():
        return None
    scenario = [] if run.scenario == "typical" else ["--scenario", run.scenario]
    if run.hub == SAMPLE:
        return ["report", SAMPLE, *scenario]
    if run.scenario in with_work() and not any(isinstance(item, str) for item in items):
        return None
    texts = [str(item) for item in items if isinstance(item, str)]
    named = [] if any(text in with_work() for text in texts) else scenario
    return ["report", *texts, *named] if texts and len(texts) == len(items) else None


def _settings(config: BatchConfig) -> list[str]:
    """Return settings that differ from the defaults as variables before the command."""
    changed = {name: value for name, value in config.changed().items() if name != "default_strategy"}
    return [f"BATCHLAB_{name.upper()}={_as_variable(value)}" for name, value in changed.items()]


def _as_variable(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value).lower()


def _in_python(study: Study, arms: list[str], seeds: list[int]) -> str:
    return f"bl.compare(hub, {arms!r}, seeds={seeds!r}, config={study.config!r})  # hub: {study.hub}"
