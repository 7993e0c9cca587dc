"""One file a call, many files a call, or an archive: predicted from what was measured."""

import math
from dataclasses import replace
from typing import Any

import pytest

from batchlab.control.archive_streams import ArchiveStreams
from batchlab.control.measurements import Measurements, query_seconds
from batchlab.control.route_choice import (
    Allowance,
    Outlook,
    even_share,
    prefers_archive,
    prefers_queries,
    seconds_by_queries,
    seconds_by_single_files,
    taken_over_by_api,
    taken_over_by_archives,
)

UNLIMITED = Outlook(
    files=1600,
    repositories=40,
    trees=0,
    slots=32,
    archive_slots=32,
    rest_rate=math.inf,
    core=Allowance(),
    graphql=Allowance(),
    service_share=math.inf,
    files_a_query=20,
)


def _measured(rest: float) -> Measurements:
    measured = Measurements()
    for _ in range(10):
        measured.rest(rest)
    return measured


@pytest.mark.parametrize(("repositories", "published"), [(10, 1.75), (25, 3.71)])
def test_the_prior_of_a_query_is_near_the_published_medians(repositories: int, published: float) -> None:
    assert query_seconds(repositories, repositories) == pytest.approx(published, rel=0.15)


def test_on_a_fast_network_without_limits_one_file_a_call_wins() -> None:
    assert not prefers_queries(UNLIMITED, _measured(0.02))


def test_far_away_many_files_a_call_win() -> None:
    assert prefers_queries(UNLIMITED, _measured(0.5))


def test_a_minute_rule_or_an_hourly_budget_that_is_too_small_speaks_for_queries() -> None:
    fast = _measured(0.02)
    assert prefers_queries(replace(UNLIMITED, rest_rate=12.0), fast)
    assert prefers_queries(replace(UNLIMITED, core=Allowance(400, 1500.0, 4000)), fast)


def test_an_exhausted_graphql_budget_speaks_for_one_file_a_call() -> None:
    empty = replace(UNLIMITED, graphql=Allowance(0, 1500.0, 4000))
    assert not prefers_queries(empty, _measured(0.5))


def test_predictions_grow_with_the_files() -> None:
    measured, fewer = _measured(0.1), replace(UNLIMITED, files=800)
    assert seconds_by_single_files(fewer, measured) < seconds_by_single_files(UNLIMITED, measured)
    assert seconds_by_queries(fewer, measured) <= seconds_by_queries(UNLIMITED, measured)


def test_queries_that_turn_out_slow_are_believed_over_the_prior() -> None:
    measured = _measured(0.2)
    before = seconds_by_queries(UNLIMITED, measured)
    for _ in range(10):
        measured.query(files=20, repositories=1, size=0, seconds=3 * query_seconds(20, 1))
    assert seconds_by_queries(UNLIMITED, measured) == pytest.approx(3 * before)


def test_the_last_queries_share_what_waits_evenly_and_no_smaller_than_half() -> None:
    shares = [even_share(waiting, UNLIMITED, _measured(0.2)) for waiting in (1600, 639, 480, 40)]
    assert shares == [math.inf, math.inf, 15, 10]


@pytest.mark.parametrize(
    "held_back",
    [
        {"trees": 1},
        {"archives": 1},
        {"graphql": Allowance(30, 1500.0, 4000)},
        {"service_share": 1.0, "service_used": 45.0},
    ],
)
def test_queries_stay_full_while_more_may_come_and_where_more_of_them_would_wait(held_back: dict[str, Any]) -> None:
    few = replace(UNLIMITED, files=320)
    assert even_share(160, few, _measured(0.2)) == 10
    assert even_share(160, replace(few, **held_back), _measured(0.2)) == math.inf


def _turns_at(by_queries: bool, *, tried: bool) -> float:
    """Return the least milliseconds of a single call from which queries are the better plan."""
    for rest in range(20, 400):
        measured = _measured(rest / 1000)
        if tried:
            measured.query(files=20, repositories=1, size=0, seconds=query_seconds(20, 1))
        if prefers_queries(UNLIMITED, measured, by_queries=by_queries):
            return rest
    raise AssertionError("never")


def test_what_has_been_chosen_does_not_change_for_a_trifle() -> None:
    assert _turns_at(by_queries=False, tried=True) / _turns_at(by_queries=True, tried=True) == pytest.approx(1.21, 0.05)


def test_what_no_call_has_shown_must_promise_more() -> None:
    tried, untried = (_turns_at(by_queries=False, tried=seen) for seen in (True, False))
    assert untried / tried == pytest.approx(1.25 / 1.1, rel=0.05)
    assert _turns_at(by_queries=True, tried=True) == _turns_at(by_queries=True, tried=False)


def test_large_files_speak_against_queries() -> None:
    far = _measured(0.3)
    assert prefers_queries(UNLIMITED, far)
    assert not prefers_queries(replace(UNLIMITED, file_size=400e3), far)


def test_a_repository_with_many_wanted_files_comes_as_an_archive_and_one_with_few_does_not() -> None:
    measured = _measured(0.2)
    assert prefers_archive(800, 5_000_000, UNLIMITED, measured, by_queries=True)
    assert not prefers_archive(2, 5_000_000, UNLIMITED, measured, by_queries=True)
    assert not prefers_archive(50, 4_000_000_000, UNLIMITED, measured, by_queries=True)


def test_where_graphqls_seconds_are_short_archives_take_over_sooner() -> None:
    measured = _measured(0.2)
    short = replace(UNLIMITED, service_share=0.8)
    assert not prefers_archive(15, 2_000_000, UNLIMITED, measured, by_queries=True)
    assert prefers_archive(15, 2_000_000, short, measured, by_queries=True)


def test_a_core_budget_that_the_trees_need_is_not_spent_on_archives() -> None:
    scarce = replace(UNLIMITED, trees=200, repositories=240, core=Allowance(320, 1500.0, 4000))
    assert not prefers_archive(40, 2_000_000, scarce, _measured(0.1), by_queries=True)


def test_core_points_that_the_trees_leave_are_spent_on_archives_where_minutes_are_short() -> None:
    # Two minutes by queries alone, and the core budget has points for some of the repositories.
    short = replace(UNLIMITED, service_share=0.8, core=Allowance(30, 1500.0, 4000))
    assert prefers_archive(40, 2_000_000, short, _measured(0.1), by_queries=True)
    assert not prefers_archive(40, 2_000_000, replace(short, trees=30), _measured(0.1), by_queries=True)
    assert not prefers_archive(40, 2_000_000, replace(short, archives=30), _measured(0.1), by_queries=True)
    assert not prefers_archive(40, 2_000_000, replace(short, service_share=math.inf), _measured(0.1), by_queries=True)


def test_sixty_calls_an_hour_without_queries_are_spent_on_archives() -> None:
    anonymous = replace(UNLIMITED, files=800, repositories=40, core=Allowance(48, 3000.0, 48))
    assert prefers_archive(20, 4_000_000, anonymous, _measured(0.2), by_queries=False)


def test_archives_that_would_queue_for_few_slots_leave_their_files_to_queries() -> None:
    measured = _measured(0.2)
    alike = replace(UNLIMITED, files=100 * UNLIMITED.repositories)
    assert prefers_archive(100, 2_000_000, alike, measured, by_queries=True)
    assert not prefers_archive(100, 2_000_000, replace(alike, archive_slots=3), measured, by_queries=True)


def test_a_repository_with_most_of_the_files_comes_as_an_archive_though_others_are_many() -> None:
    few_slots = replace(UNLIMITED, archive_slots=3)
    assert prefers_archive(UNLIMITED.files // 2, 5_000_000, few_slots, _measured(0.2), by_queries=True)


def _after_archives(sizes: float, seconds: float) -> Measurements:
    """Return what is known after two rounds of archives that came one behind the other."""
    measured = _measured(0.05)
    for number in range(ArchiveStreams.FIRST * 3):
        measured.archive(round(sizes), sent=0.0, answered=0.5, now=0.5 + seconds * (number + 1))
    return measured


def test_archives_that_share_a_full_link_are_weighed_by_what_it_carries() -> None:
    many = replace(UNLIMITED, files=4000, repositories=400)
    shared, alone = _after_archives(2e6, seconds=1.0), _after_archives(2e6, seconds=0.01)
    assert shared.streams.full
    assert prefers_archive(10, 8_000_000, replace(many, slots=2), alone, by_queries=False)
    assert not prefers_archive(10, 8_000_000, many, shared, by_queries=False)


@pytest.mark.parametrize(
    ("seconds", "rest_rate", "hopeless"), [(1.0, math.inf, False), (10.0, 15.0, True)], ids=["at work", "waiting"]
)
def test_a_hope_of_archives_that_is_left_out_counts_all_the_same_where_others_wait_for_a_minute(
    seconds: float, rest_rate: float, hopeless: bool
) -> None:
    """At the rate of the first four, archives take longer than the others do; at the rate that is hoped for, less."""
    measured, outlook = _measured(0.05), replace(UNLIMITED, files=8000, repositories=200, slots=12, rest_rate=rest_rate)
    for _ in range(ArchiveStreams.FIRST):
        measured.archive(2_000_000, sent=0.0, answered=0.1, now=seconds)
    assert prefers_archive(40, 8_000_000, outlook, measured, False)
    assert prefers_archive(40, 8_000_000, outlook, measured, False, hopeful=False) == hopeless


def test_archives_wait_for_the_trees_that_hold_their_slots_while_the_api_has_others() -> None:
    outlook, measured = replace(UNLIMITED, files=400, repositories=10, slots=10, archive_slots=3), _measured(0.2)
    assert prefers_archive(40, 2_000_000, outlook, measured, by_queries=False)
    behind = replace(outlook, trees=150)
    assert not prefers_archive(40, 2_000_000, behind, measured, by_queries=False)
    assert prefers_archive(40, 2_000_000, replace(behind, archive_slots=10), measured, by_queries=False)


def test_a_full_link_bounds_single_files_and_queries_as_it_does_archives() -> None:
    shared = _after_archives(2e6, seconds=1.0)
    large = replace(UNLIMITED, file_size=60_000.0)
    seconds = large.files * large.file_size / shared.link_rate
    assert seconds_by_single_files(large, shared) == seconds_by_queries(large, shared) == seconds
    assert not prefers_archive(40, 8_000_000, UNLIMITED, shared, by_queries=False)
    assert prefers_archive(40, 8_000_000, large, shared, by_queries=False)


def test_what_a_minute_has_used_already_is_not_there_a_second_time() -> None:
    ruled = replace(UNLIMITED, files=700, rest_rate=12.0, service_share=0.8)
    measured = _measured(0.05)
    assert seconds_by_single_files(ruled, measured) < 60.0
    assert seconds_by_single_files(replace(ruled, rest_used=600), measured) == 60.0
    fitting = replace(ruled, files=200)
    assert seconds_by_queries(fitting, measured) < 60.0
    assert seconds_by_queries(replace(fitting, service_used=45.0), measured) >= 60.0


def test_where_minutes_are_short_an_archive_for_one_point_beats_two_files_for_two() -> None:
    ruled = replace(UNLIMITED, files=2400, repositories=1200, rest_rate=12.0, service_share=0.8)
    assert prefers_archive(2, 8_000_000, ruled, _measured(0.05), by_queries=False)
    assert not prefers_archive(1, 8_000_000, replace(ruled, files=1200), _measured(0.05), by_queries=False)


def test_an_idle_api_takes_over_as_many_archives_that_wait_as_it_can_read_in_the_time() -> None:
    waiting, shared = replace(UNLIMITED, archives=40), _after_archives(2e6, seconds=1.0)
    a_second = waiting.files / seconds_by_single_files(waiting, shared)
    assert taken_over_by_api(40, 8_000_000, waiting, shared, by_queries=False, seconds=1.0) == round(a_second / 40)
    assert taken_over_by_api(40, 8_000_000, waiting, shared, by_queries=False, seconds=20.0) == 40


def test_archives_that_wait_for_few_slots_are_taken_over_before_any_has_come() -> None:
    waiting, measured = replace(UNLIMITED, archives=40), _measured(0.05)
    few, many = (replace(waiting, archive_slots=slots) for slots in (3, 96))
    assert taken_over_by_api(40, 8_000_000, few, measured, by_queries=False, seconds=1.0) > 0
    assert taken_over_by_api(40, 8_000_000, many, measured, by_queries=False, seconds=1.0) == 0


def test_archives_that_come_as_soon_as_the_api_could_read_their_files_are_left_alone() -> None:
    waiting, alone = replace(UNLIMITED, archives=40), _after_archives(2e6, seconds=0.001)
    assert taken_over_by_api(40, 8_000_000, waiting, alone, by_queries=False, seconds=1.0) == 0


def test_no_archive_is_taken_over_where_a_budget_or_a_minute_rule_is_short() -> None:
    waiting, shared = replace(UNLIMITED, archives=40), _after_archives(2e6, seconds=1.0)
    for short in (replace(waiting, core=Allowance(400, 1500.0, 4000)), replace(waiting, rest_rate=12.0)):
        assert taken_over_by_api(40, 8_000_000, short, shared, by_queries=False, seconds=1.0) == 0


def test_an_idle_host_of_archives_takes_over_as_many_repositories_as_may_come_at_once() -> None:
    slow, shared = replace(UNLIMITED, slots=2), _after_archives(2e6, seconds=1.0)
    assert taken_over_by_archives(40, 8_000_000, slow, shared, by_queries=False, coming=0) == shared.streams.limit
    assert taken_over_by_archives(40, 8_000_000, slow, shared, by_queries=False, coming=shared.streams.limit) == 0


def test_before_any_archive_has_come_a_first_round_is_taken_over() -> None:
    slow = replace(UNLIMITED, slots=2)
    assert taken_over_by_archives(40, 8_000_000, slow, _measured(0.05), by_queries=False, coming=1) == 3


def test_no_repository_is_taken_over_that_the_api_would_have_read_before_its_archive_comes() -> None:
    quick = replace(UNLIMITED, files=40, repositories=1)
    assert taken_over_by_archives(40, 80_000_000, quick, _measured(0.05), by_queries=False, coming=0) == 0


def test_no_repository_is_taken_over_where_archives_would_add_little() -> None:
    long = replace(UNLIMITED, files=100_000, repositories=50_000, slots=32)
    assert taken_over_by_archives(2, 80_000_000, long, _measured(0.05), by_queries=False, coming=0) == 0


def test_no_repository_is_taken_over_where_points_are_short_or_the_link_carries_the_api_s_answers() -> None:
    slow, shared = replace(UNLIMITED, slots=2), _after_archives(2e6, seconds=1.0)
    short = replace(slow, core=Allowance(400, 1500.0, 4000)), replace(slow, rest_rate=12.0)
    for busy in (*short, replace(slow, file_size=200_000.0)):
        assert taken_over_by_archives(40, 8_000_000, busy, shared, by_queries=False, coming=0) == 0
