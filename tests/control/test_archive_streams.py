"""How many archives may come at once, and what they can be expected to come at together."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.archive_streams import ArchiveStreams

SIZE, LATENCY = 2e6, 0.5  # bytes, seconds to the first byte


def _read(archives: int, link: float, connection: float = 5e6) -> ArchiveStreams:
    """Let archives come one behind the other through a link, as many at once as may."""
    streams, under_way, free_at, now = ArchiveStreams(), list[tuple[float, float]](), 0.0, 0.0
    streams.expect(SIZE)
    for _ in range(archives):
        while len(under_way) >= streams.limit:
            under_way.sort()
            now, sent = under_way.pop(0)
            streams.came(SIZE, sent, now)
        free_at = max(free_at, now + LATENCY) + SIZE / link
        under_way.append((max(free_at, now + LATENCY + SIZE / connection), now))
    return streams


def test_archives_double_while_their_rates_add_up() -> None:
    assert _read(60, link=1e9).limit == 32
    assert not _read(60, link=1e9).full


def test_a_link_that_archives_share_is_found_and_its_rate_known() -> None:
    streams = _read(100, link=20e6)
    assert streams.full
    assert streams.limit <= 32
    assert 15e6 <= streams.capacity <= 21e6


def test_a_thin_link_is_found_with_eight_archives_at_once() -> None:
    streams = _read(20, link=2e6)
    assert streams.full
    assert streams.limit == 8


def test_small_archives_need_no_beginning_with_few() -> None:
    small, large = ArchiveStreams(), ArchiveStreams()
    small.expect(40_000)
    large.expect(100e6)
    assert (small.limit, large.limit) == (100, 4)


def test_what_comes_before_any_archive_has_come_is_hoped_to_be_without_bound() -> None:
    assert ArchiveStreams().capacity == math.inf


def test_rounds_that_a_minute_rule_holds_back_are_no_sign_of_a_full_link() -> None:
    streams = _read(12, link=1e9)
    before = streams.capacity
    for number in range(500):
        streams.came(SIZE, 1000.0 + 10 * number, 1000.9 + 10 * number)
    assert not streams.full
    assert (streams.limit, streams.capacity) == (ArchiveStreams.MOST, before)


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e3)), max_size=200))
def test_the_limit_never_falls_and_the_capacity_is_never_negative(archives: list[tuple[float, float]]) -> None:
    streams, now, limits = ArchiveStreams(), 0.0, [ArchiveStreams.FIRST]
    for size, seconds in archives:
        streams.came(size, now, now + seconds)
        now += seconds
        limits.append(streams.limit)
    assert limits == sorted(limits)
    assert streams.capacity >= 0.0


def test_while_no_archive_was_under_way_none_could_come() -> None:
    streams = ArchiveStreams()
    for sent in (0.0, 60.0):
        for _ in range(streams.limit):
            streams.came(SIZE, sent, sent + 1.0)
    assert streams.proven == 8 * SIZE
