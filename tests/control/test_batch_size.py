"""How many files one call carries."""

from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.batch_size import FixedSize, LearnedSize


def test_a_short_full_call_lets_the_next_one_carry_a_quarter_more() -> None:
    sizes = LearnedSize(20, 1, 100)
    change = sizes.delivered(20, 0.5)
    assert change is not None
    assert (change.size, sizes.size) == (25, 25)


def test_a_call_that_was_not_full_or_took_long_changes_nothing() -> None:
    sizes = LearnedSize(20, 1, 100)
    assert sizes.delivered(5, 0.1) is None
    assert sizes.delivered(20, 3.0) is None
    assert sizes.size == 20


def test_a_call_near_the_servers_patience_shrinks_the_next_one_before_it_fails() -> None:
    sizes = LearnedSize(20, 1, 100)
    assert sizes.delivered(20, 6.0) is not None
    assert sizes.size == 16


def test_a_failure_halves_and_its_size_is_not_tried_again() -> None:
    sizes = LearnedSize(40, 1, 100)
    sizes.failed(40)
    assert sizes.size == 20
    for _ in range(20):
        sizes.delivered(sizes.size, 0.1)
    assert sizes.size == 39


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 100), st.floats(0, 20)), max_size=50))
def test_a_learned_size_stays_within_its_bounds_whatever_happens(events: list[tuple[bool, int, float]]) -> None:
    sizes = LearnedSize(10, 2, 50)
    for good, files, seconds in events:
        change = sizes.delivered(files, seconds) if good else sizes.failed(files)
        assert 2 <= sizes.size <= 50
        assert change is None or change.size == sizes.size


def test_bounds_that_change_during_the_run_are_followed_at_once() -> None:
    learned, fixed = LearnedSize(20, 1, 100), FixedSize(20)
    for sizes in (learned, fixed):
        sizes.clamp(1, 5)
        assert sizes.size == 5
    fixed.clamp(1, 100)
    assert fixed.size == 20


def test_a_part_of_a_batch_that_takes_very_long_says_no_more_than_a_full_one() -> None:
    part, full = LearnedSize(20, 1, 100), LearnedSize(20, 1, 100)
    part.delivered(8, LearnedSize.TOO_LONG + 0.1)
    full.delivered(20, LearnedSize.TOO_LONG + 0.1)
    assert part.size == full.size == 16
