"""Runs and a study that all pictures are tried on; made by hand where exact numbers matter."""

from __future__ import annotations

import dataclasses

import pytest

from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.runs import Run, scan
from batchlab.study import Study, compare

FILES = {f"{number}/go.mod": b"module %d" % number for number in range(12)}


@pytest.fixture(scope="session")
def hub() -> SimHub:
    return SimHub(World.build({"acme/app": FILES, "acme/lib": {"go.mod": b"module lib"}}), "typical")


@pytest.fixture(scope="session")
def run(hub: SimHub) -> Run:
    return scan(hub=hub, strategy="adaptive")


@pytest.fixture(scope="session")
def study(hub: SimHub) -> Study:
    return compare(hub, ["adaptive", "parallel", "sequential"], seeds=range(3))


def _cut(run: Run, rows: int) -> Run:
    frames = ("results", "calls", "batches", "decisions", "timeline")
    cut = {name: getattr(run, name).iloc[:rows] for name in frames}
    return dataclasses.replace(run, metrics=run.metrics.iloc[:rows], **cut)


@pytest.fixture(scope="session")
def runs_by_size(run: Run) -> dict[str, Run]:
    """The same run with all its rows, with one row a frame, and with none."""
    return {"whole": run, "one row": _cut(run, 1), "empty": _cut(run, 0)}


@pytest.fixture(scope="session")
def studies_by_size(study: Study) -> dict[str, Study]:
    """The same study whole, with one row a table, and with none."""

    def cut(rows: int) -> Study:
        runs = dict(list(study.runs.items())[:rows])
        return dataclasses.replace(
            study, table=study.table.iloc[:rows], replications=study.replications.iloc[:rows], runs=runs
        )

    return {"whole": study, "one row": cut(1), "empty": cut(0)}
