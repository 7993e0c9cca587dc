"""One file a call, many files a call, or an archive: predicted from what was measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from batchlab.control.archive_streams import ArchiveStreams
from batchlab.control.measurements import Measurements, query_seconds
from batchlab.control.outlook import Allowance, Outlook
from batchlab.control.route_choice import prefers_archive, prefers_queries
from batchlab.control.route_seconds import seconds_by_queries, seconds_by_single_files

Seconds = Callable[..., Measurements]


def test_on_a_fast_network_without_limits_one_file_a_call_wins(unlimited: Outlook, single_took: Seconds) -> None:
    assert not prefers_queries(unlimited, single_took(0.02))


def test_far_away_many_files_a_call_win(unlimited: Outlook, single_took: Seconds) -> None:
    assert prefers_queries(unlimited, single_took(0.5))


def test_a_minute_rule_or_an_hourly_budget_that_is_too_small_speaks_for_queries(
    unlimited: Outlook, single_took: Seconds
) -> None:
    fast = single_took(0.02)
    assert prefers_queries(replace(unlimited, rest_rate=12.0), fast)
    assert prefers_queries(replace(unlimited, core=Allowance(400, 1500.0, 4000)), fast)


def test_an_exhausted_graphql_budget_speaks_for_one_file_a_call(unlimited: Outlook, single_took: Seconds) -> None:
    empty = replace(unlimited, graphql=Allowance(0, 1500.0, 4000))
    assert not prefers_queries(empty, single_took(0.5))


@pytest.fixture
def turns_at(unlimited: Outlook, single_took: Seconds) -> Callable[..., float]:
    """Return the least milliseconds of a single call from which queries are the better plan."""

    def turn(by_queries: bool, *, tried: bool) -> float:
        for rest in range(20, 400):
            measured = single_took(rest / 1000)
            if tried:
                measured.query(files=20, repositories=1, size=0, seconds=query_seconds(20, 1))
            if prefers_queries(unlimited, measured, by_queries=by_queries):
                return rest
        raise AssertionError("never")

    return turn


def test_what_has_been_chosen_does_not_change_for_a_trifle(turns_at: Callable[..., float]) -> None:
    assert turns_at(by_queries=False, tried=True) / turns_at(by_queries=True, tried=True) == pytest.approx(1.21, 0.05)


def test_what_no_call_has_shown_must_promise_more(turns_at: Callable[..., float]) -> None:
    tried, untried = (turns_at(by_queries=False, tried=seen) for seen in (True, False))
    assert untried / tried == pytest.approx(1.25 / 1.1, rel=0.05)
    assert turns_at(by_queries=True, tried=True) == turns_at(by_queries=True, tried=False)


def test_large_files_speak_against_queries(unlimited: Outlook, single_took: Seconds) -> None:
    far = single_took(0.3)
    assert prefers_queries(unlimited, far)
    assert not prefers_queries(replace(unlimited, file_size=400e3), far)


def test_a_repository_with_many_wanted_files_comes_as_an_archive_and_one_with_few_does_not(
    unlimited: Outlook, single_took: Seconds
) -> None:
    measured = single_took(0.2)
    assert prefers_archive(800, 5_000_000, unlimited, measured, by_queries=True)
    assert not prefers_archive(2, 5_000_000, unlimited, measured, by_queries=True)
    assert not prefers_archive(50, 4_000_000_000, unlimited, measured, by_queries=True)


def test_where_graphqls_seconds_are_short_archives_take_over_sooner(unlimited: Outlook, single_took: Seconds) -> None:
    measured = single_took(0.2)
    short = replace(unlimited, service_share=0.8)
    assert not prefers_archive(15, 2_000_000, unlimited, measured, by_queries=True)
    assert prefers_archive(15, 2_000_000, short, measured, by_queries=True)


def test_a_core_budget_that_the_trees_need_is_not_spent_on_archives(unlimited: Outlook, single_took: Seconds) -> None:
    scarce = replace(unlimited, trees=200, repositories=240, core=Allowance(320, 1500.0, 4000))
    assert not prefers_archive(40, 2_000_000, scarce, single_took(0.1), by_queries=True)


def test_core_points_that_the_trees_leave_are_spent_on_archives_where_minutes_are_short(
    unlimited: Outlook, single_took: Seconds
) -> None:
    # Two minutes by queries alone, and the core budget has points for some of the repositories.
    short = replace(unlimited, service_share=0.8, core=Allowance(30, 1500.0, 4000))
    assert prefers_archive(40, 2_000_000, short, single_took(0.1), by_queries=True)
    assert not prefers_archive(40, 2_000_000, replace(short, trees=30), single_took(0.1), by_queries=True)
    assert not prefers_archive(40, 2_000_000, replace(short, archives=30), single_took(0.1), by_queries=True)
    assert not prefers_archive(40, 2_000_000, replace(short, service_share=math.inf), single_took(0.1), by_queries=True)


def test_points_that_trees_leave_go_to_archives_though_the_hour_is_too_short_for_all_of_them(
    unlimited: Outlook, single_took: Seconds
) -> None:
    # A thousand seconds by queries alone; the next hour, in which all could be archives, begins after them, or before.
    long = replace(unlimited, files=16_000, repositories=400, service_share=0.8)
    after, before = (replace(long, core=Allowance(120, seconds, 4000)) for seconds in (1500.0, 300.0))
    assert prefers_archive(40, 2_000_000, after, single_took(0.1), by_queries=True)
    assert not prefers_archive(40, 2_000_000, replace(after, archives=120), single_took(0.1), by_queries=True)
    assert prefers_archive(40, 2_000_000, replace(before, archives=120), single_took(0.1), by_queries=True)


def test_sixty_calls_an_hour_without_queries_are_spent_on_archives(unlimited: Outlook, single_took: Seconds) -> None:
    anonymous = replace(unlimited, files=800, repositories=40, core=Allowance(48, 3000.0, 48))
    assert prefers_archive(20, 4_000_000, anonymous, single_took(0.2), by_queries=False)


def test_archives_that_would_queue_for_few_slots_leave_their_files_to_queries(
    unlimited: Outlook, single_took: Seconds
) -> None:
    measured = single_took(0.2)
    alike = replace(unlimited, files=100 * unlimited.repositories)
    assert prefers_archive(100, 2_000_000, alike, measured, by_queries=True)
    assert not prefers_archive(100, 2_000_000, replace(alike, archive_slots=3), measured, by_queries=True)


def test_a_repository_with_most_of_the_files_comes_as_an_archive_though_others_are_many(
    unlimited: Outlook, single_took: Seconds
) -> None:
    few_slots = replace(unlimited, archive_slots=3)
    assert prefers_archive(unlimited.files // 2, 5_000_000, few_slots, single_took(0.2), by_queries=True)


def test_archives_that_share_a_full_link_are_weighed_by_what_it_carries(
    unlimited: Outlook, archives_took: Seconds
) -> None:
    many = replace(unlimited, files=4000, repositories=400)
    shared, alone = archives_took(2e6, seconds=1.0), archives_took(2e6, seconds=0.01)
    assert shared.streams.full
    assert prefers_archive(10, 8_000_000, replace(many, slots=2), alone, by_queries=False)
    assert not prefers_archive(10, 8_000_000, many, shared, by_queries=False)


@pytest.mark.parametrize(
    ("seconds", "rest_rate", "hopeless"), [(1.0, math.inf, False), (10.0, 15.0, True)], ids=["at work", "waiting"]
)
def test_a_hope_of_archives_that_is_left_out_counts_all_the_same_where_others_wait_for_a_minute(
    unlimited: Outlook, single_took: Seconds, seconds: float, rest_rate: float, hopeless: bool
) -> None:
    """At the rate of the first four, archives take longer than the others do; at the rate that is hoped for, less."""
    measured, outlook = (
        single_took(0.05),
        replace(unlimited, files=8000, repositories=200, slots=12, rest_rate=rest_rate),
    )
    for _ in range(ArchiveStreams.FIRST):
        measured.archive(2_000_000, sent=0.0, answered=0.1, now=seconds)
    assert prefers_archive(40, 8_000_000, outlook, measured, False)
    assert prefers_archive(40, 8_000_000, outlook, measured, False, hopeful=False) == hopeless


def test_archives_wait_for_the_trees_that_hold_their_slots_while_the_api_has_others(
    unlimited: Outlook, single_took: Seconds
) -> None:
    outlook, measured = replace(unlimited, files=400, repositories=10, slots=10, archive_slots=3), single_took(0.2)
    assert prefers_archive(40, 2_000_000, outlook, measured, by_queries=False)
    behind = replace(outlook, trees=150)
    assert not prefers_archive(40, 2_000_000, behind, measured, by_queries=False)
    assert prefers_archive(40, 2_000_000, replace(behind, archive_slots=10), measured, by_queries=False)


def test_a_full_link_bounds_single_files_and_queries_as_it_does_archives(
    unlimited: Outlook, archives_took: Seconds
) -> None:
    shared = archives_took(2e6, seconds=1.0)
    large = replace(unlimited, file_size=60_000.0)
    seconds = large.files * large.file_size / shared.link_rate
    assert seconds_by_single_files(large, shared) == seconds_by_queries(large, shared) == seconds
    assert not prefers_archive(40, 8_000_000, unlimited, shared, by_queries=False)
    assert prefers_archive(40, 8_000_000, large, shared, by_queries=False)


def test_where_minutes_are_short_an_archive_for_one_point_beats_two_files_for_two(
    unlimited: Outlook, single_took: Seconds
) -> None:
    ruled = replace(unlimited, files=2400, repositories=1200, rest_rate=12.0, service_share=0.8)
    assert prefers_archive(2, 8_000_000, ruled, single_took(0.05), by_queries=False)
    assert not prefers_archive(1, 8_000_000, replace(ruled, files=1200), single_took(0.05), by_queries=False)
