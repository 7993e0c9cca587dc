from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.concurrency import Completion, ConcurrencyController, FixedLimit
from batchlab.control.rate_knee import RateKnee

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("completed"), st.floats(0.0, 2.0), st.booleans()),
        st.tuples(st.just("throttled")),
        st.tuples(st.just("clamp"), st.integers(1, 100)),
    ),
    max_size=200,
)


@pytest.mark.parametrize("make", [lambda: RateKnee(8, 96), lambda: FixedLimit(96)], ids=["knee", "fixed"])
def test_a_rate_limit_halves_at_least(make: Callable[[], ConcurrencyController]) -> None:
    controller = make()
    before = controller.limit
    change = controller.throttled(1.0)
    assert change is not None
    assert controller.limit == change.limit <= before // 2
    assert "rate limit" in change.why


@pytest.mark.parametrize("make", [lambda: RateKnee(8, 96), lambda: FixedLimit(96)], ids=["knee", "fixed"])
def test_the_same_ceiling_stated_again_changes_nothing(make: Callable[[], ConcurrencyController]) -> None:
    controller = make()
    controller.throttled(0.0)
    halved = controller.limit
    controller.clamp(96)
    assert controller.limit == halved


@pytest.mark.parametrize("make", [lambda: RateKnee(8, 96), lambda: FixedLimit(96)], ids=["knee", "fixed"])
def test_a_lower_ceiling_is_obeyed_at_once(make: Callable[[], ConcurrencyController]) -> None:
    controller = make()
    controller.clamp(3)
    assert controller.limit == 3


def test_a_fixed_limit_regrows_by_one_a_round_up_to_where_it_was() -> None:
    controller, limits = FixedLimit(8), []
    controller.throttled(0.0)
    for number in range(60):
        controller.completed(Completion(float(number), number + 0.1, ok=True))
        limits.append(controller.limit)
    assert limits[:12] == [4] * 3 + [5] * 5 + [6] * 4
    assert max(limits) == limits[-1] == 8


def test_calls_that_failed_earn_no_growth() -> None:
    controller = FixedLimit(8)
    controller.throttled(0.0)
    assert all(controller.completed(Completion(1.0, 2.0, ok=False)) is None for _ in range(100))
    assert controller.limit == 4


def test_a_fixed_limit_follows_a_higher_ceiling_at_once() -> None:
    controller = FixedLimit(3)
    controller.clamp(30)
    assert controller.limit == 30


@given(
    controller=st.one_of(
        st.builds(RateKnee, st.integers(1, 20), st.integers(1, 100)), st.builds(FixedLimit, st.integers(1, 100))
    ),
    steps=STEPS,
)
def test_the_limit_is_never_below_one_nor_above_the_ceiling(
    controller: RateKnee | FixedLimit, steps: list[Any]
) -> None:
    now, ceiling = 0.0, 100
    for step in steps:
        before = controller.limit
        match step:
            case ("completed", service, ok):
                change = controller.completed(Completion(now, now + service, ok))
                now += service / 2
            case ("throttled",):
                change = controller.throttled(now)
                assert controller.limit <= max(1, before // 2)
            case ("clamp", ceiling):
                controller.clamp(ceiling)
                continue
        assert 1 <= controller.limit <= ceiling
        assert (change is None) <= (controller.limit == before)
        assert change is None or change.limit == controller.limit
