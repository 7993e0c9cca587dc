"""What calls have shown: the load of the server apart from the nature of the calls."""

import pytest

from batchlab.control.measurements import Measurements, Pace, query_seconds

FULL = Pace.WINDOW


def _calls(
    measured: Measurements, seconds: float, endpoint: str = "blob", times: int = FULL, in_flight: int = 0
) -> None:
    for _ in range(times):
        measured.rest(seconds, endpoint, sent=measured.sent(endpoint, in_flight))


def _queries(measured: Measurements, factor: float, times: int = FULL, in_flight: int = 0) -> None:
    for _ in range(times):
        measured.query(20, 4, 0, factor * query_seconds(20, 4), measured.sent("graphql", in_flight))


def test_before_any_call_the_priors_hold() -> None:
    measured = Measurements()
    assert measured.rest_seconds == measured.idle_rest_seconds == 0.2
    assert measured.query_factor == measured.slowdown == 1.0


def test_slowdown_is_the_present_over_the_quickest_time() -> None:
    measured = Measurements()
    _calls(measured, 0.06)
    _calls(measured, 0.18)
    assert measured.slowdown == pytest.approx(3.0)
    assert measured.idle_rest_seconds == pytest.approx(0.06)
    assert measured.rest_seconds == pytest.approx(0.18)


def test_the_load_that_others_met_is_no_property_of_a_new_kind_of_call() -> None:
    measured = Measurements()
    _calls(measured, 0.06, "tree")
    _calls(measured, 0.12, "tree", in_flight=64)
    _queries(measured, 2.4, in_flight=64)
    assert measured.idle_query_factor == pytest.approx(1.2)
    assert measured.slowdown == pytest.approx(2.0)


def test_once_queries_are_known_others_change_nothing_about_them() -> None:
    measured = Measurements()
    _queries(measured, 1.5)
    _calls(measured, 0.06)
    _calls(measured, 0.6)
    _queries(measured, 1.5)
    assert measured.idle_query_factor == pytest.approx(1.5)


def test_queries_that_were_few_are_expected_to_take_as_much_longer_as_others_do_in_a_crowd() -> None:
    measured = Measurements()
    _calls(measured, 0.06)
    for _ in range(FULL):
        measured.query(20, 20, 0, 2.0)
    alone = measured.query_factor
    _calls(measured, 0.12)
    assert measured.query_factor == pytest.approx(2 * alone)


def test_a_query_that_the_clock_ended_was_stretched_only_if_an_idle_server_had_answered_it_well_before() -> None:
    measured = Measurements()
    assert measured.was_stretched(25, 5, 0, 10.0)
    assert not measured.was_stretched(100, 50, 0, 10.0)  # some ten seconds by itself
    assert not measured.was_stretched(25, 5, 0, 2.0)  # failed for another reason
    load = measured.failed_query(25, 5, 0, 10.0)
    assert load.slowdown is not None
    assert load.slowdown >= 2.0
    assert measured.failed_query(25, 5, 0, 2.0).slowdown is None


def test_a_crowded_server_serves_as_many_at_once_as_the_slowdown_leaves() -> None:
    measured = Measurements()
    _calls(measured, 0.06)
    assert measured.slots(8, hoped_for=32) == 32.0
    assert measured.slots(64, hoped_for=32) == 64.0
    _calls(measured, 0.6)
    assert measured.slots(60, hoped_for=32) == pytest.approx(6.0)


def test_no_more_calls_are_served_at_once_than_may_be_in_flight() -> None:
    measured = Measurements()
    _calls(measured, 0.06)
    _calls(measured, 0.6, times=FULL + 1, in_flight=60)
    assert measured.slots(2, hoped_for=2) == 2.0


def test_a_limit_that_has_just_fallen_does_not_make_the_crowd_of_before_larger() -> None:
    measured = Measurements()
    _calls(measured, 0.06)
    _calls(measured, 0.6, times=FULL + 1, in_flight=60)
    assert measured.slots(60, hoped_for=32) == measured.slots(20, hoped_for=20) == pytest.approx(6.0)


def test_how_many_are_served_at_once_is_kept_in_mind_while_too_few_are_sent_to_make_a_crowd() -> None:
    measured = Measurements()
    _calls(measured, 0.06)
    _calls(measured, 0.6, in_flight=60)
    _calls(measured, 0.06, in_flight=2)
    assert measured.slowdown == 1.0
    assert measured.slots(96, hoped_for=96) == pytest.approx(6.0, rel=0.1)


def test_as_many_as_go_without_a_crowd_are_served_at_once() -> None:
    measured = Measurements()
    _calls(measured, 0.06)
    _calls(measured, 0.6, in_flight=60)
    _calls(measured, 0.06, in_flight=48)
    assert measured.slots(96, hoped_for=96) == pytest.approx(48.0)


def test_before_a_crowd_was_seen_more_calls_at_once_than_went_so_far_are_expected_to_take_longer() -> None:
    measured = Measurements()
    assert measured.stretch(64, "blob") == 1.0
    _calls(measured, 0.06, times=4, in_flight=16)
    assert measured.stretch(64, "blob") == 4.0
    assert measured.stretch(8, "blob") == measured.stretch(64, "graphql") == 1.0


def test_more_calls_at_once_than_were_served_are_expected_to_take_longer_though_none_of_them_has_ended() -> None:
    measured = Measurements()
    _calls(measured, 0.06)
    assert measured.stretch(64, "blob") == 1.0
    _calls(measured, 0.12, times=FULL + 1, in_flight=64)
    assert measured.stretch(64, "blob") == 1.0
    _calls(measured, 0.06, in_flight=16)
    assert measured.stretch(16, "blob") == 1.0
    assert measured.stretch(64, "blob") == pytest.approx(2.0)


def test_a_server_without_latency_divides_nothing_by_zero() -> None:
    measured = Measurements()
    _calls(measured, 0.0)
    assert measured.slowdown == 1.0


def test_a_thin_link_shows_in_large_answers_and_bounds_what_archives_are_hoped_to_come_at() -> None:
    measured = Measurements()
    assert measured.archive_rate == 8e6
    measured.rest(0.06, "tree", 4_000)
    assert measured.connection_rate == float("inf")
    measured.rest(1.0, "blob", 100_000)
    assert measured.archive_rate == measured.connection_rate == 100_000
    measured.archive(10_000_000, sent=1.0, answered=1.7, now=3.7)
    assert measured.archive_rate == pytest.approx(5e6)
    assert measured.archive_first_byte == pytest.approx(0.7)


def test_what_is_hoped_of_archives_on_a_link_that_may_be_shared_is_hoped_of_single_files_too() -> None:
    measured = Measurements()
    measured.rest(1.0, size=100_000)
    before = measured.connection_rate
    for _ in range(measured.streams.limit):
        measured.archive(1_000_000, 0.0, 0.1, 2.0)
    assert measured.streams.hope == 4.0
    assert measured.connection_rate == measured.streams.hope * before


def test_what_an_answer_waits_for_on_a_crowded_link_is_not_the_servers() -> None:
    measured = Measurements()
    for _ in range(FULL):
        measured.rest(0.06, "blob", 4_000, service=0.06)
    for _ in range(FULL):
        measured.rest(1.5, "blob", 4_000, service=0.06)
    assert measured.slowdown == 1.0
    for _ in range(FULL):
        measured.rest(1.5, "blob", 400_000, service=0.06)
    assert measured.slowdown == 1.0
    assert measured.connection_rate == pytest.approx(400_000 / 1.5)


def test_queries_that_fail_for_another_reason_leave_the_pace_to_the_others() -> None:
    measured = Measurements()
    _queries(measured, 3.0)
    numbers = [measured.sent("graphql") for _ in range(FULL)]
    for place, sent in enumerate(numbers):
        if place % 4:
            measured.query(20, 4, 0, 1.5 * query_seconds(20, 4), sent)
        else:
            measured.failed_query(20, 4, 0, 0.1, sent)
    assert measured.idle_query_factor == pytest.approx(1.5)


def test_what_a_new_kind_tells_of_the_crowd_does_not_go_round_in_a_circle() -> None:
    measured = Measurements()
    _calls(measured, 0.06, "tree")
    _calls(measured, 0.12, "tree", in_flight=64)
    assert measured.slots(96, hoped_for=32) == pytest.approx(32.0)
    _queries(measured, 9.6, times=FULL // 2, in_flight=96)
    assert measured.slots(96, hoped_for=32) == pytest.approx(32.0)


@pytest.mark.parametrize(("repositories", "published"), [(10, 1.75), (25, 3.71)])
def test_the_prior_of_a_query_is_near_the_published_medians(repositories: int, published: float) -> None:
    assert query_seconds(repositories, repositories) == pytest.approx(published, rel=0.15)
