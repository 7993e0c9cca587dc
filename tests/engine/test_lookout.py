from __future__ import annotations

import math

import pytest

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.control.limiter import Limiter
from batchlab.control.measurements import Measurements
from batchlab.control.policies import POLICIES
from batchlab.control.route_choice import Outlook
from batchlab.engine.governor import Governor
from batchlab.engine.lookout import EXPECTED_SLOTS, Backlog, Lookout
from batchlab.twin import run_virtual


def _lookout(
    wanted: tuple[int, int, int] = (400, 20, 0),
    *,
    files_waiting: int = 0,
    limiter: Limiter | None = None,
    config: BatchConfig | None = None,
    named: bool = False,
    measured: Measurements | None = None,
) -> Lookout:
    """Return one of a run with so many files wanted, of so many repositories, and so many trees unread."""
    policy, config = POLICIES[BatchStrategy.ADAPTIVE], config or BatchConfig.lab()
    governor = Governor(policy, config)
    if not named:
        governor.answered("core", 1, 1, None)  # by a server that names no limits
    backlog = Backlog(
        wanted=lambda: wanted,
        archives_waiting=lambda: 3,
        archives_under_way=lambda: 0,
        files_waiting=lambda: files_waiting,
        files_a_tree=lambda: 20.0,
        files_a_query=lambda: 20,
        file_size=lambda: 5_000.0,
    )
    return Lookout(policy, config, governor, measured or Measurements(), limiter or Limiter(16, 96), backlog)


async def _outlook(lookout: Lookout, files: int = 1) -> Outlook:
    return lookout.outlook(files)


def test_repositories_whose_tree_is_unread_are_taken_to_be_like_those_read_and_not_like_those_still_open() -> None:
    outlook = run_virtual(_outlook(_lookout(wanted=(400, 5, 30))))
    assert (outlook.files, outlook.repositories, outlook.trees) == (1000, 35, 30)


def test_at_least_the_files_in_question_are_wanted() -> None:
    outlook = run_virtual(_outlook(_lookout(wanted=(0, 0, 0)), files=7))
    assert (outlook.files, outlook.repositories) == (7, 1)


def test_a_server_that_names_no_limits_is_not_held_to_those_of_a_minute() -> None:
    silent, named = (run_virtual(_outlook(_lookout(named=named))) for named in (False, True))
    assert (silent.rest_rate, silent.service_share) == (math.inf, math.inf)
    assert named.rest_rate == pytest.approx(0.8 * 900 / 60)
    assert named.service_share == pytest.approx(0.8 * 60 / 60)


def test_more_calls_are_hoped_for_than_are_in_force_until_they_were_found_to_be_too_many() -> None:
    limiter = Limiter(16, 96)
    lookout = _lookout(limiter=limiter)
    assert run_virtual(_outlook(lookout)).archive_slots == EXPECTED_SLOTS
    limiter.resize(8)
    assert run_virtual(_outlook(lookout)).archive_slots < EXPECTED_SLOTS


def test_archives_are_no_more_at_once_than_repositories_may_be() -> None:
    config = BatchConfig.lab()
    config.update(max_concurrent_repos=5)
    assert run_virtual(_outlook(_lookout(config=config))).archive_slots == 5


@pytest.mark.parametrize(("waiting", "limit", "idle"), [(0, 4, True), (1, 4, False), (0, 0, False)])
def test_the_api_is_idle_where_nothing_waits_and_it_could_take_more(waiting: int, limit: int, idle: bool) -> None:
    limiter = Limiter(4, 96)
    for _ in range(4 - limit):
        limiter.take()
    assert _lookout(files_waiting=waiting, limiter=limiter).api_is_idle is idle


def test_an_api_with_as_many_calls_as_it_serves_at_once_is_not_idle_though_more_may_be_in_flight() -> None:
    limiter = Limiter(96, 96)
    measured = Measurements()
    lookout = _lookout(limiter=limiter, measured=measured)
    for number in range(64):  # a server of eight at once
        measured.rest(0.1 if number < 32 else 0.64, sent=measured.sent("blob", 8 if number < 32 else 48))
    for _ in range(8):
        assert lookout.api_is_idle
        limiter.take()
    assert not lookout.api_is_idle
