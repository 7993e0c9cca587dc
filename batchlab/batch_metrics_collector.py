"""Count what a run did: the metrics of each operation, and a summary of recorded batches."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from batchlab.batch_models import BatchResult, FileStatus
from batchlab.control.opportunities import Opportunity, Tally
from batchlab.frames import METRICS, MetricsFrame
from batchlab.frames.records import BatchRecord, CallRecord

logger = logging.getLogger("batchlab.batch")


@dataclass(frozen=True)
class OperationCounts:
    """What one operation left behind, for its row of metrics.

    Parameters
    ----------
    operation, strategy
        ``repositories`` or ``files``, and the policy's name.
    results, calls, batches
        The records of this operation alone.
    trees
        Trees that were asked for.
    makespan
        Seconds from its first instant to its last row.
    mean_limit
        Concurrency limit, averaged over the makespan.
    peak_memory
        Most bytes that the engine held at once, of calls in flight and of results not handed over.
    """

    operation: str
    strategy: str
    results: Sequence[BatchResult]
    calls: Sequence[CallRecord]
    batches: Sequence[BatchRecord]
    trees: int
    makespan: float
    mean_limit: float
    peak_memory: int = 0

    def row(self) -> dict[str, Any]:
        """Return the values of one row of `batchlab.frames.METRICS`, by column."""
        return {"operation": self.operation, "strategy": self.strategy} | self._files() | self._calls() | self._waits()

    def _files(self) -> dict[str, Any]:
        files = [r for r in self.results if r.request.file_path]
        delivered = [r for r in files if r.status is FileStatus.DELIVERED]
        hits = sum(r.from_cache for r in delivered)
        sent = [b for b in self.batches if b.route != "tree"]
        files_sent = sum(b.files for b in sent)
        return {
            "total_requests": len(files),
            "successful_requests": len(delivered),
            "cache_hits": hits,
            "average_batch_size": _ratio(files_sent, len(sent)),
            "failed_requests": sum(r.status is FileStatus.FAILED for r in files),
            "cache_misses": len(files) - hits,
            "trees": self.trees,
            "file_batches": len(sent),
            "files_sent": files_sent,
            "retries": sum(b.attempt > 1 for b in self.batches),
            "throughput": _ratio(len(delivered), self.makespan),
            "api_calls_saved": self.trees + len(files) - len(self.calls),
        }

    def _calls(self) -> dict[str, Any]:
        service = np.array([c.finished - c.sent for c in self.calls])
        p50, p95, p99 = np.percentile(service, [50, 95, 99]).tolist() if len(service) else (math.nan,) * 3
        return {
            "total_processing_time": float(service.sum()),
            "parallel_efficiency": _ratio(float(service.sum()), self.makespan * self.mean_limit),
            "makespan": self.makespan,
            "mean_limit": self.mean_limit,
            "p50_latency": p50,
            "p95_latency": p95,
            "p99_latency": p99,
            "calls": len(self.calls),
            "core_points": sum(c.points for c in self.calls if c.pool == "core"),
            "bytes": sum(c.bytes for c in self.calls),
            "limit_hits": sum(c.outcome == "limited" for c in self.calls),
            "peak_in_flight": max((c.in_flight for c in self.calls), default=0),
            "peak_memory": self.peak_memory,
        }

    def _waits(self) -> dict[str, Any]:
        names = ("queue_wait", "pacing_wait", "limit_wait", "backoff_wait")
        return {name: math.fsum(getattr(r, name) for r in self.results) for name in names}


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


@dataclass(frozen=True)
class RecordedOperation:
    """What `BatchMetricsCollector.record_batch_operation` was told."""

    operation_type: str
    duration: float
    batch_size: int
    success_count: int
    cache_hits: int


@dataclass
class BatchMetricsCollector:
    """Collects operations, a coordinator's or a caller's own, and sums them up.

    Parameters
    ----------
    log
        Whether to log each operation under ``batchlab.batch``.

    Examples
    --------
    >>> collector = BatchMetricsCollector()
    >>> collector.record_batch_operation("file_batch", duration=2.5, batch_size=15, success_count=14, cache_hits=8)
    >>> collector.get_performance_summary()["avg_batch_size"]
    15.0
    """

    log: bool = False
    recorded: list[RecordedOperation] = field(default_factory=list)
    _rows: list[dict[str, Any]] = field(default_factory=list, repr=False)
    _tally: Tally = field(default_factory=Tally, repr=False)

    def record_batch_operation(
        self, operation_type: str, duration: float, batch_size: int, success_count: int, cache_hits: int = 0
    ) -> None:
        """Record one operation.

        Parameters
        ----------
        operation_type
            What it was, such as ``file_batch``.
        duration
            Seconds from its start to its end.
        batch_size, success_count, cache_hits
            Files asked for, delivered, and delivered without a call of their own.
        """
        self.recorded.append(RecordedOperation(operation_type, duration, batch_size, success_count, cache_hits))
        self._tally.take_outcome(batch_size, batch_size - success_count)

    def operation_ended(self, counts: OperationCounts, *, log: bool = False) -> None:
        """Take in an operation of a coordinator, and log it if asked to here or by ``log``."""
        row = counts.row()
        self._rows.append(row)
        self._tally.take_files(counts.results)
        self._tally.take_calls(counts.calls, counts.batches)
        self._tally.take_slots(counts.calls, counts.makespan, counts.mean_limit)
        self.record_batch_operation(
            counts.operation,
            counts.makespan,
            row["total_requests"],
            row["successful_requests"],
            row["cache_hits"],
        )
        if self.log or log:
            logger.info(
                "%(operation)s with %(strategy)s: %(successful_requests)d of %(total_requests)d files, "
                "%(calls)d calls, %(makespan).1f s",
                row,
            )

    def frame(self) -> MetricsFrame:
        """Return the metrics frame: a row an operation that a coordinator ran."""
        return MetricsFrame(METRICS.frame({name: [row[name] for row in self._rows] for name in METRICS.names}))

    def identify_optimization_opportunities(self) -> list[Opportunity]:
        """Return what was done more often than it had to be, the most frequent first.

        Returns
        -------
        list of Opportunity
            Each with its kind, an exact count, and the setting that bears on it; ``str()`` makes a sentence of it.
            What a change of that setting would bring is not promised.

        Examples
        --------
        >>> collector = BatchMetricsCollector()
        >>> collector.record_batch_operation("file_batch", duration=2.5, batch_size=15, success_count=14)
        >>> for opportunity in collector.identify_optimization_opportunities():
        ...     print(opportunity)
        1 of 15 files have no content; the column error of the results says why
        """
        return self._tally.opportunities()

    def get_performance_summary(self) -> dict[str, float]:
        """Return totals and rates over what was recorded.

        Returns
        -------
        dict
            ``total_operations``; ``total_requests`` and ``successful_requests`` in files; ``avg_batch_size`` in files
            an operation; ``cache_hit_rate`` and ``success_rate`` as shares of the files; ``total_duration`` in
            seconds; ``throughput`` in files a second. Rates are 0 where nothing was recorded.
        """
        files = sum(o.batch_size for o in self.recorded)
        good = sum(o.success_count for o in self.recorded)
        duration = math.fsum(o.duration for o in self.recorded)
        return {
            "total_operations": len(self.recorded),
            "total_requests": files,
            "successful_requests": good,
            "avg_batch_size": files / len(self.recorded) if self.recorded else 0.0,
            "cache_hit_rate": sum(o.cache_hits for o in self.recorded) / files if files else 0.0,
            "success_rate": good / files if files else 0.0,
            "total_duration": duration,
            "throughput": good / duration if duration else 0.0,
        }
