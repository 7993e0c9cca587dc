from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchlab.hub.kept import Kept


@given(st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=20)), max_size=60), st.integers(0, 50))
def test_what_is_kept_never_takes_more_than_its_room_and_is_never_wrong(
    steps: list[tuple[int, bytes]], room: int
) -> None:
    kept: Kept[int, bytes] = Kept(room, len)
    last: dict[int, bytes] = {}
    for key, value in steps:
        kept[key] = last[key] = value
        held = {key: kept.get(key) for key in last}
        assert all(value in (None, last[key]) for key, value in held.items())
        assert sum(len(value) for value in held.values() if value is not None) <= room
