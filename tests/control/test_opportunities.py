"""What a run did more often than it had to: each sentence true by counting."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from batchlab.batch_metrics_collector import BatchMetricsCollector
from batchlab.cache_manager import CacheManager
from batchlab.hub.scenario import Faults, Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World

Read = Callable[..., Any]
SHARED = b"module shared\n"
WORLD = World.build(
    {f"acme/{n}": {"go.mod": SHARED} | {f"{m}/go.mod": b"module %d/%d\n" % (n, m) for m in range(4)} for n in range(8)}
)
CALM = Scenario("calm", latency=Latency(median=0.1))


def found(reading: Any) -> dict[str, Any]:
    opportunities = reading.coordinator.metrics_collector.identify_optimization_opportunities()
    assert [each.count for each in opportunities] == sorted((each.count for each in opportunities), reverse=True)
    return {each.kind: each for each in opportunities}


def numbers(opportunity: Any) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(opportunity))]


def test_equal_blobs_that_were_read_twice_are_counted(read: Read) -> None:
    reading = read(SimHub(WORLD, CALM), fold_duplicates=False, use_cache=False)
    twice = reading.books.calls[("blob", 200)] - reading.results.sha.nunique()
    duplicates = found(reading)["duplicates"]
    assert duplicates.count == twice == 7
    assert str(duplicates).startswith("7 files were read although an equal blob was read in the same operation")
    assert "duplicates" not in found(read(SimHub(WORLD, CALM)))


def test_blobs_that_an_earlier_operation_had_read_are_counted(read: Read) -> None:
    collector = BatchMetricsCollector()
    for times in range(1, 3):
        reading = read(SimHub(WORLD, CALM), use_cache=False, collector=collector)
        counts = {each.kind: each.count for each in collector.identify_optimization_opportunities()}
        assert counts.get("cache", 0) == (times - 1) * reading.results.sha.nunique()


def test_calls_for_a_single_file_are_counted_of_all_that_are_for_files(read: Read) -> None:
    alone = read(SimHub(WORLD, CALM))
    assert numbers(found(alone)["batch size"])[:2] == [33, 33] == [(alone.calls.files == 1).sum()] * 2
    together = read(SimHub(WORLD, CALM), strategy="aggressive", routes=("graphql", "blobs"))
    assert "batch size" not in found(together)


def test_limits_and_retries_are_counted_as_the_server_counted_them(read: Read) -> None:
    limits, faults = Limits(in_flight=6, lockout=20.0), Faults({"502": 0.2})
    reading = read(SimHub(WORLD, Scenario("rough", latency=Latency(median=0.1), limits=limits, faults=faults)), seed=2)
    rough = found(reading)
    assert rough["limits"].count == sum(reading.books.refused.values())
    assert numbers(rough["limits"])[1] == reading.books.peak_in_flight
    assert rough["retries"].count == sum(batch.attempt > 1 for batch in reading.coordinator.trace.batches)
    assert rough["retries"].count > 0


def test_files_without_content_are_counted(read: Read) -> None:
    reading = read(SimHub(WORLD, CALM), ["acme/1"], paths=["go.mod", "absent", "gone"])
    assert str(found(reading)["failures"]).startswith("2 of 3 files have no content")


@pytest.mark.parametrize(("repos", "idle"), [(1, True), (10, False)])
def test_slots_left_empty_are_told_where_there_were_calls_to_fill_them(repos: int, idle: bool, read: Read) -> None:
    scattered = World.build({f"acme/{n}": {"go.mod": b"module %d" % n} for n in range(40)})
    reading = read(SimHub(scattered, CALM), max_concurrent_repos=repos)
    metrics = reading.coordinator.get_batch_metrics()
    assert (metrics.parallel_efficiency < 0.5) == idle == ("parallel efficiency" in found(reading))
    if idle:
        share = f"{metrics.parallel_efficiency:.0%} of the slots"
        assert str(found(reading)["parallel efficiency"]).startswith(share)


def test_a_run_that_needs_nothing_is_told_nothing(read: Read) -> None:
    with CacheManager(":memory:") as cache:
        read(SimHub(WORLD, CALM), cache=cache)
        assert found(read(SimHub(WORLD, CALM), cache=cache)) == {}
