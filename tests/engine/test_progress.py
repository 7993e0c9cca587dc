"""What a progress monitor is told of a run: how far it is, when it will be done, and what it waits for."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from batchlab.batch_progress_monitor import BatchProgressMonitor, Progress
from batchlab.engine.progress import REPORT_EVERY
from batchlab.hub.scenario import Faults, Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World

Read = Callable[..., Any]


def shown(read: Read, world: World, scenario: Scenario, **settings: Any) -> list[Progress]:
    told: list[Progress] = []
    read(SimHub(world, scenario), monitor=BatchProgressMonitor(told.append), **settings)
    return told


def test_a_run_is_followed_to_its_end_and_leaves_one_last_word(read: Read, town: World) -> None:
    told = shown(read, town, Scenario("calm", latency=Latency(median=0.25)))
    assert told[0] == Progress()
    *under_way, last = told
    assert [progress.finished for progress in told] == [False] * len(under_way) + [True]
    assert (last.completed, last.total) == (60, 60)
    assert last.summary.startswith("60 of 60 files in 0:0")
    counts = [progress.completed for progress in told]
    assert counts == sorted(counts)
    assert all(progress.completed <= (progress.total or 0) for progress in under_way[1:])
    assert {progress.batch_size for progress in under_way[1:-1]} == {1}


def test_reports_come_often_enough_and_no_more_often(read: Read, build_town: Callable[..., World]) -> None:
    scenario = Scenario("calm", latency=Latency(median=0.3, sigma=0.5))
    told = shown(read, build_town(20, 20), scenario, max_concurrent_requests=40)
    times = [progress.elapsed for progress in told[1:-2]]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= REPORT_EVERY
    assert max(gaps) < 4 * REPORT_EVERY


@pytest.mark.parametrize(
    ("limits", "waiting"),
    [
        ({"core": 5000, "remaining": 20, "reset_in": 600.0}, "core budget, "),
        ({"core": 5000, "points_per_minute": 30, "lockout": 45.0}, "secondary rate limit, 45 s"),
    ],
)
def test_a_wait_is_told_with_its_reason_as_soon_as_it_begins(
    limits: dict[str, float], waiting: str, read: Read, town: World
) -> None:
    told = shown(read, town, Scenario("limited", latency=Latency(median=0.1), limits=Limits(**limits)))
    waits = [progress for progress in told if progress.waiting is not None]
    assert waits[0].waiting is not None
    assert waits[0].waiting.startswith(waiting)
    assert waits[0].elapsed < 2.0
    assert waiting.split(",")[0] in waits[0].status
    assert told[-1].waiting is None


def test_an_outage_is_told_as_one(read: Read, town: World) -> None:
    told = shown(read, town, Scenario("down", faults=Faults({"reset": 1.0})))
    assert any(progress.waiting and progress.waiting.startswith("no connection, next try") for progress in told)


def test_the_end_is_foretold_from_the_budget_where_that_is_what_it_waits_for(read: Read, town: World) -> None:
    limits = Limits(core=40, remaining=20, reset_in=600.0)
    told = shown(read, town, Scenario("scarce", latency=Latency(median=0.1), limits=limits), rate_limit_buffer=1.0)
    early = [progress for progress in told if progress.eta is not None and 1.0 < progress.elapsed < 60.0]
    assert early
    # Twelve trees and 49 blobs take what is left of this window and the whole of the next one.
    for progress in early:
        assert progress.eta == pytest.approx(600.0 - progress.elapsed, abs=15.0)


def test_operations_of_a_coordinator_nobody_watches_cost_no_report(read: Read, town: World) -> None:
    reading = read(SimHub(town, Scenario("calm")))
    assert reading.coordinator.progress_monitor is None
