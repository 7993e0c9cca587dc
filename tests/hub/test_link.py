from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchlab.hub.link import Link
from batchlab.hub.scenario import Network


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(0, 10_000)), min_size=1, max_size=40))
def test_the_link_never_carries_more_than_its_rate(bodies: list[tuple[float, int]]) -> None:
    link, now, last = Link(Network(link=1000.0)), 0.0, 0.0
    for gap, size in bodies:
        now += gap
        last = max(last, now + link.send(now, size))
    assert last >= sum(size for _, size in bodies) / 1000.0 - 1e-6


def test_without_bounds_a_body_takes_no_time() -> None:
    assert Link(Network()).send(0.0, 10**9) == 0.0


def test_a_connection_bounds_a_body_on_an_idle_link() -> None:
    assert Link(Network(connection=10.0)).send(5.0, 100) == 10.0
