"""The metrics of a run small enough to add up on paper: two repositories, one slot for a while, then two."""

from __future__ import annotations

import math

import pytest

from batchlab.batch_metrics_collector import BatchMetricsCollector, OperationCounts
from batchlab.batch_models import BatchRequest, BatchResult, FileContent, Repository
from batchlab.errors import FileError
from batchlab.frames import METRICS
from batchlab.frames.records import BatchRecord, CallRecord

APP, SITE = Repository("acme/app"), Repository("acme/site")


def call(number: int, endpoint: str, sent: float, finished: float, **columns: object) -> CallRecord:
    record = CallRecord(number, number, "acme/app", endpoint, "core", 1, 1, sent, 1, 2)
    record.finished, record.outcome, record.points, record.bytes = finished, "ok", 1, 100
    for name, value in columns.items():
        setattr(record, name, value)
    return record


def batch(number: int, route: str, files: int, attempt: int = 1) -> BatchRecord:
    return BatchRecord(number, 0, route, "acme/app", files, attempt, 0.0, 0.0, 1.0, "ok")


def row(repo: Repository, path: str, **fields: object) -> BatchResult:
    return BatchResult(BatchRequest(repo, path), **fields)


CONTENT = FileContent(b"x", "0" * 40, 1)
CALLS = [
    call(0, "tree", 0.0, 1.0, files=0),
    call(1, "tree", 1.0, 2.0, files=0),
    call(2, "graphql", 2.0, 4.0, files=3, pool="graphql", in_flight=2),
    call(3, "blob", 3.0, 4.0, outcome="failed", in_flight=2),
    call(4, "blob", 6.0, 10.0, attempt=2),
]
BATCHES = [
    batch(0, "tree", 0),
    batch(1, "tree", 0),
    batch(2, "graphql", 3),
    batch(3, "blobs", 1),
    batch(4, "blobs", 1, 2),
]
RESULTS = [
    row(APP, "a", content=CONTENT, queue_wait=1.0),
    row(APP, "b", content=CONTENT, queue_wait=1.0, pacing_wait=0.5),
    row(APP, "c", content=CONTENT, from_cache=True, queue_wait=3.0),
    row(SITE, "d", content=CONTENT, backoff_wait=2.0),
    row(SITE, "e", error=FileError("gone"), limit_wait=4.0),
    row(SITE, "", error=FileError("nothing wanted"), skipped=True),
]  # fmt: skip

# What each column is by its definition, from the records above.
BY_HAND = {
    "total_requests": 5,  # files; the row of a whole repository is none
    "successful_requests": 4,
    "failed_requests": 1,
    "cache_hits": 1,
    "cache_misses": 4,
    "files_sent": 3 + 1 + 1,
    "file_batches": 3,
    "average_batch_size": 5 / 3,  # files sent a file batch, retries included
    "total_processing_time": 1 + 1 + 2 + 1 + 4,  # s of service, summed over calls
    "makespan": 10.0,
    "mean_limit": 1.8,
    "parallel_efficiency": 9 / (10.0 * 1.8),  # service over makespan x mean limit
    "throughput": 4 / 10.0,  # files a second
    "trees": 2,
    "calls": 5,
    "api_calls_saved": 2 + 5 - 5,  # trees and files asked for, less calls
    "core_points": 4,
    "bytes": 500,
    "retries": 1,
    "limit_hits": 0,
    "peak_in_flight": 2,
    "p50_latency": 1.0,
    "queue_wait": 5.0,
    "pacing_wait": 0.5,
    "limit_wait": 4.0,
    "backoff_wait": 2.0,
}


def collected() -> BatchMetricsCollector:
    collector = BatchMetricsCollector()
    collector.operation_ended(
        OperationCounts(
            operation="repositories",
            strategy="by hand",
            results=RESULTS,
            calls=CALLS,
            batches=BATCHES,
            trees=2,
            makespan=10.0,
            mean_limit=1.8,
        )
    )
    return collector


@pytest.mark.parametrize("name", BY_HAND)
def test_each_metric_is_what_its_definition_says(name: str) -> None:
    assert collected().frame()[name].iloc[0] == pytest.approx(BY_HAND[name])


def test_every_metric_has_a_meaning_and_a_number_of_something_has_a_unit() -> None:
    for column in METRICS.columns:
        assert column.meaning
        assert bool(column.unit) == (column.dtype != "string")


def test_totals_over_operations_recompute_rates() -> None:
    collector = collected()
    empty = OperationCounts("files", "by hand", [], [], [], trees=0, makespan=0.0, mean_limit=4.0)
    collector.operation_ended(empty)
    metrics = collector.frame()
    assert metrics.parallel_efficiency == pytest.approx(0.5)
    assert metrics.average_batch_size == pytest.approx(5 / 3)
    assert (metrics.total_requests, metrics.cache_hits, metrics.api_calls_saved) == (5, 1, 2)
    assert math.isnan(metrics["parallel_efficiency"].iloc[1])
    assert collector.get_performance_summary()["success_rate"] == 4 / 5
