"""What routes are for, on real repositories: few calls, few points, each counted by the server as by the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.cache_manager import CacheManager
from batchlab.git_objects import blob_sha
from batchlab.hub.books import Books
from batchlab.hub.sim import SimHub
from batchlab.patterns import MANIFESTS
from batchlab.runs import plan

Read = Callable[..., Any]
LAB = BatchConfig.lab()


@pytest.fixture(scope="module")
def hub(corpus_hub: SimHub) -> SimHub:
    return corpus_hub


@pytest.fixture(scope="module")
def cache() -> Iterator[CacheManager]:
    with CacheManager(":memory:") as cache:
        yield cache


@pytest.fixture(scope="module")
def cold(hub: SimHub, cache: CacheManager, read: Read) -> Any:
    return read(hub, strategy="adaptive", patterns=MANIFESTS, cache=cache, **LAB.to_dict())


@pytest.fixture(scope="module")
def warm(hub: SimHub, cache: CacheManager, cold: Any, read: Read) -> Any:
    return read(hub, strategy="adaptive", patterns=MANIFESTS, cache=cache, **LAB.to_dict())


def _points(books: Books) -> int:
    return books.core_spent + books.graphql_spent


def test_every_file_comes_with_the_bytes_of_its_sha(cold: Any) -> None:
    assert set(cold.results.status) <= {"delivered", "skipped"}
    assert all(
        blob_sha(bytes(content)) == sha for content, sha in zip(cold.delivered.content, cold.delivered.sha, strict=True)
    )


def test_a_file_takes_at_most_a_twentyfifth_of_a_call(cold: Any) -> None:
    assert cold.books.total_calls / len(cold.delivered) <= 0.04


def test_a_repository_takes_at_most_two_and_a_half_points_of_all_budgets(hub: SimHub, cold: Any) -> None:
    assert _points(cold.books) / len(hub.repositories) <= 2.5


def test_adaptive_takes_a_twentieth_of_the_time_and_a_tenth_of_the_calls_of_sequential(hub: SimHub, read: Read) -> None:
    ours, theirs = (
        read(hub, strategy=strategy, patterns=MANIFESTS, **BatchConfig().to_dict())
        for strategy in ("adaptive", "sequential")
    )
    assert ours.seconds <= 0.05 * theirs.seconds
    assert len(ours.calls) <= 0.1 * len(theirs.calls)


def test_repositories_are_never_described_only_listed(cold: Any) -> None:
    assert set(cold.calls.endpoint) <= {"tree", "blob", "contents", "graphql", "tarball", "archive"}


@pytest.mark.parametrize("kind", ["cold", "warm"])
def test_the_engine_counts_what_the_server_counts(kind: str, request: pytest.FixtureRequest) -> None:
    reading = request.getfixturevalue(kind)
    calls, books = reading.calls, reading.books
    assert Counter(zip(calls.endpoint, calls.status, strict=True)) == books.calls
    assert calls.bytes.sum() == books.bytes_sent
    assert calls.in_flight.max() == books.peak_in_flight
    assert calls.points.groupby(calls.pool).sum().reindex(["core", "graphql"], fill_value=0).tolist() == [
        books.core_spent,
        books.graphql_spent,
    ]


def test_what_is_held_costs_no_point_and_no_byte_of_a_file(cold: Any, warm: Any) -> None:
    assert (_points(warm.books), warm.books.bytes_sent) == (0, 0)
    assert {endpoint for endpoint, _ in warm.books.calls} == {"tree"}
    assert warm.delivered.from_cache.all()
    assert warm.results.sha.equals(cold.results.sha)


def test_a_plan_tells_what_the_run_will_cost(hub: SimHub, cold: Any, warm: Any) -> None:
    planned = plan(hub=hub, strategy="adaptive", config=LAB)
    assert planned.files == len(cold.delivered)
    assert planned.calls == pytest.approx(cold.books.total_calls, rel=0.15)
    assert sum(planned.points.values()) == pytest.approx(_points(cold.books), rel=0.15)
    assert planned.bytes == pytest.approx(cold.books.bytes_on_wire, rel=0.15)
    assert planned.shortest <= cold.results.finished.max() <= planned.longest
