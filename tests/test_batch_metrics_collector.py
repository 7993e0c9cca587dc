from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from batchlab.batch_metrics_collector import BatchMetricsCollector
from batchlab.frames import METRICS
from batchlab.hub.scenario import Faults, Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World

Read = Callable[..., Any]


@pytest.fixture(scope="module")
def world() -> World:
    shared = b"module shared"
    return World.build({f"acme/{n}": {"go.mod": shared, "own/go.mod": b"module %d" % n} for n in range(8)})


def test_a_row_of_metrics_is_what_the_frames_of_its_run_add_up_to(world: World, read: Read) -> None:
    scenario = Scenario(
        "noisy",
        latency=Latency(sigma=0.7),
        limits=Limits(core=5000, in_flight=5),
        faults=Faults({"502": 0.2, "reset": 0.1}),
    )
    reading = read(SimHub(world, scenario), retry_attempts=1, routes=("blobs",), seed=5)
    metrics, calls, results = reading.coordinator.get_batch_metrics(), reading.calls, reading.results
    METRICS.validate(metrics)
    row, files = metrics.iloc[0], results[results.path.notna()]
    service = calls.finished - calls.sent
    batches = [batch for batch in reading.coordinator.trace.batches if batch.route != "tree"]
    counted = {
        "total_requests": len(files),
        "successful_requests": (files.status == "delivered").sum(),
        "failed_requests": (files.status == "failed").sum(),
        "cache_hits": files.from_cache.sum(),
        "cache_misses": (~files.from_cache).sum(),
        "calls": len(calls),
        "core_points": calls.points.sum(),
        "bytes": calls.bytes.sum(),
        "limit_hits": (calls.outcome == "limited").sum(),
        "retries": sum(batch.attempt > 1 for batch in reading.coordinator.trace.batches),
        "file_batches": len(batches),
        "files_sent": sum(batch.files for batch in batches),
        "trees": 8,
        "api_calls_saved": 8 + len(files) - len(calls),
        "peak_in_flight": calls.in_flight.max(),
    }
    assert {name: row[name] for name in counted} == counted
    assert min(counted["failed_requests"], counted["cache_hits"], counted["limit_hits"], counted["retries"]) > 0
    assert row["calls"] == reading.books.total_calls
    assert row["bytes"] <= reading.books.bytes_sent
    measured = {
        "total_processing_time": service.sum(),
        "makespan": reading.seconds,
        "throughput": counted["successful_requests"] / reading.seconds,
        "p50_latency": np.percentile(service, 50),
        "p99_latency": np.percentile(service, 99),
        "average_batch_size": 1.0,
        "parallel_efficiency": service.sum() / (reading.seconds * row["mean_limit"]),
        **{f"{wait}_wait": results[f"{wait}_wait"].sum() for wait in ("queue", "pacing", "limit", "backoff")},
    }
    assert {name: row[name] for name in measured} == pytest.approx(measured)
    assert 0.0 < row["parallel_efficiency"] <= 1.0


def test_one_call_at_a_time_keeps_its_one_slot_busy(world: World, read: Read) -> None:
    metrics = read(SimHub(world, Scenario("calm")), strategy="sequential").coordinator.get_batch_metrics()
    assert metrics.parallel_efficiency == pytest.approx(1.0)
    assert metrics.loc[0, "mean_limit"] == metrics.loc[0, "peak_in_flight"] == 1
    assert metrics.total_processing_time == pytest.approx(metrics.loc[0, "makespan"])


def test_an_operation_without_calls_has_no_rates_to_tell(world: World, read: Read) -> None:
    metrics = read(SimHub(world), []).coordinator.get_batch_metrics()
    assert (metrics.total_requests, metrics.total_processing_time, metrics.api_calls_saved) == (0, 0.0, 0)
    assert all(math.isnan(metrics.loc[0, name]) for name in ("parallel_efficiency", "p50_latency", "throughput"))


def test_a_summary_counts_files_and_recomputes_rates() -> None:
    collector = BatchMetricsCollector()
    assert collector.get_performance_summary() == dict.fromkeys(
        ("total_operations", "total_requests", "successful_requests", "avg_batch_size", "cache_hit_rate",
         "success_rate", "total_duration", "throughput"), 0
    )  # fmt: skip
    collector.record_batch_operation("file_batch", duration=2.5, batch_size=15, success_count=14, cache_hits=8)
    collector.record_batch_operation("file_batch", duration=1.5, batch_size=5, success_count=2)
    summary = collector.get_performance_summary()
    assert summary == {
        "total_operations": 2, "total_requests": 20, "successful_requests": 16, "avg_batch_size": 10.0,
        "cache_hit_rate": 0.4, "success_rate": 0.8, "total_duration": 4.0, "throughput": 4.0,
    }  # fmt: skip


def test_operations_are_logged_where_that_is_asked_for(
    world: World, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="batchlab.batch"):
        read(SimHub(world, Scenario("calm")))
        assert caplog.messages == []
        read(SimHub(world, Scenario("calm")), log_batch_metrics=True)
    (message,) = caplog.messages
    assert message.startswith("repositories with parallel: 16 of 16 files, 17 calls, ")
