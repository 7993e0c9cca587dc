"""Stand-ins are as long as what they stand for, and equal where that was equal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchlab.git_objects import blob_sha
from batchlab.twin.recorded_work import StandIn

SIZES = st.integers(0, 5000)


@given(st.integers(0, 10**6), SIZES)
def test_a_stand_in_has_its_size_and_its_sha(number, size):
    one = StandIn(number, size)
    assert len(one.content()) == size
    assert one.sha() == blob_sha(one.content())


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(5, 5000))
def test_files_with_room_for_their_number_are_unlike_one_another(one, another, size):
    assert (StandIn(one, size).content() == StandIn(another, size).content()) == (one == another)
