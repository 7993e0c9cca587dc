"""The coordinator as its users hold it: stopped, cancelled, shared, steered and repeated."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pandas as pd
import pytest

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.cache_manager import CacheManager
from batchlab.control.budget import Pacing
from batchlab.control.concurrency import FixedLimit
from batchlab.control.policies import Policy
from batchlab.errors import AuthenticationError, ConfigError, InputError
from batchlab.frames import BATCHES, CALLS, DECISIONS, RESULTS, TIMELINE
from batchlab.git_objects import blob_sha
from batchlab.hub.scenario import Faults, Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.twin import run_virtual

T = TypeVar("T")
Read = Callable[..., Any]
CALM = Scenario("calm", latency=Latency(median=0.25))


def world(repositories: int = 6, files: int = 5) -> World:
    return World.build(
        {f"acme/{n}": {f"{m}/go.mod": b"module %d/%d" % (n, m) for m in range(files)} for n in range(repositories)}
    )


@pytest.fixture
def hub() -> SimHub:
    return SimHub(world(), CALM, keep_log=True)


def use(hub: SimHub, body: Callable[[BatchCoordinator], Awaitable[T]], **settings: Any) -> T:
    """Use a coordinator in virtual time, and see that it leaves no task behind."""

    async def main() -> T:
        client = AsyncGitHubClient(hub.token, transport=hub.connect())
        config = BatchConfig(routes=("blobs", "contents"), **settings)
        async with BatchCoordinator(client, config=config) as coordinator:
            outcome = await body(coordinator)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return outcome

    return run_virtual(main)


def whole(frame: pd.DataFrame) -> bool:
    return len(frame) == 30 and (frame.status == "delivered").all()


# --- ended early ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0.0, 0.1, 0.3, 0.6])
def test_a_stop_from_another_thread_keeps_what_was_read_and_marks_the_rest(hub: SimHub, after: float) -> None:
    async def body(coordinator: BatchCoordinator) -> tuple[pd.DataFrame, int, pd.DataFrame]:
        reading = asyncio.create_task(coordinator.process_files_batch("acme/0", [f"{n}/go.mod" for n in range(5)] * 8))
        await asyncio.sleep(after)
        other = Thread(target=coordinator.stop)
        other.start()
        other.join()
        partial, calls = await reading, hub.books.total_calls
        assert hub.books.in_flight == 0
        assert coordinator.progress == ((partial.status == "delivered").sum(), partial.sha.notna().sum())
        return partial, calls, await coordinator.process_repositories_batch(hub.repositories)

    partial, calls, second = use(hub, body, max_concurrent_requests=2, fold_duplicates=False, use_cache=False)
    assert len(partial) == 40
    delivered = partial[partial.status == "delivered"]
    assert len(delivered) == {0.0: 0, 0.1: 0, 0.3: 0, 0.6: 2}[after]
    rest = partial[partial.status == "failed"]
    assert len(delivered) + len(rest) == 40
    assert set(rest.error_category) == {"cancelled"}
    assert rest.error.str.contains("run it again to read the rest").all()
    assert (partial.finished <= after).all()
    assert calls == {0.0: 1, 0.1: 1, 0.3: 3, 0.6: 5}[after]
    assert whole(second)


def test_a_stop_while_nothing_is_under_way_ends_the_next_operation_and_no_other(hub: SimHub) -> None:
    async def body(coordinator: BatchCoordinator) -> tuple[pd.DataFrame, int, pd.DataFrame]:
        coordinator.stop()
        first = await coordinator.process_repositories_batch(hub.repositories)
        return first, hub.books.total_calls, await coordinator.process_repositories_batch(hub.repositories)

    first, calls, second = use(hub, body)
    assert (list(first.error_category), calls) == (["cancelled"] * 6, 0)
    assert whole(second)


@pytest.mark.parametrize("after", [0.0, 0.1, 0.6])
def test_a_cancelled_operation_leaves_its_rows_and_no_task_and_the_next_one_works(hub: SimHub, after: float) -> None:
    async def body(coordinator: BatchCoordinator) -> tuple[pd.DataFrame, pd.DataFrame]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(after):
                await coordinator.process_repositories_batch(hub.repositories, "sequential")
        assert hub.books.in_flight == 0
        return coordinator.results, await coordinator.process_repositories_batch(hub.repositories)

    partial, second = use(hub, body)
    assert set(partial.error_category.dropna()) <= {"cancelled"}
    assert (partial.finished <= after).all()
    assert whole(second)


def test_batches_and_calls_of_a_stopped_operation_are_marked_cancelled(hub: SimHub, read: Read) -> None:
    async def meanwhile(coordinator: BatchCoordinator) -> None:
        await asyncio.sleep(0.6)
        coordinator.stop()

    reading = read(hub, meanwhile=meanwhile)
    assert set(reading.calls.outcome) == {"ok", "cancelled"}
    batches = BATCHES.from_records(reading.coordinator.trace.batches)
    assert set(batches.outcome) == {"ok", "cancelled"}
    assert len(reading.calls) == reading.books.total_calls
    assert reading.calls.finished.max() == batches.finished.max() == 0.6


def test_a_refused_token_raises_and_keeps_what_was_read(hub: SimHub) -> None:
    async def body(coordinator: BatchCoordinator) -> pd.DataFrame:
        coordinator._client._token = type(coordinator._client._token)("ghp_wrong")
        with pytest.raises(AuthenticationError, match="refused the classic personal access token") as caught:
            await coordinator.process_repositories_batch(hub.repositories)
        assert "coordinator.results" in caught.value.__notes__[0]
        assert coordinator.get_batch_metrics().loc[0, "failed_requests"] == 0  # no file was known of yet
        return coordinator.results

    assert list(use(hub, body).error_category) == ["authentication"] * 6


# --- several operations ---------------------------------------------------------------------------------


def test_operations_gathered_on_one_coordinator_run_one_after_another(hub: SimHub) -> None:
    async def body(coordinator: BatchCoordinator) -> list[Any]:
        frames = await asyncio.gather(
            coordinator.process_repositories_batch(hub.repositories[:3], "parallel"),
            coordinator.process_repositories_batch(hub.repositories[3:], "sequential"),
            coordinator.process_files_batch("acme/0", ["0/go.mod"]),
        )
        return [*frames, coordinator.get_batch_metrics(), CALLS.from_records(coordinator.trace.calls)]

    first, second, third, metrics, calls = use(hub, body)
    assert [len(first), len(second), len(third)] == [15, 15, 1]
    assert first.finished.max() <= second.queued.min()
    assert list(metrics["strategy"]) == ["parallel", "sequential", "adaptive"]
    assert list(metrics["total_requests"]) == [15, 15, 1]
    assert metrics["calls"].sum() == len(calls) == hub.books.total_calls
    assert metrics.total_requests == 31


def test_one_coordinator_serves_successive_loops_even_gathered(hub: SimHub) -> None:
    with CacheManager(":memory:") as cache:
        coordinator = BatchCoordinator(AsyncGitHubClient(hub.token, transport=hub.connect()), cache)

        async def both() -> list[pd.DataFrame]:
            ask = coordinator.process_repositories_batch
            return list(await asyncio.gather(ask(hub.repositories[:3]), ask(hub.repositories[3:])))

        for _ in range(2):
            frames = run_virtual(both)
            assert whole(pd.concat(frames))


def test_results_while_under_way_are_the_rows_that_have_ended(hub: SimHub) -> None:
    async def body(coordinator: BatchCoordinator) -> list[tuple[int, int, int]]:
        reading = asyncio.create_task(coordinator.process_repositories_batch(hub.repositories, "sequential"))
        seen = []
        while not reading.done():
            frame = coordinator.results
            assert (frame.status == "delivered").all()
            assert frame.content.notna().all()
            seen.append((len(frame), *coordinator.progress))
            await asyncio.sleep(0.5)
        return seen

    seen = use(hub, body)
    assert [rows for rows, _, _ in seen] == [done for _, done, _ in seen] == sorted(rows for rows, _, _ in seen)
    assert len({rows for rows, _, _ in seen}) > 5
    assert {asked for _, _, asked in seen} <= {0, 5, 10, 15, 20, 25, 30}


# --- steered --------------------------------------------------------------------------------------------


def test_priority_files_are_read_first_and_rows_keep_the_order_of_asking(hub: SimHub) -> None:
    paths = [f"{n}/go.mod" for n in range(5)]

    async def body(coordinator: BatchCoordinator) -> pd.DataFrame:
        return await coordinator.process_files_batch(
            "acme/0", paths, priority_files=["3/go.mod", "absent.lock"], strategy="sequential"
        )

    frame = use(hub, body)
    assert list(frame.path) == paths
    assert frame.sort_values("started").path.iloc[0] == "3/go.mod"
    assert list(frame.priority) == [10, 10, 10, 100, 10]


def test_a_policy_of_ones_own_is_a_strategy(hub: SimHub, read: Read) -> None:
    pairs = Policy("pairs", lambda config: 2, FixedLimit, Pacing.NONE)
    reading = read(hub, strategy=pairs)
    assert whole(reading.results)
    assert reading.books.peak_in_flight == 2
    assert reading.coordinator.get_batch_metrics().loc[0, "strategy"] == "pairs"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"repositories": ["no-slash"]}, "'no-slash' is no repository; write owner/name"),
        ({"repositories": ["acme/0"], "patterns": []}, "give at least one glob"),
        ({"repositories": ["acme/0"], "strategy": "paralell"}, "unknown strategy 'paralell'; did you mean 'parallel'"),
    ],
)
def test_bad_input_is_named_before_any_call_is_sent(asked: dict[str, Any], said: str, hub: SimHub) -> None:
    async def body(coordinator: BatchCoordinator) -> None:
        with pytest.raises((InputError, ConfigError), match=said):
            await coordinator.process_repositories_batch(**asked)

    use(hub, body)
    assert hub.books.total_calls == 0


def test_without_performance_monitoring_metrics_remain_and_decisions_do_not(hub: SimHub, read: Read) -> None:
    reading = read(hub, enable_performance_monitoring=False)
    assert reading.coordinator.trace.decisions == reading.coordinator.trace.timeline == []
    assert reading.coordinator.get_batch_metrics().loc[0, "calls"] == 36


def test_what_the_coordinator_was_given_stays_open_and_what_it_made_is_closed(hub: SimHub) -> None:
    with CacheManager(":memory:") as cache:

        async def body(coordinator: BatchCoordinator) -> None:
            given = BatchCoordinator(coordinator._client, cache)
            await given.cleanup()
            await coordinator.process_repositories_batch(["acme/0"])
            cache.put_blob(blob_sha(b""), b"")
            own = BatchCoordinator()
            await own.cleanup()
            assert "closed" in repr(own._cache)

        use(hub, body)
        assert cache.get_blob(blob_sha(b"")) == b""


# --- the same again -------------------------------------------------------------------------------------


def fingerprint(strategy: str, seed: int) -> str:
    """Return a digest of every frame of a noisy run, byte for byte."""
    scenario = Scenario(
        "noisy",
        latency=Latency(sigma=0.7, tail_share=0.1),
        limits=Limits(core=60, remaining=30, reset_in=20.0, in_flight=8),
        faults=Faults({"502": 0.1, "reset": 0.1}),
    )
    hub = SimHub(world(), scenario, seed=seed)

    async def main() -> str:
        client = AsyncGitHubClient(hub.token, transport=hub.connect(seed))
        async with BatchCoordinator(client, seed=seed) as coordinator:
            results = await coordinator.process_repositories_batch(hub.repositories, strategy)
            trace = coordinator.trace
            frames = [results, pd.DataFrame(coordinator.get_batch_metrics()), CALLS.from_records(trace.calls)]
            frames += [BATCHES.from_records(trace.batches), DECISIONS.from_records(trace.decisions)]
            frames += [TIMELINE.from_records(trace.timeline)]
            text = "".join(frame.to_csv(float_format="%r") for frame in frames)
            return hashlib.sha256(text.encode()).hexdigest()

    return run_virtual(main)


@pytest.mark.parametrize("strategy", [strategy.value for strategy in BatchStrategy])
def test_the_same_seed_gives_the_same_frames_byte_for_byte(strategy: str) -> None:
    assert fingerprint(strategy, 1) == fingerprint(strategy, 1)
    assert fingerprint(strategy, 1) != fingerprint(strategy, 2)


def test_the_order_of_hashes_does_not_matter() -> None:
    script = (
        "import importlib.util, sys;"
        f"spec = importlib.util.spec_from_file_location('tests_here', {str(Path(__file__))!r});"
        "module = importlib.util.module_from_spec(spec); sys.modules['tests_here'] = module;"
        "spec.loader.exec_module(module); print(module.fingerprint('adaptive', 3))"
    )
    other = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"  # this process has one of its own
    environment = os.environ | {"PYTHONHASHSEED": other}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == fingerprint("adaptive", 3)


def test_the_frames_are_as_declared(hub: SimHub, read: Read) -> None:
    reading = read(hub)
    trace = reading.coordinator.trace
    RESULTS.validate(reading.results)
    for schema, records in ((CALLS, trace.calls), (BATCHES, trace.batches), (DECISIONS, trace.decisions)):
        schema.validate(schema.from_records(records))
    TIMELINE.validate(TIMELINE.from_records(trace.timeline))
    assert [call.call for call in trace.calls] == list(range(36))
    assert [call.sent for call in trace.calls] == sorted(call.sent for call in trace.calls)
    assert {call.batch for call in trace.calls} == {batch.batch for batch in trace.batches}
