"""What the engine writes down: one record a call, a batch, a decision and a timeline sample.

The fields are the columns of the frames of the same names. All times are seconds on the run's clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from batchlab.frames.schema import column


@dataclass(slots=True)
class CallRecord:
    """One HTTP exchange."""

    call: int = column("int64", "number of the call, in order of sending")
    batch: int = column("int64", "batch that it served")
    repo: str = column("string", "owner/name; the first one where a call serves several")
    endpoint: str = column("string", "tree, blob, contents, ...")
    pool: str = column("string", "rate-limit resource it is charged to")
    files: int = column("int64", "files asked for in it", "files")
    attempt: int = column("int64", "1 for the first sending of its batch")
    sent: float = column("float64", "request sent", "s")
    in_flight: int = column(
        "int64",
        "calls in flight when it was sent, itself included; archives on their way from another host apart",
        "calls",
    )
    limit: int = column("int64", "concurrency limit in force when it was sent", "calls")
    finished: float = column("float64", "answer complete, or failure known", "s", default=math.nan)
    status: int | None = column("Int64", "HTTP status; missing where none came", nullable=True)
    bytes: int = column("int64", "bytes of the answer's body", "bytes", default=0)
    points: int = column("int64", "budget points it cost", "points", default=0)
    outcome: str = column("string", "ok, not_modified, limited, failed, cancelled", default="cancelled")
    error: str | None = column("string", "why it failed", nullable=True)
    answered: float = column("float64", "first byte of the answer", "s", nullable=True, default=math.nan)
    budget: int | None = column(
        "Int64", "points an hour that its pool has, as the answer says", "points", nullable=True
    )
    left: int | None = column("Int64", "points left of them, as the answer says", "points", nullable=True)
    reset: float = column("float64", "when they are renewed, as the answer says", "s", nullable=True, default=math.nan)


@dataclass(slots=True)
class BatchRecord:
    """One batch: files that travelled together, from the queue to their rows."""

    batch: int = column("int64", "number of the batch, in order of sending")
    operation: int = column("int64", "operation that it belongs to, from 0")
    route: str = column("string", "route that carried it; tree for a tree")
    repo: str = column("string", "owner/name of its first file")
    files: int = column("int64", "files in it", "files")
    attempt: int = column("int64", "1 for the first sending")
    queued: float = column("float64", "entered the queue", "s")
    started: float = column("float64", "took its slot", "s")
    finished: float = column("float64", "gave its slot back", "s", default=math.nan)
    outcome: str = column("string", "ok, retried, limited, failed, cancelled", default="cancelled")


@dataclass(slots=True)
class Decision:
    """One decision: who changed what, and why."""

    time: float = column("float64", "when", "s")
    loop: str = column("string", "who decided: planner, governor, batch size, concurrency, configuration, control")
    setting: str = column("string", "what was decided on")
    old: str = column("string", "value before")
    new: str = column("string", "value after")
    why: str = column("string", "reason in words")


@dataclass(slots=True)
class TimelineSample:
    """The state of the run at one instant."""

    time: float = column("float64", "when", "s")
    limit: int = column(
        "int64", "concurrency limit in force, and archives on their way from another host; 0 while paused", "calls"
    )
    in_flight: int = column("int64", "calls in flight", "calls")
    queued: int = column("int64", "batches waiting", "batches")
    done: int = column("int64", "files that have their row", "files")
    core_left: float = column("float64", "core budget left; missing while unknown", "points", nullable=True)
    memory: int = column("int64", "held by calls in flight and by results not handed over", "bytes", default=0)
