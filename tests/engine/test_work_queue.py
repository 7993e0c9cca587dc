from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_models import BatchRequest, BatchResult
from batchlab.control.waits import Reason
from batchlab.engine.work_queue import Entry, Lane, Recall, WorkQueue

TREES, FILES = Lane(True, "core"), Lane(False, "core")


@dataclass
class Errand:
    """A job that only waits."""

    priority: int = 0
    lane: Lane = FILES
    route: str = "blobs"
    repo: str = "acme/app"
    points: int = 1
    repo_size: int = 0
    results: list[Any] = field(default_factory=list)


def emptied(queue: WorkQueue, lane: Lane = FILES) -> list[Entry]:
    entries = []
    while queue.waiting(lane):
        entries.append(queue.pop(lane, 0.0))
    return entries


@given(st.lists(st.integers(-3, 3), min_size=1))
def test_the_most_wanted_comes_first_and_equals_in_the_order_of_asking(priorities: list[int]) -> None:
    queue = WorkQueue()
    for priority in priorities:
        queue.add(Errand(priority), 0.0)
    taken = [(entry.job.priority, entry.number) for entry in emptied(queue)]
    assert taken == sorted(taken, key=lambda pair: (-pair[0], pair[1]))
    assert len(taken) == len(priorities)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1))
def test_nothing_is_lost_on_its_way_through_the_queue(errands: list[tuple[int, int]]) -> None:
    queue = WorkQueue()
    for priority, _ in errands:
        queue.add(Errand(priority), 0.0)
    ready = {entry.number: float(delay) for entry, (_, delay) in zip(emptied(queue), errands, strict=True)}
    for number, at in ready.items():
        queue.return_later(Entry(Errand(), number, 0.0, 0.0), 0.0, at)
    assert len(queue) == len(errands)
    assert queue.next_time() == min(ready.values())
    queue.mature(4.0)
    early = [entry.number for entry in emptied(queue)] if any(at <= 4.0 for at in ready.values()) else []
    assert sorted(early) == sorted(number for number, at in ready.items() if at <= 4.0)
    assert sorted(early + [entry.number for entry in queue.drain(4.0)]) == sorted(ready)
    assert (len(queue), queue.next_time()) == (0, None)


def test_trees_are_looked_at_first_whenever_their_lane_came() -> None:
    queue = WorkQueue()
    queue.add(Errand(lane=FILES), 0.0)
    assert queue.lanes == [FILES]
    queue.add(Errand(lane=TREES), 1.0)
    assert queue.lanes == [TREES, FILES]
    queue.pop(TREES, 1.0)
    assert queue.lanes == [FILES]


def _waits(row: BatchResult) -> tuple[float, float, float, float]:
    return row.backoff_wait, row.queue_wait, row.limit_wait, row.pacing_wait


def test_what_leaves_is_charged_for_what_held_its_lane_back_while_it_was_ready_and_for_the_time_before() -> None:
    queue, row = WorkQueue(), BatchResult(BatchRequest("acme/app", "go.mod"))
    queue.add(Errand(results=[row]), 0.0)
    first = queue.pop(FILES, 2.0)
    assert _waits(row) == (0.0, 2.0, 0.0, 0.0)
    queue.clock(FILES).turn(3.0, Reason.LIMIT)
    queue.return_later(first, 4.0, 10.0)
    queue.mature(10.0)
    queue.clock(FILES).turn(12.0, Reason.PACE)
    queue.pop(FILES, 15.0)
    assert _waits(row) == (6.0, 2.0, 2.0, 3.0)


def test_what_leaves_before_it_is_ready_is_charged_for_the_time_so_far() -> None:
    queue, row = WorkQueue(), BatchResult(BatchRequest("acme/app", "go.mod"))
    queue.add(Errand(results=[row]), 0.0)
    queue.return_later(queue.pop(FILES, 0.0), 4.0, 10.0)
    assert len(list(queue.drain(7.0))) == 1
    assert _waits(row) == (3.0, 0.0, 0.0, 0.0)


def test_what_waits_for_its_first_sending_can_be_taken_back_to_be_planned_anew() -> None:
    queue, archives, blobs = WorkQueue(), Lane(True, "core", "tarball"), Lane(False, "core", "blobs")
    for errand in (Errand(lane=blobs), Errand(5, lane=blobs), Errand(lane=archives), Errand(lane=TREES)):
        queue.add(errand, 0.0)
    queue.return_later(Entry(Errand(9, lane=blobs), 7, 0.0, 0.0, attempt=2), 0.0, 1.0)
    queue.mature(1.0)
    assert [(entry.job.priority, entry.job.lane) for entry in queue.take_back(Recall(everything=True), 1.0)] == [
        (5, blobs),
        (0, blobs),
        (0, archives),
    ]
    assert [entry.attempt for entry in emptied(queue, blobs)] == [2]
    assert (queue.length(archives), queue.length(TREES)) == (0, 1)


def test_of_archives_that_wait_those_wanted_least_can_be_taken_back_alone() -> None:
    queue, archives, blobs = WorkQueue(), Lane(True, "core", "tarball"), Lane(False, "core", "blobs")
    for errand in (Errand(lane=blobs), Errand(5, lane=archives), Errand(1, lane=archives), Errand(3, lane=archives)):
        queue.add(errand, 0.0)
    assert [entry.job.priority for entry in queue.take_back(Recall(archives=2), 0.0)] == [3, 1]
    assert [entry.job.priority for entry in emptied(queue, archives)] == [5]
    assert (queue.length(blobs), queue.take_back(Recall(archives=2), 0.0)) == (1, [])
    queue.add(Errand(lane=archives), 0.0)
    assert len(queue.take_back(Recall(archives=5), 0.0)) == 1


def test_of_repositories_that_wait_those_wanted_least_can_be_taken_back_but_for_heavy_ones() -> None:
    queue, archives = WorkQueue(), Lane(True, "core", "tarball")
    sizes = {"acme/app": 100, "acme/lib": 300, "acme/web": 200, "acme/cli": 400}
    for repo in ("acme/app", "acme/lib", "acme/web", "acme/lib", "acme/lib", "acme/cli", "acme/web"):
        queue.add(Errand(repo=repo, repo_size=sizes[repo], results=[BatchResult(BatchRequest(repo, "go.mod"))]), 0.0)
    queue.add(Errand(lane=archives, repo="acme/app", repo_size=1), 0.0)
    taken = queue.take_back(Recall(repositories=2), 0.0)
    assert [entry.job.repo for entry in taken] == ["acme/lib", "acme/web", "acme/lib", "acme/lib", "acme/web"]
    assert [entry.job.repo for entry in emptied(queue)] == ["acme/app", "acme/cli"]
    assert (queue.length(archives), queue.take_back(Recall(), 0.0)) == (1, [])
