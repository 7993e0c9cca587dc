from __future__ import annotations

import math
import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.idle_server import idle_seconds

SERVICE = 0.06


def _served(served: float, in_flight: list[int], seed: int, spread: float) -> list[float]:
    draw = random.Random(seed)
    return [SERVICE * draw.lognormvariate(0.0, spread) * max(1.0, beside / served) for beside in in_flight]


OPENING = [*range(1, 9), *range(9, 21), *range(9, 21)]  # calls in flight when those of a run that opens are sent


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("served", [3, 4, 6, 12, math.inf])
def test_calls_of_a_run_that_opens_tell_the_idle_server(served: float, spread: float) -> None:
    told = [idle_seconds(_served(served, OPENING, seed, spread), OPENING) for seed in range(60)]
    assert median(told) == pytest.approx(SERVICE, rel=0.25)


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.7])
def test_what_bears_one_call_at_once_is_told_from_the_third_on_since_a_single_one_is_chance(spread: float) -> None:
    told = [idle_seconds(_served(1, OPENING, seed, spread), OPENING) for seed in range(60)]
    assert median(told) == pytest.approx(3 * SERVICE, rel=0.25)


def test_calls_that_met_as_many_others_each_tell_nothing_but_what_they_took() -> None:
    assert idle_seconds([0.4, 0.5, 0.6], [16, 16, 16]) == 0.5


def test_calls_that_have_not_ended_count_as_slow() -> None:
    assert idle_seconds([0.1, 0.2, math.inf], [1, 1, 1]) == 0.2
    assert idle_seconds([0.1, math.inf, math.inf], [1, 1, 1]) == math.inf


@given(st.lists(st.tuples(st.floats(1e-6, 100.0), st.integers(0, 96)), min_size=1, max_size=40))
def test_an_idle_server_takes_no_longer_than_calls_did_and_no_less_than_their_share(
    calls: list[tuple[float, int]],
) -> None:
    seconds, in_flight = [taken for taken, _ in calls], [beside for _, beside in calls]
    idle = idle_seconds(seconds, in_flight)
    assert min(taken / max(1, beside) for taken, beside in calls) <= idle * (1 + 1e-9)
    assert idle <= median(seconds)
