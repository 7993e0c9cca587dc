from __future__ import annotations

import pytest

from batchlab.control.concurrency import Completion
from batchlab.control.opening import Opening
from batchlab.control.rate_knee import RateKnee
from batchlab.control.rounds import Round


def _answer(slowdown: float | None = 1.0, in_flight: int = 8) -> Completion:
    return Completion(0.0, 0.1, ok=True, slowdown=slowdown, in_flight=in_flight)


def _open(opening: Opening, limit: int, answers: list[Completion]) -> int:
    for answer in answers:
        if not opening.ended:
            limit = opening.next(limit, answer).limit
    return limit


@pytest.mark.parametrize("slowdown", [None, 1.0, 1.9])
def test_each_answer_lets_one_more_in_until_there_are_enough(slowdown: float | None) -> None:
    opening = Opening(8, most=32)
    assert _open(opening, 8, [_answer(slowdown)] * 23) == 31
    assert not opening.ended
    assert opening.next(31, _answer(slowdown)).limit == 32
    assert opening.ended


def test_a_crowd_ends_it_near_the_knee_that_it_tells() -> None:
    opening = Opening(8, most=32)
    assert _open(opening, 8, [_answer(3.0, in_flight=18)] * 20) == 9  # 18 / 3 are served; half as many again
    assert opening.ended


def test_fewer_slow_answers_than_tell_are_chance() -> None:
    opening = Opening(8, most=32)
    few = [_answer(9.0)] * (Round.LOOK // 2 - 1)
    assert _open(opening, 8, [*few, *[_answer()] * Round.LOOK]) == 8 + len(few) + Round.LOOK


@pytest.mark.parametrize("start", [32, 64])
def test_there_is_none_where_as_many_are_in_flight_already(start: int) -> None:
    assert Opening(start, most=32).ended


def test_answers_below_the_limit_and_failures_open_nothing() -> None:
    controller = RateKnee(8, 96)
    for ok, at_limit in ((True, False), (False, True)):
        assert controller.completed(Completion(0.0, 0.1, ok=ok, at_limit=at_limit)) is None
    assert controller.limit == 8


@pytest.mark.parametrize("ceiling", [10, 64])
def test_a_new_ceiling_ends_it(ceiling: int) -> None:
    controller = RateKnee(8, 96)
    controller.clamp(ceiling)
    assert controller.completed(_answer()) is None
    assert controller.limit == 8


def test_a_rate_limit_ends_it_and_the_call_that_was_one_too_many_tells_the_limit() -> None:
    controller = RateKnee(8, 96)
    for number in range(12):
        controller.completed(Completion(0.0, 0.1, ok=True, in_flight=number + 1))
    controller.completed(Completion(0.1, 0.2, ok=False, in_flight=20, refused=True))
    controller.throttled(0.2)
    now = 60.0
    while controller.completed(Completion(now, now + 0.1, ok=True)) is not None or controller.limit < 17:
        now += 0.001
    assert controller.limit == 17  # nine tenths of 19
