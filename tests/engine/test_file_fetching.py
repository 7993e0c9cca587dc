"""Equal blobs travel once, every byte is checked, and a branch that moves under the reading gives no mixed files."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pandas as pd
import pytest

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.cache_manager import CacheManager
from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import MemoryBlobs
from batchlab.hub.scenario import Faults, Latency, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.snapshot import Snapshot, leaf
from batchlab.hub.world import World, WorldRepository
from batchlab.twin import run_virtual

Read = Callable[..., Any]
NOISY = Scenario("noisy", latency=Latency(sigma=0.7), faults=Faults({"502": 0.1, "reset": 0.1}))


def blob_calls(reading: Any) -> Counter[str]:
    good = (call.target for call in reading.books.log if "/git/blobs/" in call.target and call.status == 200)
    return Counter(target.rpartition("/")[2] for target in good)


@pytest.mark.parametrize("strategy", [strategy.value for strategy in BatchStrategy])
def test_equal_blobs_travel_once(strategy: str, read: Read, town: World) -> None:
    reading = read(SimHub(town, NOISY, keep_log=True), strategy=strategy, use_cache=False, retry_attempts=10)
    assert len(reading.delivered) == 60
    assert set(blob_calls(reading).values()) == {1}
    assert len(blob_calls(reading)) == 49
    assert reading.results.from_cache.sum() == 11
    assert reading.coordinator.get_batch_metrics().api_calls_saved == 12 + 60 - reading.books.total_calls


def test_each_file_travels_for_itself_where_folding_and_cache_are_off(read: Read, town: World) -> None:
    hub = SimHub(town, "no-limits", keep_log=True)
    reading = read(hub, use_cache=False, fold_duplicates=False)
    assert blob_calls(reading).total() == 60
    assert not reading.results.from_cache.any()


def with_some_blobs_absent(holders: list[bool]) -> World:
    """Repositories that all list one file; only some hold its bytes."""
    content = b"module shared\n"
    sha = blob_sha(content)
    snapshot = Snapshot.of([leaf(path, sha, len(content)) for path in ("go.mod", "sub/go.mod")])
    held, absent = MemoryBlobs({sha: content}), MemoryBlobs({})
    return World(WorldRepository.of(f"acme/{n}", snapshot, held if has else absent) for n, has in enumerate(holders))


def test_when_the_first_of_equal_files_fails_the_others_try_for_themselves(read: Read) -> None:
    hub = SimHub(with_some_blobs_absent([False, False, True, False]), "no-limits", keep_log=True)
    reading = read(hub, strategy="sequential")
    results = reading.results
    assert list(results.status) == ["failed"] * 4 + ["delivered"] * 4  # the last follows the third
    assert list(results.from_cache[4:]) == [False, True, True, True]
    waits = results[["queue_wait", "pacing_wait", "limit_wait", "backoff_wait", "processing_time"]]
    assert (waits >= 0).all().all()
    assert waits.sum(axis=1).to_numpy() == pytest.approx((results.finished - results.queued).to_numpy(), abs=1e-9)
    assert (results.processing_time[results.from_cache] == 0).all()


def test_what_the_cache_holds_is_read_from_it(town: World) -> None:
    hub = SimHub(town, "no-limits")

    async def twice() -> tuple[pd.DataFrame, pd.DataFrame, int]:
        with CacheManager(":memory:") as cache:
            client = AsyncGitHubClient(hub.token, transport=hub.connect())
            async with BatchCoordinator(client, cache) as coordinator:
                first = await coordinator.process_repositories_batch(hub.repositories)
                before = hub.books.total_calls
                second = await coordinator.process_repositories_batch(hub.repositories)
                return first, second, hub.books.total_calls - before

    first, second, calls = run_virtual(twice)
    assert calls == 12  # the trees
    assert second.from_cache.all()
    assert list(second.content) == list(first.content)
    assert set(second.attempts) == {0}


# --- a branch that moves, and bytes that are not what they should be ------------------------------------

OLD, NEW = b"as the tree lists it", b"as the branch has it now"
PINNED = "1" * 40


class Shifting:
    """A server with one file, which differs by path from what the tree said; it counts the calls by endpoint."""

    def __init__(self, by_path: tuple[int, bytes], *by_sha: bytes) -> None:
        self._by_path, self._by_sha = by_path, list(by_sha)
        self.calls: Counter[str] = Counter()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.2)
        kind = next(kind for kind in ("trees", "contents", "blobs") if f"/{kind}/" in request.url.path)
        self.calls[kind] += 1
        if kind == "trees":
            entry = {"path": "f", "mode": "100644", "type": "blob", "sha": blob_sha(OLD), "size": len(OLD)}
            return httpx.Response(200, json={"sha": PINNED, "truncated": False, "tree": [entry]})
        if kind == "contents":
            return httpx.Response(self._by_path[0], content=self._by_path[1])
        return httpx.Response(200, content=self._by_sha.pop(0))


def read_f(server: Shifting, **settings: Any) -> Any:
    async def main() -> Any:
        client = AsyncGitHubClient("", transport=httpx.MockTransport(server))
        async with BatchCoordinator(client, config=BatchConfig(**settings)) as coordinator:
            return (await coordinator.process_files_batch("acme/app", ["f"], strategy="parallel")).iloc[0]

    return run_virtual(main)


@pytest.mark.parametrize("by_path", [(200, NEW), (404, b'{"message": "Not Found"}')])
def test_a_file_that_has_changed_or_gone_since_its_tree_was_read_comes_by_its_sha(
    by_path: tuple[int, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batchlab.batch_config.ROUTE_NAMES", ("contents", "blobs"))
    server = Shifting(by_path, OLD)
    row = read_f(server, routes=("contents", "blobs"))
    assert (row.status, row.content, row.route, row.attempts) == ("delivered", OLD, "blobs", 2)
    assert server.calls == {"trees": 1, "contents": 1, "blobs": 1}
    assert row.processing_time == pytest.approx(0.4)


def test_where_blobs_are_not_allowed_a_changed_file_fails_instead_of_being_asked_for_for_ever() -> None:
    server = Shifting((200, NEW))
    row = read_f(server, routes=("contents",))
    assert (row.status, row.error_category, row.content) == ("failed", "network", None)
    assert f"came with {len(NEW)} bytes of sha {blob_sha(NEW)}, not {blob_sha(OLD)}" in row.error
    assert server.calls["contents"] <= 4


def test_bytes_that_do_not_hash_to_their_sha_are_fetched_again_and_never_delivered() -> None:
    server = Shifting((404, b""), OLD[:-1], OLD)
    row = read_f(server, routes=("blobs",))
    assert (row.status, row.content, row.attempts) == ("delivered", OLD, 2)
    server = Shifting((404, b""), *[OLD[:-1]] * 9)
    row = read_f(server, routes=("blobs",), retry_attempts=2)
    assert (row.status, row.attempts, server.calls["blobs"]) == ("failed", 3, 3)


def test_many_equal_files_that_fail_together_all_get_their_row(read: Read) -> None:
    content = b"module shared\n"
    snapshot = Snapshot.of(leaf(f"{n}/go.mod", blob_sha(content), len(content)) for n in range(1500))
    world = World([WorldRepository.of("acme/copies", snapshot, MemoryBlobs({blob_sha(content): content}))])

    async def meanwhile(coordinator: BatchCoordinator) -> None:
        await asyncio.sleep(0.5)
        coordinator.stop()

    reading = read(SimHub(world, Scenario("slow", latency=Latency(median=0.4))), meanwhile=meanwhile)
    assert list(reading.results.error_category) == ["cancelled"] * 1500
