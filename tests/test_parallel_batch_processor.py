"""Requests through `ParallelBatchProcessor`, against the embedded GitHub in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

import httpx
import pytest

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_models import BatchRequest, BatchResult, FileStatus, Repository
from batchlab.cache_manager import CacheManager
from batchlab.errors import AuthenticationError, ConfigError, ErrorCategory, InputError
from batchlab.frames import RESULTS, results_frame
from batchlab.hub.scenario import Faults, Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.parallel_batch_processor import ParallelBatchProcessor
from batchlab.twin import run_virtual

T = TypeVar("T")
FILES = {f"acme/app-{n}": {f"{m}.txt": b"%d of %d\n" % (m, n) * (m + 1) for m in range(20)} for n in range(3)}


@pytest.fixture(scope="module")
def world() -> World:
    return World.build(FILES, "three")


def calm(**limits: Any) -> Scenario:
    return Scenario("calm", latency=Latency(median=0.25), limits=Limits(**limits))


def mixed() -> list[BatchRequest]:
    """Ask for every file, the repositories taking turns, and the first one twice."""
    requests = [BatchRequest(Repository(repo), f"{m}.txt") for m in range(20) for repo in FILES]
    return [*requests, requests[0]]


def use(
    hub: SimHub, work: Callable[[ParallelBatchProcessor], Coroutine[Any, Any, T]], token: str = "", **settings: Any
) -> T:
    async def main() -> T:
        client = AsyncGitHubClient(token or hub.token, hub.base_url, transport=hub.connect(0))
        async with client, ParallelBatchProcessor(github_client=client, **settings) as processor:
            return await work(processor)

    return run_virtual(main)


def process(hub: SimHub, requests: Iterable[BatchRequest], **settings: Any) -> list[BatchResult]:
    return use(hub, lambda processor: processor.process_batch_parallel(requests), **settings)


@pytest.mark.parametrize("strategy", [*BatchStrategy, None])
def test_results_come_in_the_order_of_the_requests_of_several_repositories(
    world: World, strategy: BatchStrategy | None
) -> None:
    requests = mixed()
    results = process(SimHub(world, calm()), requests, strategy=strategy)
    assert [result.request for result in results] == requests
    for result in results:
        assert result.content is not None
        assert bytes(result.content) == FILES[result.request.repo.full_name][result.request.file_path]
    RESULTS.validate(results_frame(results))


def test_the_same_request_twice_is_two_results_and_one_call(world: World) -> None:
    hub, request = SimHub(world, calm()), BatchRequest(Repository("acme/app-0"), "3.txt")
    first, second = process(hub, [request, request])
    assert first is not second
    assert first.content == second.content
    assert [first.from_cache, second.from_cache] == [False, True]
    assert hub.books.total_calls == 2  # its tree and itself


def test_what_cannot_be_read_is_a_result_of_its_own_and_holds_up_nothing(world: World) -> None:
    paths = [("acme/app-0", "0.txt"), ("acme/app-0", "absent"), ("acme/none", "0.txt"), ("ACME/APP-0", "1.txt")]
    requests = [BatchRequest(Repository(repo), path) for repo, path in paths]
    results = process(SimHub(world, calm()), requests)
    assert [result.status for result in results] == [
        FileStatus.DELIVERED,
        FileStatus.FAILED,
        FileStatus.FAILED,
        FileStatus.DELIVERED,
    ]
    assert [result.error_category for result in results[1:3]] == [ErrorCategory.FILE, ErrorCategory.REPOSITORY_ACCESS]


@pytest.mark.parametrize("ceiling", [1, 7])
def test_max_concurrent_bounds_the_calls_in_flight(world: World, ceiling: int) -> None:
    hub = SimHub(world, calm())
    assert len(process(hub, mixed(), max_concurrent=ceiling)) == 61
    assert hub.books.peak_in_flight == ceiling


@pytest.mark.parametrize("attempts", [0, 2])
def test_retry_attempts_are_those_after_the_first(world: World, attempts: int) -> None:
    broken = Scenario("down", latency=Latency(median=0.25), faults=Faults({"502": 1.0}))
    hub = SimHub(world, broken)
    results = process(hub, mixed()[:1], retry_attempts=attempts)
    assert results[0].error_category is ErrorCategory.NETWORK
    assert hub.books.total_calls == attempts + 1


@pytest.mark.parametrize(("share", "calls"), [(0.5, 20), (1.0, 40)])
def test_rate_limit_buffer_is_the_share_of_the_budget_that_is_spent(world: World, share: float, calls: int) -> None:
    hub = SimHub(world, calm(core=40, remaining=40, reset_in=600.0), keep_log=True)
    results = process(hub, mixed(), rate_limit_buffer=share, config=BatchConfig(routes=("blobs",)))
    assert all(result.content for result in results)
    assert sum(call.arrived < 600.0 for call in hub.books.log) == calls


def test_a_refused_token_ends_at_once_and_the_error_carries_the_results(world: World) -> None:
    hub = SimHub(world, calm())
    with pytest.raises(AuthenticationError) as caught:
        process(hub, mixed(), token="ghp_wrong")
    results: Any = caught.value.partial
    assert [result.request.file_path for result in results] == [request.file_path for request in mixed()]
    assert {result.error_category for result in results} == {ErrorCategory.AUTHENTICATION}
    assert hub.books.total_calls <= 3


def test_nothing_asked_is_nothing_sent(world: World) -> None:
    hub = SimHub(world, calm())
    assert process(hub, []) == []
    assert hub.books.total_calls == 0


def test_a_cache_that_is_given_answers_the_second_time(world: World) -> None:
    hub = SimHub(world, calm())

    async def twice(processor: ParallelBatchProcessor) -> tuple[list[BatchResult], int, list[BatchResult]]:
        first = await processor.process_batch_parallel(mixed())
        calls = hub.books.total_calls
        return first, calls, await processor.process_batch_parallel(mixed())

    with CacheManager(":memory:") as cache:
        first, calls, second = use(hub, twice, cache_manager=cache)
    assert [result.content for result in first] == [result.content for result in second]
    assert all(result.from_cache for result in second)
    assert calls == 63
    assert hub.books.total_calls - calls <= 3  # trees


def test_calls_of_one_processor_take_turns(world: World) -> None:
    hub, requests = SimHub(world, calm()), mixed()

    async def at_once(processor: ParallelBatchProcessor) -> list[list[BatchResult]]:
        parts = requests[:30], requests[30:]
        return await asyncio.gather(*(processor.process_batch_parallel(part) for part in parts))

    first, second = use(hub, at_once, max_concurrent=5)
    assert [result.request for result in first + second] == requests
    assert hub.books.peak_in_flight == 5


def test_metrics_count_what_was_asked_and_what_was_held(world: World) -> None:
    async def count(processor: ParallelBatchProcessor) -> Any:
        await processor.process_batch_parallel(mixed())
        return processor.metrics_collector.frame()

    metrics = use(SimHub(world, calm()), count)
    assert (metrics.total_requests, metrics.successful_requests, metrics.cache_hits) == (61, 61, 1)
    contents = sum(len(content) for files in FILES.values() for content in files.values())
    assert metrics["peak_memory"].tolist() == [contents]


def test_other_settings_come_from_a_copy_of_the_configuration_given() -> None:
    given = BatchConfig(max_concurrent_requests=3, request_timeout=5.0)
    processor = ParallelBatchProcessor(github_client=AsyncGitHubClient(""), config=given)
    assert (processor.config.max_concurrent_requests, processor.config.request_timeout) == (10, 5.0)
    processor.config.max_concurrent_requests = 20
    assert given.max_concurrent_requests == 3


@pytest.mark.parametrize("wrong", [{"max_concurrent": 0}, {"rate_limit_buffer": 1.5}, {"retry_attempts": -1}])
def test_settings_out_of_range_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"is out of range; accepted"):
        ParallelBatchProcessor(github_client=AsyncGitHubClient(""), **wrong)


def test_what_is_no_request_is_refused_before_anything_is_sent(world: World) -> None:
    hub, wrong = SimHub(world, calm()), [*mixed(), "acme/app-0"]
    with pytest.raises(InputError, match="'acme/app-0' is no request; accepted: BatchRequest"):
        process(hub, wrong)  # type: ignore[arg-type]
    assert hub.books.total_calls == 0


class Watched(httpx.AsyncBaseTransport):
    """Answers nothing, and counts how often it was closed."""

    closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"message": "Not Found"})

    async def aclose(self) -> None:
        self.closed += 1


def test_only_what_the_processor_made_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "https://github.example.com/api/v3")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_from_the_environment")
    closed: list[str] = []

    async def closing(client: AsyncGitHubClient) -> None:
        closed.append(client.base_url)

    monkeypatch.setattr(AsyncGitHubClient, "aclose", closing)

    async def main(client: AsyncGitHubClient | None) -> None:
        async with ParallelBatchProcessor(github_client=client) as processor:
            await processor.process_batch_parallel([])

    asyncio.run(main(AsyncGitHubClient("", "https://given.example.com")))
    assert closed == []
    asyncio.run(main(None))
    assert closed == ["https://github.example.com/api/v3"]


def test_one_processor_serves_successive_loops() -> None:
    processor = ParallelBatchProcessor(github_client=AsyncGitHubClient("", transport=Watched()))
    request = BatchRequest(Repository("acme/app"), "x")
    for _ in range(2):
        (result,) = asyncio.run(processor.process_batch_parallel([request]))
        assert result.error_category is ErrorCategory.REPOSITORY_ACCESS
