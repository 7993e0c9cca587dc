"""Chunks from `StreamingBatchProcessor` as they complete, in bounded memory; virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlab import clock
from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_models import BatchRequest, BatchResult, Repository
from batchlab.cache_manager import CacheManager
from batchlab.errors import AuthenticationError, ErrorCategory, InputError
from batchlab.git_objects import blob_sha
from batchlab.hub.generated_world import generated_world
from batchlab.hub.scenario import Faults, Latency, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.resource_manager import MEGABYTE
from batchlab.streaming_batch_processor import StreamingBatchProcessor
from batchlab.twin import run_virtual

T = TypeVar("T")
REPOSITORIES, FILES = 4, 25
CALM = Scenario("calm", latency=Latency(median=0.25))


@pytest.fixture(scope="module")
def world() -> World:
    """A hundred files of 200 kB each."""
    return generated_world(REPOSITORIES, FILES, 200_000)


def everything(world: World) -> list[BatchRequest]:
    return [BatchRequest(repo, f"data/{n:05}.txt") for repo in world.repositories for n in range(FILES)]


def use(hub: SimHub, work: Callable[[StreamingBatchProcessor], Coroutine[Any, Any, T]], *arguments: int,
        token: str = "", **settings: Any) -> T:  # fmt: skip
    async def main() -> T:
        client = AsyncGitHubClient(token or hub.token, hub.base_url, transport=hub.connect(0))
        settings.setdefault("config", BatchConfig(routes=("blobs",)))
        async with client, StreamingBatchProcessor(*arguments, github_client=client, **settings) as processor:
            outcome = await work(processor)
            await clock.sleep(0)  # what an abandoned loop leaves to the event loop
            await clock.sleep(0)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return outcome

    return run_virtual(main)


def stream(hub: SimHub, requests: list[BatchRequest], *arguments: int, pause: float = 0.0,
           **settings: Any) -> tuple[list[list[BatchResult]], int]:  # fmt: skip
    """Return the chunks that a consumer took who rests after each, and the peak of the ledger."""

    async def consume(processor: StreamingBatchProcessor) -> tuple[list[list[BatchResult]], int]:
        chunks = []
        async for chunk in processor.process_large_batch_streaming(requests):
            chunks.append(chunk)
            await clock.sleep(pause)
        return chunks, int(processor.metrics_collector.frame()["peak_memory"].iloc[0])

    return use(hub, consume, *arguments, **settings)


def assert_all_delivered_once(chunks: list[list[BatchResult]], requests: list[BatchRequest]) -> None:
    results = [result for chunk in chunks for result in chunk]
    assert sorted(map(id, (result.request for result in results))) == sorted(map(id, requests))
    for result in results:
        assert result.content is not None
        assert blob_sha(result.content.content) == result.sha


@pytest.mark.parametrize("strategy", BatchStrategy)
def test_every_request_comes_once_in_full_chunks_and_a_last_smaller_one(world: World, strategy: BatchStrategy) -> None:
    requests = everything(world)
    chunks, _ = stream(SimHub(world, CALM), requests, 7, strategy=strategy, config=BatchConfig())
    assert [len(chunk) for chunk in chunks] == [7] * 14 + [2]
    assert_all_delivered_once(chunks, requests)


def test_chunks_come_while_others_are_under_way(world: World) -> None:
    hub = SimHub(world, CALM)

    async def first_chunk(processor: StreamingBatchProcessor) -> float:
        one_repository = everything(world)[:FILES]
        async with aclosing(processor.process_large_batch_streaming(one_repository)) as chunks:
            assert len(await anext(chunks)) == 10
            return clock.now()

    assert use(hub, first_chunk, strategy="parallel") == pytest.approx(0.5)  # a tree, and ten files at once
    assert hub.books.total_calls < 1 + FILES


@settings(max_examples=25)
@given(
    cap=st.integers(1, 6),
    chunk=st.sampled_from([1, 3, 10, 40, 1000]),
    pause=st.sampled_from([0.0, 0.3, 5.0]),
    strategy=st.sampled_from(list(BatchStrategy)),
    routes=st.sampled_from([("blobs",), ("blobs", "contents", "graphql", "tarball")]),
    rate=st.sampled_from([0.0, 0.2]),
)
def test_what_is_held_stays_under_the_cap_whatever_the_consumer_does_and_all_comes(
    cap: int, chunk: int, pause: float, strategy: BatchStrategy, routes: tuple[str, ...], rate: float, world: World
) -> None:
    faulty = Scenario("faulty", latency=Latency(median=0.25, sigma=0.5), faults=Faults({"502": rate, "reset": rate}))
    requests = everything(world)
    config = BatchConfig(routes=routes, retry_attempts=20)
    chunks, peak = stream(SimHub(world, faulty), requests, chunk, cap, pause=pause, strategy=strategy, config=config)
    assert_all_delivered_once(chunks, requests)
    assert 0 < peak <= cap * MEGABYTE
    assert max(map(len, chunks)) <= chunk


def test_no_call_is_sent_while_the_consumer_leaves_the_ledger_full(world: World) -> None:
    hub = SimHub(world, CALM, keep_log=True)
    stream(hub, everything(world), 5, 1, pause=100.0, strategy="parallel")
    blobs = [call for call in hub.books.log if call.endpoint == "blob"]
    assert len(blobs) == 100
    for call in blobs:  # each is sent in the instant in which a chunk was taken
        assert call.arrived % 100.0 == pytest.approx(0.25, abs=0.5)
    assert hub.books.peak_in_flight <= 5 + REPOSITORIES


def test_a_cap_raised_during_the_stream_lets_more_calls_fly(world: World) -> None:
    hub = SimHub(world, CALM, keep_log=True)

    async def consume(processor: StreamingBatchProcessor) -> None:
        async for _ in processor.process_large_batch_streaming(everything(world)):
            if clock.now() > 1.0:
                processor.config.max_memory_usage_mb = 10

    use(hub, consume, 5, 1, strategy="parallel")
    blobs = [(call.arrived, call.in_flight) for call in hub.books.log if call.endpoint == "blob"]
    assert max(flying for sent, flying in blobs if 0.25 < sent < 1.0) == 5
    assert max(flying for sent, flying in blobs if sent > 1.5) == 10


def test_a_file_larger_than_the_cap_goes_when_nothing_else_is_held() -> None:
    files = {"large.txt": b"x" * 3 * MEGABYTE} | {f"{n}.txt": b"%d" % n * 100_000 for n in range(10)}
    world = World.build({"acme/app": files})
    requests = [BatchRequest(Repository("acme/app"), path) for path in files]
    config = BatchConfig(routes=("blobs",), stream_large_files_threshold=100 * MEGABYTE)
    chunks, peak = stream(SimHub(world, CALM), requests, 4, 1, config=config)
    assert_all_delivered_once(chunks, requests)
    assert peak == 3 * MEGABYTE


def test_a_file_above_the_threshold_goes_to_disk_as_it_comes() -> None:
    world = World.build({"acme/app": {"large.txt": b"x" * 3 * MEGABYTE}})
    config = BatchConfig(routes=("blobs",), stream_large_files_threshold=2 * MEGABYTE)
    request = BatchRequest(Repository("acme/app"), "large.txt")
    ((result,),), peak = stream(SimHub(world, CALM), [request], 4, 1, config=config)
    assert result.content is not None
    assert not result.content.in_memory
    assert bytes(result.content) == b"x" * 3 * MEGABYTE
    assert peak < MEGABYTE


def test_an_equal_blob_is_read_once_while_the_first_is_not_taken() -> None:
    world = World.build({"acme/app": {f"{n}.txt": b"the same" for n in range(30)}})
    requests = [BatchRequest(Repository("acme/app"), f"{n}.txt") for n in range(30)]
    hub = SimHub(world, CALM)
    chunks, peak = stream(hub, requests, 10)
    assert_all_delivered_once(chunks, requests)
    assert hub.books.total_calls == 2
    assert peak == len(b"the same")


def test_held_blobs_beyond_the_cap_come_from_disk(world: World) -> None:
    requests = everything(world)
    with CacheManager(":memory:") as cache:
        stream(SimHub(world, CALM), requests, 10, 1, cache_manager=cache)
        hub = SimHub(world, CALM)
        chunks, peak = stream(hub, requests, 10, 1, pause=1.0, cache_manager=cache)
    assert_all_delivered_once(chunks, requests)
    assert all(result.from_cache for chunk in chunks for result in chunk)
    assert hub.books.total_calls == REPOSITORIES
    assert peak <= MEGABYTE


@pytest.mark.parametrize("way", ["break", "aclose", "raise", "cancel"])
def test_a_loop_that_is_left_early_ends_all_calls_and_leaves_no_task(world: World, way: str) -> None:
    hub = SimHub(world, CALM)

    async def leave(processor: StreamingBatchProcessor) -> None:
        chunks = processor.process_large_batch_streaming(everything(world))
        async for _ in chunks:
            if way == "raise":
                raise ZeroDivisionError
            if way == "cancel":
                raise asyncio.CancelledError
            break
        if way == "aclose":
            await chunks.aclose()

    async def outlive(processor: StreamingBatchProcessor) -> None:
        await asyncio.gather(asyncio.create_task(leave(processor)), return_exceptions=True)
        await clock.sleep(1.0)

    use(hub, outlive, strategy="parallel")
    assert hub.books.in_flight == 0
    assert hub.books.total_calls < 40


def test_a_consumer_who_is_cancelled_while_he_waits_ends_all_calls(world: World) -> None:
    hub = SimHub(world, Scenario("slow", latency=Latency(median=60.0)))

    async def wait(processor: StreamingBatchProcessor) -> None:
        async def consume() -> None:
            async for _ in processor.process_large_batch_streaming(everything(world)):
                pytest.fail("nothing can have come")

        consumer = asyncio.create_task(consume())
        await clock.sleep(90.0)
        consumer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await consumer

    use(hub, wait)
    assert hub.books.in_flight == 0


def test_what_cannot_be_read_comes_too(world: World) -> None:
    requests = [BatchRequest(Repository("acme/none"), "x"), BatchRequest(Repository("generated/repo-000"), "absent")]
    ((first, second),), _ = stream(SimHub(world, CALM), requests)
    categories = {result.request.file_path: result.error_category for result in (first, second)}
    assert categories == {"x": ErrorCategory.REPOSITORY_ACCESS, "absent": ErrorCategory.FILE}


def test_a_refused_token_is_raised_after_every_request_had_its_result(world: World) -> None:
    seen: list[BatchResult] = []

    async def consume(processor: StreamingBatchProcessor) -> None:
        async for chunk in processor.process_large_batch_streaming(everything(world)):
            seen.extend(chunk)

    with pytest.raises(AuthenticationError):
        use(SimHub(world, CALM), consume, token="ghp_wrong")
    assert {result.error_category for result in seen} == {ErrorCategory.AUTHENTICATION}
    assert len(seen) == 100


def test_nothing_asked_is_no_chunk(world: World) -> None:
    hub = SimHub(world, CALM)

    async def consume(processor: StreamingBatchProcessor) -> list[Any]:
        return [chunk async for chunk in processor.process_large_batch_streaming([])]

    assert use(hub, consume) == []
    assert hub.books.total_calls == 0


@pytest.mark.parametrize(("arguments", "named"), [((0,), "chunk_size=0"), ((10, 0), "max_memory_usage_mb=0")])
def test_settings_out_of_range_are_refused_by_name(arguments: tuple[int, ...], named: str) -> None:
    with pytest.raises(InputError, match=f"{named} is out of range; accepted"):
        StreamingBatchProcessor(*arguments, github_client=AsyncGitHubClient(""))


def test_two_hundred_megabytes_pass_through_a_ledger_of_twenty() -> None:
    world = generated_world(20, 100, 100_000)
    requests = [BatchRequest(repo, f"data/{n:05}.txt") for repo in world.repositories for n in range(100)]
    seen = 0

    async def consume(processor: StreamingBatchProcessor) -> int:
        nonlocal seen
        async for chunk in processor.process_large_batch_streaming(requests):
            seen += sum(len(bytes(result.content)) for result in chunk if result.content is not None)
            await clock.sleep(1.0)
        return int(processor.metrics_collector.frame()["peak_memory"].iloc[0])

    peak = use(SimHub(world, CALM), consume, 50, 20, config=BatchConfig.lab(), strategy="parallel")
    assert seen == 200_000_000
    assert 19 * MEGABYTE < peak <= 20 * MEGABYTE
