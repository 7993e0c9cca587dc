from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.sample import Sample


def seen(values: list[float]) -> Sample:
    sample = Sample()
    for value in values:
        sample.note(value)
    return sample


@given(st.floats(0.1, 1e6), st.integers(Sample.ENOUGH, 50))
def test_numbers_that_are_alike_tell_of_the_rest_once_there_are_enough(value: float, count: int) -> None:
    assert seen([value] * count).tells
    assert not seen([value] * (Sample.ENOUGH - 1)).tells


@given(st.permutations([1.0] * 9 + [1000.0]))
def test_one_that_outweighs_all_others_leaves_the_rest_unknown_in_any_order(values: list[float]) -> None:
    assert not seen(values).tells
