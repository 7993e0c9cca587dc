from __future__ import annotations

import asyncio

import pytest

from batchlab import clock
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_models import Repository
from batchlab.control.budget import RateLimitHeaders
from batchlab.control.limiter import Limiter
from batchlab.control.measurements import Measurements
from batchlab.control.policies import POLICIES
from batchlab.control.service_window import FEW
from batchlab.control.trace import Trace
from batchlab.engine.governor import Governor
from batchlab.engine.lookout import Backlog, Lookout
from batchlab.engine.planner import REVIEW_EVERY, Planner
from batchlab.engine.work_queue import Recall
from batchlab.routes import WantedFile
from batchlab.twin import run_virtual

REPOSITORIES, FILES = 200, 40
WANTED = [WantedFile(Repository("town/house"), f"{n}/go.mod", "", 5_000, 8_000_000) for n in range(FILES)]
LIMIT = 16
EVERYTHING = Recall(everything=True)


class Run:
    """A run of many repositories alike, of which nothing has come yet, and its planner."""

    def __init__(self) -> None:
        policy, config = POLICIES[BatchStrategy.ADAPTIVE], BatchConfig.lab()
        self.measured, self.trace = Measurements(), Trace()
        self.archives_waiting = self.archives_under_way = 0
        self.files_waiting = REPOSITORIES * FILES
        self.governor, self.limiter = Governor(policy, config), Limiter(LIMIT, LIMIT)
        self.governor.answered("core", 1, 1, None)  # by a server that names no limits
        backlog = Backlog(
            wanted=lambda: (REPOSITORIES * FILES, REPOSITORIES, 0),
            archives_waiting=lambda: self.archives_waiting,
            archives_under_way=lambda: self.archives_under_way,
            files_waiting=lambda: self.files_waiting,
            files_a_tree=lambda: float(FILES),
            files_a_query=lambda: 20,
            file_size=lambda: 5_000.0,
        )
        lookout = Lookout(policy, config, self.governor, self.measured, self.limiter, backlog)
        self.planner = Planner(lookout, self.governor, self.measured, self.trace)

    def blobs_take(self, seconds: float) -> None:
        for _ in range(100):
            self.measured.rest(seconds)

    def archives_come(self, seconds: float) -> None:
        """A round of them, each so many seconds after it was sent for."""
        now = asyncio.get_running_loop().time()
        for _ in range(self.measured.streams.limit):
            self.measured.archive(2_000_000, now, now + 0.1, now + seconds)

    def planned(self, *, several: bool = False) -> int:
        """Plan all repositories; return how many are to be archives."""
        return sum(self.planner.archive(WANTED, several=several) for _ in range(REPOSITORIES))

    async def review(self) -> Recall:
        await asyncio.sleep(REVIEW_EVERY)
        return self.planner.to_plan_anew()


async def _file_by_file() -> Run:
    """Return a run in which archives take 50 s in all, a fourth of that if hopes come true, and single files 5 s."""
    run = Run()
    run.blobs_take(0.02)
    run.archives_come(1.0)
    await run.review()
    assert run.planned() == 0
    return run


async def _on_trial() -> Run:
    """Return it when single files take 30 s by now, and a round of archives is on its way."""
    run = await _file_by_file()
    run.blobs_take(0.06)
    assert await run.review() == EVERYTHING
    assert run.planned() == run.measured.streams.limit == 8
    run.archives_under_way = 8
    return run


def test_archives_that_are_only_hoped_to_be_quicker_by_now_are_tried_by_one_round() -> None:
    async def go_on() -> tuple[Recall, int]:
        run = await _on_trial()
        return await run.review(), run.planned()

    assert run_virtual(go_on) == (Recall(), 0)


def test_archives_that_wait_already_are_no_part_of_what_a_hope_is_tried_on() -> None:
    async def go_on() -> int:
        run = await _file_by_file()
        run.archives_waiting = 100
        run.blobs_take(0.06)
        assert await run.review() == EVERYTHING
        run.archives_waiting = 0  # they were handed back, to be planned with the others
        return run.planned()

    assert run_virtual(go_on) == 100 + 8


@pytest.mark.parametrize(("seconds", "whole"), [(1.0, REPOSITORIES), (2.0, 0)], ids=["twice the rate", "no more"])
def test_what_that_round_has_shown_is_reason_for_all_or_for_none(seconds: float, whole: int) -> None:
    async def go_on() -> int:
        run = await _on_trial()
        run.archives_come(seconds)
        await run.review()
        return run.planned()

    assert run_virtual(go_on) == whole


def test_where_archives_are_quicker_at_the_rate_that_they_came_at_none_is_tried_first() -> None:
    async def go_on() -> tuple[Recall, int]:
        run = await _file_by_file()
        run.blobs_take(0.2)
        return await run.review(), run.planned()

    assert run_virtual(go_on) == (EVERYTHING, REPOSITORIES)


def test_repositories_that_wait_for_a_busy_api_go_whole_while_the_host_of_archives_is_idle() -> None:
    async def go_on() -> tuple[int, Recall]:
        run = await _file_by_file()
        run.blobs_take(0.03)
        assert await run.review() == Recall(repositories=8)
        whole, run.archives_under_way = run.planned(), run.measured.streams.limit
        return whole, await run.review()

    assert run_virtual(go_on) == (8, Recall())


def test_an_idle_api_takes_over_archives_that_wait_at_once_and_not_at_the_next_review() -> None:
    async def go_on() -> list[Recall]:
        run = Run()
        run.blobs_take(0.06)
        run.archives_come(1.0)
        await run.review()
        run.archives_waiting = run.planned()
        busy, run.files_waiting = run.planner.to_plan_anew(), 0
        return [busy, run.planner.to_plan_anew()]

    busy, idle = run_virtual(go_on)
    assert busy == Recall()
    assert idle.archives > 0


async def _short_of_points(several: bool) -> Run:
    """Return a run of which all repositories are to be archives, which wait for the next hour's points."""
    run = Run()
    now = clock.epoch()
    run.governor.answered("core", 1, 1, RateLimitHeaders(5000, 5, now + 1500.0))
    run.governor.answered("graphql", 1, 1, RateLimitHeaders(5000, 4999, now + 3000.0))
    run.blobs_take(0.06)
    run.archives_come(0.2)
    await run.review()
    run.archives_waiting, run.files_waiting = run.planned(several=several), 0
    assert run.archives_waiting == REPOSITORIES
    return run


def test_archives_that_wait_for_points_are_left_to_one_query_after_another() -> None:
    async def go_on() -> list[Recall]:
        run = await _short_of_points(several=True)
        asked = []
        for _ in range(2):
            asked.append(run.planner.to_plan_anew())
            assert run.planner.several(WANTED)
            assert not run.planner.archive(WANTED, several=True)
        for _ in range(FEW):
            run.limiter.take()
        return [*asked, run.planner.to_plan_anew()]

    assert run_virtual(go_on) == [Recall(archives=1), Recall(archives=1), Recall()]


def test_archives_wait_for_points_on_a_server_without_graphql() -> None:
    async def go_on() -> Recall:
        run = await _short_of_points(several=False)
        return run.planner.to_plan_anew()

    assert run_virtual(go_on) == Recall()


def test_a_change_of_mind_that_comes_while_a_tree_is_planned_is_one_for_what_waits_too() -> None:
    async def go_on() -> tuple[bool, bool, Recall, Recall]:
        run = Run()
        run.blobs_take(0.3)
        before = run.planner.several(WANTED)
        run.planner.to_plan_anew()
        run.blobs_take(0.02)
        await asyncio.sleep(REVIEW_EVERY)
        after = run.planner.several(WANTED)
        return before, after, run.planner.to_plan_anew(), run.planner.to_plan_anew()

    assert run_virtual(go_on) == (True, False, EVERYTHING, Recall())
