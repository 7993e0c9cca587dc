"""What one host takes over from the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from batchlab.control.host_sharing import (
    taken_over_by_api,
    taken_over_by_archives,
    taken_over_by_queries,
    taken_over_by_single_files,
)
from batchlab.control.measurements import Measurements
from batchlab.control.outlook import Allowance, Outlook
from batchlab.control.route_seconds import seconds_by_single_files

Seconds = Callable[..., Measurements]


def test_an_idle_api_takes_over_as_many_archives_that_wait_as_it_can_read_in_the_time(
    unlimited: Outlook, archives_took: Seconds
) -> None:
    waiting, shared = replace(unlimited, archives=40), archives_took(2e6, seconds=1.0)
    a_second = waiting.files / seconds_by_single_files(waiting, shared)
    assert taken_over_by_api(40, 8_000_000, waiting, shared, by_queries=False, seconds=1.0) == round(a_second / 40)
    assert taken_over_by_api(40, 8_000_000, waiting, shared, by_queries=False, seconds=20.0) == 40


def test_archives_that_wait_for_few_slots_are_taken_over_before_any_has_come(
    unlimited: Outlook, single_took: Seconds
) -> None:
    waiting, measured = replace(unlimited, archives=40), single_took(0.05)
    few, many = (replace(waiting, archive_slots=slots) for slots in (3, 96))
    assert taken_over_by_api(40, 8_000_000, few, measured, by_queries=False, seconds=1.0) > 0
    assert taken_over_by_api(40, 8_000_000, many, measured, by_queries=False, seconds=1.0) == 0


def test_archives_that_come_before_one_query_would_are_left_alone(unlimited: Outlook, archives_took: Seconds) -> None:
    waiting, shared = replace(unlimited, archives=8, files_a_query=100), archives_took(2e6, seconds=0.3)
    assert taken_over_by_api(20, 2_000_000, replace(waiting, files_a_query=5), shared, by_queries=True, seconds=0.2) > 0
    assert taken_over_by_api(20, 2_000_000, waiting, shared, by_queries=True, seconds=0.2) == 0


def test_archives_that_come_as_soon_as_the_api_could_read_their_files_are_left_alone(
    unlimited: Outlook, archives_took: Seconds
) -> None:
    waiting, alone = replace(unlimited, archives=40), archives_took(2e6, seconds=0.001)
    assert taken_over_by_api(40, 8_000_000, waiting, alone, by_queries=False, seconds=1.0) == 0


def test_no_archive_is_taken_over_where_a_budget_or_a_minute_rule_is_short(
    unlimited: Outlook, archives_took: Seconds
) -> None:
    waiting, shared = replace(unlimited, archives=40), archives_took(2e6, seconds=1.0)
    for short in (replace(waiting, core=Allowance(400, 1500.0, 4000)), replace(waiting, rest_rate=12.0)):
        assert taken_over_by_api(40, 8_000_000, short, shared, by_queries=False, seconds=1.0) == 0


@pytest.mark.parametrize("short", [{"core": Allowance(3, 1500.0, 4000)}, {"rest_rate": 0.05}], ids=["hour", "minute"])
def test_queries_take_over_one_call_full_of_archives_that_wait_for_points(
    unlimited: Outlook, single_took: Seconds, short: dict[str, Any]
) -> None:
    waiting, measured = replace(unlimited, archives=40, files_a_query=20), single_took(0.05)
    assert taken_over_by_queries(3, replace(waiting, **short), measured) == 6
    assert taken_over_by_queries(3, replace(waiting, **short, archives=4), measured) == 4
    assert taken_over_by_queries(50, replace(waiting, **short), measured) == 1
    assert taken_over_by_queries(3, waiting, measured) == 0


def test_queries_leave_archives_alone_that_wait_for_less_than_a_query_takes(
    unlimited: Outlook, single_took: Seconds
) -> None:
    soon = replace(unlimited, archives=40, files_a_query=20, core=Allowance(30, 0.5, 4000))
    assert taken_over_by_queries(3, soon, single_took(0.05)) == 0


def test_a_query_is_not_sent_half_empty_while_trees_bring_more_for_it(unlimited: Outlook, single_took: Seconds) -> None:
    short = replace(unlimited, archives=4, files_a_query=20, trees=500, core=Allowance(30, 1500.0, 4000))
    assert taken_over_by_queries(3, short, single_took(0.05)) == 0
    assert taken_over_by_queries(3, replace(short, archives=6), single_took(0.05)) == 6


def test_single_files_take_over_what_they_can_read_in_the_time_and_have_points_for(
    unlimited: Outlook, single_took: Seconds
) -> None:
    measured = single_took(0.05)
    ruled = replace(unlimited, slots=4, rest_rate=12.0)  # 80 files a second, 40 a repository
    assert taken_over_by_single_files(ruled, measured, seconds=1.0) == 2
    assert taken_over_by_single_files(ruled, measured, seconds=60.0) == 720 // 40
    assert taken_over_by_single_files(replace(ruled, rest_used=600, trees=40), measured, seconds=60.0) == 80 // 40
    assert taken_over_by_single_files(replace(ruled, rest_used=720), measured, seconds=1.0) == 0


def test_single_files_leave_the_hours_points_to_the_trees_and_archives_that_need_them(
    unlimited: Outlook, single_took: Seconds
) -> None:
    scarce = replace(unlimited, core=Allowance(300, 1500.0, 4000), trees=100, archives=120, rest_rate=12.0)
    assert taken_over_by_single_files(scarce, single_took(0.05), seconds=60.0) == 80 // 40
    assert taken_over_by_single_files(replace(scarce, trees=200), single_took(0.05), seconds=60.0) == 0


def test_an_idle_host_of_archives_takes_over_as_many_repositories_as_may_come_at_once(
    unlimited: Outlook, archives_took: Seconds
) -> None:
    slow, shared = replace(unlimited, slots=2), archives_took(2e6, seconds=1.0)
    assert taken_over_by_archives(40, 8_000_000, slow, shared, by_queries=False, coming=0) == shared.streams.limit
    assert taken_over_by_archives(40, 8_000_000, slow, shared, by_queries=False, coming=shared.streams.limit) == 0


def test_before_any_archive_has_come_a_first_round_is_taken_over(unlimited: Outlook, single_took: Seconds) -> None:
    slow = replace(unlimited, slots=2)
    assert taken_over_by_archives(40, 8_000_000, slow, single_took(0.05), by_queries=False, coming=1) == 3


def test_no_repository_is_taken_over_that_the_api_would_have_read_before_its_archive_comes(
    unlimited: Outlook, single_took: Seconds
) -> None:
    quick = replace(unlimited, files=40, repositories=1)
    assert taken_over_by_archives(40, 80_000_000, quick, single_took(0.05), by_queries=False, coming=0) == 0


def test_no_repository_is_taken_over_where_archives_would_add_little(unlimited: Outlook, single_took: Seconds) -> None:
    long = replace(unlimited, files=100_000, repositories=50_000, slots=32)
    assert taken_over_by_archives(2, 80_000_000, long, single_took(0.05), by_queries=False, coming=0) == 0


def test_no_repository_is_taken_over_where_points_are_short_or_the_link_carries_the_api_s_answers(
    unlimited: Outlook, archives_took: Seconds
) -> None:
    slow, shared = replace(unlimited, slots=2), archives_took(2e6, seconds=1.0)
    short = replace(slow, core=Allowance(400, 1500.0, 4000)), replace(slow, rest_rate=12.0)
    for busy in (*short, replace(slow, file_size=200_000.0)):
        assert taken_over_by_archives(40, 8_000_000, busy, shared, by_queries=False, coming=0) == 0
