"""How long calls take: told by chance alone as little as possible."""

import heapq
import random
from statistics import median

import pytest

from batchlab.control.pace import Pace

SERVICE = 0.06


def _serve(pace: Pace, calls: int, seed: int, spread: float = 0.6) -> None:
    """Read as a run that begins: twice as many in flight after each eight calls, none of them disturbed by others."""
    draw = random.Random(seed)
    flying: list[tuple[float, int, float]] = []
    now, limit, ended = 0.0, 8, 0
    while ended < calls:
        while len(flying) < limit:
            seconds = SERVICE * draw.lognormvariate(0.0, spread)
            heapq.heappush(flying, (now + seconds, pace.sent(), seconds))
        now, number, seconds = heapq.heappop(flying)
        pace.note(number, seconds)
        ended += 1
        limit = min(64, 2 * limit) if ended % 8 == 0 else limit


def test_a_run_that_begins_does_not_take_the_quick_ones_which_end_first_for_the_pace() -> None:
    told = []
    for seed in range(40):
        pace = Pace()
        _serve(pace, 60, seed)
        told.append(pace.idle)
    assert median(told) == pytest.approx(SERVICE, rel=0.1)


def test_calls_that_tell_nothing_leave_the_median_to_the_others() -> None:
    pace = Pace()
    for number in [pace.sent() for _ in range(Pace.WINDOW)]:
        if number % 4:
            pace.note(number, 0.1)
        else:
            pace.lost(number)
    assert (pace.new, pace.learned) == (False, 0.1)


def test_a_window_of_calls_that_tell_nothing_is_none() -> None:
    pace = Pace()
    for _ in range(Pace.WINDOW):
        pace.lost(pace.sent())
    assert pace.new
    assert not pace.heard
    assert pace.slowdown == 1.0


def test_the_slowest_of_a_window_are_not_waited_for_but_count_as_slow() -> None:
    pace = Pace()
    numbers = [pace.sent() for _ in range(Pace.WINDOW)]
    for number in numbers[: Pace.QUORUM]:
        pace.note(number, 0.1 if number < Pace.WINDOW // 2 else 0.3)
    assert pace.learned == pytest.approx(0.2)
    for number in numbers[Pace.QUORUM :]:
        pace.note(number, 0.01)
    assert pace.learned == pytest.approx(0.2)


def test_what_others_add_to_the_first_calls_is_taken_off() -> None:
    pace = Pace()
    for _ in range(Pace.WINDOW):
        pace.note(pace.sent(), 0.3, load=3.0)
    assert pace.idle == pytest.approx(0.1)
    assert pace.slowdown == pytest.approx(3.0)
