"""The cap on memory where results are collected: kept by the ledger, seen by nobody who reads the contents."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batchlab as bl
from batchlab import clock
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.batch_models import FileContent
from batchlab.engine.holdings import Collected
from batchlab.frames import RESULTS
from batchlab.git_objects import blob_sha
from batchlab.hub.generated_world import generated_world
from batchlab.hub.scenario import Faults, Latency, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.resource_manager import MEGABYTE, ResourceManager

CALM = Scenario("calm", latency=Latency(median=0.25))
EVERY_ROUTE = ("blobs", "contents", "graphql", "tarball")


@pytest.fixture(scope="module")
def world() -> World:
    """Sixty files of 100 kB each: 6 MB."""
    return generated_world(3, 20, 100_000)


def peak(reading: Any) -> int:
    return int(reading.coordinator.get_batch_metrics()["peak_memory"].iloc[-1])


def assert_whole(results: pd.DataFrame) -> None:
    RESULTS.validate(results)
    assert (results.status == "delivered").all()
    assert [blob_sha(bytes(content)) for content in results.content] == list(results.sha)


@settings(max_examples=25)
@given(
    cap=st.integers(1, 8),
    strategy=st.sampled_from([strategy.value for strategy in bl.BatchStrategy]),
    routes=st.sampled_from([("blobs",), EVERY_ROUTE]),
    rate=st.sampled_from([0.0, 0.2]),
)
def test_what_is_held_stays_under_the_cap_and_every_content_can_be_read(
    cap: int, strategy: str, routes: tuple[str, ...], rate: float, read: Any, world: World
) -> None:
    faulty = Scenario("faulty", latency=Latency(median=0.25), faults=Faults({"502": rate, "reset": rate}))
    settings = {"max_memory_usage_mb": cap, "routes": routes, "retry_attempts": 20}
    reading = read(SimHub(world, faulty), strategy=strategy, **settings)
    assert len(reading.results) == 60
    assert_whole(reading.results)
    assert 0 < peak(reading) <= cap * MEGABYTE
    on_disk = sum(isinstance(content, FileContent) for content in reading.results.content)
    assert (on_disk == 0) == (cap >= 6)


def test_a_lower_cap_takes_no_longer_than_its_calls_in_flight_allow(read: Any, world: World) -> None:
    roomy, tight = (read(SimHub(world, CALM), max_memory_usage_mb=cap) for cap in (500, 1))
    assert tight.seconds == roomy.seconds  # ten calls of 100 kB fit
    assert len(tight.calls) == len(roomy.calls)


def test_calls_wait_for_a_slot_where_memory_holds_fewer_than_may_fly(read: Any) -> None:
    large = generated_world(1, 20, 400_000)
    reading = read(SimHub(large, CALM), max_memory_usage_mb=1)
    assert reading.books.peak_in_flight == 2
    assert reading.results.queue_wait.max() == pytest.approx(0.25 * 9)
    assert_whole(reading.results)


def test_the_timeline_shows_what_is_held(read: Any, world: World) -> None:
    reading = read(SimHub(world, CALM), max_memory_usage_mb=500)
    held = [sample.memory for sample in reading.coordinator.trace.timeline]
    assert held == sorted(held)  # results are collected until the end
    assert 0 < held[-1] <= peak(reading) == 60 * 100_000


def test_a_file_larger_than_the_cap_passes_alone(read: Any) -> None:
    files = {"large.txt": b"x" * 3 * MEGABYTE} | {f"{n}.txt": b"%d" % n * 100_000 for n in range(10)}
    world = World.build({"acme/app": files})
    reading = read(SimHub(world, CALM), max_memory_usage_mb=1, stream_large_files_threshold=100 * MEGABYTE)
    assert_whole(reading.results)
    assert peak(reading) == 3 * MEGABYTE


@pytest.mark.parametrize(("threshold", "highest"), [(2 * MEGABYTE, 3 * MEGABYTE // 2), (4 * MEGABYTE, 3 * MEGABYTE)])
def test_a_file_above_the_streaming_threshold_is_never_held_in_memory_over_the_cap(
    threshold: int, highest: int, read: Any
) -> None:
    world = World.build({"acme/app": {"large.txt": b"x" * 3 * MEGABYTE, "small.txt": b"y"}})
    settings = {"max_memory_usage_mb": 1, "stream_large_files_threshold": threshold}
    reading = read(SimHub(world, CALM), **settings)
    assert_whole(reading.results)
    assert peak(reading) <= highest
    assert (peak(reading) > 2 * MEGABYTE) == (threshold > 3 * MEGABYTE)


def test_a_streamed_file_that_is_cut_off_is_read_again(read: Any) -> None:
    world = World.build({"acme/app": {f"{n}.txt": b"%d" % n * 2 * MEGABYTE for n in range(10)}})
    cut = Scenario("cut", latency=Latency(median=0.25), faults=Faults({"truncated": 0.3}))
    reading = read(SimHub(world, cut), retry_attempts=20, paths=[f"{n}.txt" for n in range(10)])
    assert_whole(reading.results)
    assert (reading.calls.outcome == "failed").any()


def test_a_cap_lowered_during_a_run_is_obeyed_by_the_next_call(read: Any, world: World) -> None:
    async def meanwhile(coordinator: BatchCoordinator) -> None:
        await clock.sleep(0.6)
        coordinator.config.max_memory_usage_mb = 1

    reading = read(SimHub(world, CALM, keep_log=True), meanwhile=meanwhile, max_concurrent_requests=20)
    assert max(call.in_flight for call in reading.books.log if call.arrived < 0.6) == 20
    assert max(call.in_flight for call in reading.books.log if call.arrived > 0.6) == 10
    assert_whole(reading.results)
    assert any(isinstance(content, FileContent) for content in reading.results.content)


def test_a_run_reads_contents_wherever_they_are(world: World, tmp_path: Path) -> None:
    run = bl.scan(hub=SimHub(world, CALM), patterns=["**"], config=bl.BatchConfig(max_memory_usage_mb=1))
    first = run.results.iloc[0]
    assert isinstance(first.content, FileContent)
    text = bytes(first.content).decode()
    assert run.text(first.repo, first.path) == text
    assert len(run.grep(text.splitlines()[0])) == text.count(text.splitlines()[0] + "\n")
    assert [path.read_bytes() for path in run.export(tmp_path / "files")] == [bytes(c) for c in run.results.content]


def test_contents_on_disk_go_with_the_results(
    world: World, read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    reading = read(SimHub(world, CALM), max_memory_usage_mb=1)
    (folder,) = tmp_path.iterdir()
    on_disk = sum(isinstance(content, FileContent) for content in reading.results.content)
    assert len(list(folder.iterdir())) == on_disk > 0
    records, results = reading.coordinator.records, reading.results
    before = len(results)
    freed = ResourceManager().cleanup_batch_resources([*records, results])
    assert freed == 2 * 100_000 * (60 - on_disk)  # the record's and the frame's are the same bytes
    assert len(results) == before
    assert results.content.isna().all()
    assert list(folder.iterdir()) == []


def test_the_oldest_contents_make_room_for_the_newest() -> None:
    holdings = Collected(1)
    bodies = [b"%d" % n * 400_000 for n in range(4)]
    contents = [holdings.keep(body, blob_sha(body)) for body in bodies]
    assert [content.in_memory for content in contents] == [False, False, True, True]
    assert [bytes(content) for content in contents] == bodies
    assert holdings.ledger.held == 800_000
    holdings.close()
    assert holdings.ledger.held == 0


def test_a_stopped_run_gives_all_memory_back(world: World) -> None:
    async def main() -> None:
        hub = SimHub(world, CALM)
        async with bl.hubs.client_of(hub) as client:
            coordinator = BatchCoordinator(client)
            run = asyncio.create_task(coordinator.process_repositories_batch(hub.repositories, patterns=["**"]))
            await clock.sleep(0.6)
            coordinator.stop()
            await run
            assert coordinator._reading is not None
            assert coordinator._reading._holdings.ledger.held == 0

    from batchlab.twin import run_virtual

    run_virtual(main)
