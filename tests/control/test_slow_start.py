from __future__ import annotations

import pytest

from batchlab.control.concurrency import Completion
from batchlab.control.rounds import Round
from batchlab.control.slow_start import SlowStart


def _told(limit: int, slowdown: float | None = None) -> Round:
    told = Round(limit, began=0.0)
    for _ in range(9):
        told.note(Completion(0.0, 0.1, ok=True, slowdown=slowdown))
    return told


def _next(slow_start: SlowStart, limit: int, rate: float, slowdown: float | None = None) -> int | None:
    change = slow_start.judge(limit, _told(limit, slowdown), rate)
    return None if change is None else change.limit


def test_the_limit_doubles_as_long_as_a_fifth_of_its_growth_shows_in_the_rate() -> None:
    slow_start = SlowStart(held=8)
    assert _next(slow_start, 8, 100.0) == 16
    assert _next(slow_start, 16, 120.0) == 32
    assert _next(slow_start, 32, 143.0) is None
    assert not slow_start.ended


def test_two_rounds_in_which_the_rate_does_not_follow_end_it_at_the_last_limit_that_was_followed() -> None:
    slow_start = SlowStart(held=8)
    assert [_next(slow_start, limit, 100.0) for limit in (8, 16, 16)] == [16, None, 8]
    assert slow_start.ended


def test_a_round_that_follows_after_one_that_does_not_begins_the_count_again() -> None:
    slow_start = SlowStart(held=8)
    rates = [(8, 100.0), (16, 100.0), (16, 200.0), (32, 200.0)]
    assert [_next(slow_start, *told) for told in rates] == [16, None, 32, None]
    assert not slow_start.ended


@pytest.mark.parametrize(("slowdown", "limit"), [(1.1, 32), (1.25, 26), (1.6, 20)])
def test_it_grows_by_as_much_less_as_calls_take_longer(slowdown: float, limit: int) -> None:
    assert _next(SlowStart(held=16), 16, 100.0, slowdown) == limit


def test_a_crowd_ends_it_at_once_near_the_knee_that_calls_tell() -> None:
    slow_start = SlowStart(held=10, rate=100.0)
    assert _next(slow_start, 40, 100.0, slowdown=2.0) == 24  # 40 / 2 are served, and a fifth is chance
    assert slow_start.ended
    assert slow_start.held == 24


def test_a_crowd_in_the_first_round_tells_the_knee_since_no_rate_shows_that_so_many_are_worth_it() -> None:
    slow_start = SlowStart(held=32)
    assert _next(slow_start, 32, 100.0, slowdown=6.0) == 7  # 32 / 6 are served, and a fifth is chance
    assert slow_start.ended


def test_it_never_ends_below_what_was_worth_it() -> None:
    slow_start = SlowStart(held=30, rate=100.0)
    assert _next(slow_start, 40, 100.0, slowdown=4.0) == 30
