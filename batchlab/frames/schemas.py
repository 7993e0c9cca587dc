"""The frames of a run, declared: results, metrics, batches, calls, decisions, timeline."""

from __future__ import annotations

from batchlab.frames.records import BatchRecord, CallRecord, Decision, TimelineSample
from batchlab.frames.schema import Column, Schema

RESULTS = Schema(
    "results",
    "A row a file asked for, in the order of asking; a row without path speaks of its whole repository.",
    (
        Column("repo", "string", "owner/name, with @ref where one was asked for"),
        Column("path", "string", "path from the root; missing in a repository's row", nullable=True),
        Column("tree", "string", "git tree that the repository was pinned to", nullable=True),
        Column("sha", "string", "git blob sha, as the tree lists it", nullable=True),
        Column("size", "Int64", "size, as the tree lists it", "bytes", nullable=True),
        Column("status", "string", "delivered, failed or skipped"),
        Column("from_cache", "bool", "delivered without a call of its own"),
        Column("route", "string", "route that brought it", nullable=True),
        Column("batch", "Int64", "number of the last batch that carried it", nullable=True),
        Column("attempts", "int64", "batches that carried it"),
        Column("error_category", "string", "category of the failure", nullable=True),
        Column("error", "string", "what happened and what to do about it", nullable=True),
        Column("queued", "float64", "entered the queue", "s"),
        Column("started", "float64", "first call sent", "s", nullable=True),
        Column("finished", "float64", "row complete", "s"),
        Column("processing_time", "float64", "on the wire, all attempts", "s"),
        Column("queue_wait", "float64", "waited for a slot", "s"),
        Column("pacing_wait", "float64", "held back to stay inside a budget", "s"),
        Column("limit_wait", "float64", "waited for a rate limit that was hit", "s"),
        Column("backoff_wait", "float64", "waited between attempts", "s"),
        Column("lfs_pointer", "bool", "git LFS keeps the file elsewhere; delivered is the pointer to it"),
        Column("priority", "int64", "place in the order; higher was read earlier"),
        Column("tree_size", "Int64", "size of all files of its repository's tree", "bytes", nullable=True),
        Column("content", "object", "the file's bytes; bytes(cell) also where they are on disk", nullable=True),
    ),
)  # fmt: skip

METRICS = Schema(
    "metrics",
    "A row an operation of a coordinator, in order.",
    (
        Column("operation", "string", "repositories or files"),
        Column("strategy", "string", "strategy or policy that ran"),
        Column("total_requests", "int64", "files asked for", "files"),
        Column("successful_requests", "int64", "files delivered", "files"),
        Column("cache_hits", "int64", "files delivered without a call of their own", "files"),
        Column("average_batch_size", "float64", "files sent / file batches sent", "files", nullable=True),
        Column("total_processing_time", "float64", "service time summed over calls", "s"),
        Column("api_calls_saved", "int64", "trees + files asked for - calls", "calls"),
        Column("parallel_efficiency", "float64", "service / (makespan x mean limit)", "share", nullable=True),
        Column("failed_requests", "int64", "files without content at the end", "files"),
        Column("cache_misses", "int64", "files that needed a call", "files"),
        Column("trees", "int64", "trees asked for", "trees"),
        Column("file_batches", "int64", "batches of files sent, retries included", "batches"),
        Column("files_sent", "int64", "files in those batches", "files"),
        Column("makespan", "float64", "first instant to last row", "s"),
        Column("mean_limit", "float64", "concurrency limit, mean over the makespan", "calls", nullable=True),
        Column("throughput", "float64", "files delivered / makespan", "files/s", nullable=True),
        Column("p50_latency", "float64", "median service time of a call", "s", nullable=True),
        Column("p95_latency", "float64", "95th percentile of it", "s", nullable=True),
        Column("p99_latency", "float64", "99th percentile of it", "s", nullable=True),
        Column("calls", "int64", "HTTP exchanges", "calls"),
        Column("core_points", "int64", "points of the core budget spent", "points"),
        Column("bytes", "int64", "bytes of all answers", "bytes"),
        Column("retries", "int64", "batches sent again after a failure", "batches"),
        Column("limit_hits", "int64", "answers that named a rate limit", "calls"),
        Column("queue_wait", "float64", "waited for a slot, summed over files", "s"),
        Column("pacing_wait", "float64", "held back for a budget, summed over files", "s"),
        Column("limit_wait", "float64", "waited for a limit that was hit, summed over files", "s"),
        Column("backoff_wait", "float64", "waited between attempts, summed over files", "s"),
        Column("peak_in_flight", "int64", "most calls in flight at once", "calls"),
        Column("peak_memory", "int64", "most held at once: calls in flight, results not handed over", "bytes"),
    ),
)  # fmt: skip

BATCHES = Schema.of_records("batches", "A row a batch, in order of sending.", BatchRecord)
CALLS = Schema.of_records("calls", "A row an HTTP exchange, in order of sending.", CallRecord)
DECISIONS = Schema.of_records("decisions", "A row a decision, in order.", Decision)
TIMELINE = Schema.of_records("timeline", "A row a sample of the run's state, in order.", TimelineSample)

ALL = (RESULTS, METRICS, BATCHES, CALLS, DECISIONS, TIMELINE)
