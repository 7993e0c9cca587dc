from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.forecast import QUICK, SLOW, Forecast, Stage

SECONDS = st.lists(st.floats(0.01, 10.0), max_size=50)
SLOTS = st.integers(1, 16)


@given(SECONDS, SLOTS)
def test_no_order_of_sending_is_outside_a_stages_bounds(seconds: list[float], slots: int) -> None:
    free_at = [0.0] * slots
    for one in seconds:
        first = free_at.index(min(free_at))
        free_at[first] += one
    stage = Stage(seconds, slots)
    assert stage.shortest <= max(free_at) + 1e-9
    assert max(free_at) <= stage.longest + 1e-9


@given(st.floats(0.0, 100.0), SECONDS, SECONDS, SLOTS, st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_the_shortest_is_never_above_the_longest(
    trees: float, whole: list[float], others: list[float], slots: int, least: float, more: float
) -> None:
    stages = [Stage(whole, max(1, slots // 2)), Stage(others, slots)]
    forecast = Forecast.of(trees, stages, slots=slots, least_wait=least, most_wait=least + more)
    assert max(trees, least) <= forecast.shortest <= forecast.longest


def test_with_one_slot_everything_adds_up() -> None:
    forecast = Forecast.of(10.0, [Stage([], 1), Stage([0.5] * 4, 1)], slots=1)
    assert forecast.shortest == 10.0 + QUICK * 2.0
    assert forecast.longest == pytest.approx(10.0 + SLOW * 2.5)


def test_limits_hold_the_last_call_back() -> None:
    forecast = Forecast.of(1.0, [Stage([0.2], 4)], slots=4, least_wait=60.0, most_wait=120.0)
    assert (forecast.shortest, forecast.longest) == (60.0, pytest.approx(121.0 + SLOW * 0.25))
