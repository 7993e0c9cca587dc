from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.limiter import Limiter

STEPS = st.lists(st.one_of(st.just("take"), st.just("give back"), st.integers(-3, 20)), max_size=60)


@given(start=st.integers(-3, 20), steps=STEPS)
def test_a_slot_is_free_exactly_while_fewer_calls_are_in_flight_than_the_limit(
    start: int, steps: list[str | int]
) -> None:
    limiter, out, peak = Limiter(start), 0, 0
    for step in steps:
        if isinstance(step, int):
            limiter.resize(step)
            assert limiter.limit == max(1, step)
        elif step == "take" and limiter.free:
            limiter.take()
            out += 1
        elif step == "give back" and out:
            limiter.give_back()
            out -= 1
        peak = max(peak, out)
        assert (limiter.in_flight, limiter.peak) == (out, peak)
        assert limiter.free == (out < limiter.limit)


def test_growth_is_usable_at_once() -> None:
    limiter = Limiter(1)
    limiter.take()
    limiter.resize(2)
    assert limiter.free


def test_shrinking_drains_before_a_slot_is_free_again() -> None:
    limiter = Limiter(3)
    for _ in range(3):
        limiter.take()
    limiter.resize(1)
    free = []
    for _ in range(3):
        limiter.give_back()
        free.append(limiter.free)
    assert free == [False, False, True]


def test_a_limit_that_was_found_too_high_is_remembered() -> None:
    limiter = Limiter(8)
    limiter.resize(64)
    assert not limiter.has_shrunk
    limiter.resize(40)
    limiter.resize(64)
    assert limiter.has_shrunk


def test_a_call_that_another_host_answers_keeps_no_slot_from_the_api_but_counts_under_the_ceiling() -> None:
    limiter = Limiter(2, ceiling=3)
    for _ in range(2):
        limiter.take()
    limiter.move()
    assert (limiter.free, limiter.in_force) == (True, 3)
    limiter.take()
    limiter.move()
    assert (limiter.free, limiter.in_force) == (False, 3)
    limiter.give_back(elsewhere=True)
    assert (limiter.free, limiter.in_flight, limiter.elsewhere) == (True, 2, 1)


def test_the_limit_is_reached_by_about_as_many_calls_of_the_api_not_by_those_of_others() -> None:
    limiter, reached = Limiter(8), []
    for _ in range(7):
        limiter.take()
        reached.append(limiter.is_reached)
    assert reached == [False] * 5 + [True] * 2
    limiter.move()
    limiter.move()
    assert (limiter.of_api, limiter.is_reached) == (5, False)
