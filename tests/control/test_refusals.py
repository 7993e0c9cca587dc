from __future__ import annotations

import math

import pytest

from batchlab.control.refusals import Refusals


@pytest.mark.parametrize(
    ("good", "refused", "bears"), [(15, 16, 13), (16, 16, 20), (64, 65, 57)], ids=["new ground", "was good", "high"]
)
def test_nine_tenths_of_new_ground_are_borne_else_half_of_what_is_served(good: int, refused: int, bears: int) -> None:
    refusals = Refusals()
    refusals.good(good)
    refusals.refused(refused)
    assert refusals.bears(served=40.0) == bears


def test_what_was_good_long_ago_is_forgotten() -> None:
    refusals = Refusals()
    refusals.good(64)
    refusals.refused(21)
    for told in (False, True):
        assert refusals.is_new_ground is told
        for _ in range(Refusals.OF_LATE):
            refusals.good(20)


def test_a_refusal_is_remembered_for_an_hour_and_the_next_one_for_two() -> None:
    refusals, most = Refusals(), []
    for met, forgotten in ((0.0, 3600.0), (4000.0, 11_200.0)):
        refusals.remember(10, met)
        refusals.forget(forgotten - 1.0)
        most.append(refusals.most)
        refusals.forget(forgotten)
        most.append(refusals.most)
    assert most == [10, math.inf] * 2


def test_at_least_one_call_is_borne() -> None:
    refusals = Refusals()
    refusals.refused(1)
    assert refusals.bears(served=1.0) == 1
