"""The run's own record: calls, batches, decisions and a sampled timeline, numbered in order of sending.

What is recorded is logged, too, under ``batchlab.batch`` at level DEBUG.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from batchlab.frames.records import BatchRecord, CallRecord, Decision, TimelineSample

SAMPLE_EVERY = 0.25  # seconds between timeline samples
PAUSE = "pause"  # setting of the decisions that a rate limit forced

_batches = logging.getLogger("batchlab.batch")
_calls = logging.getLogger("batchlab.batch.calls")
_decisions = logging.getLogger("batchlab.batch.decisions")


@dataclass
class Trace:
    """Everything that one coordinator did, over all its operations.

    Parameters
    ----------
    detailed
        False keeps the calls and batches that metrics are counted from, and drops decisions and timeline.
    """

    detailed: bool = True
    calls: list[CallRecord] = field(default_factory=list)
    batches: list[BatchRecord] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    timeline: list[TimelineSample] = field(default_factory=list)

    def call(self, record: CallRecord) -> CallRecord:
        """Add a call and number it."""
        record.call = len(self.calls)
        self.calls.append(record)
        return record

    def call_ended(self, record: CallRecord) -> None:
        """Log a call that is complete."""
        if _calls.isEnabledFor(logging.DEBUG):
            status, seconds = record.status or "no answer", record.finished - record.sent
            what = (record.call, record.endpoint, record.repo, record.files, record.attempt, status, seconds)
            _calls.debug("call %d: %s of %s, %d files, attempt %d: %s after %.3f s%s", *what, _because(record.error))

    def batch_ended(self, record: BatchRecord) -> None:
        """Log a batch that is complete."""
        if _batches.isEnabledFor(logging.DEBUG):
            seconds = record.finished - record.started
            what = (record.batch, record.files, record.repo, record.route, record.attempt, record.outcome, seconds)
            _batches.debug("batch %d: %d files of %s by %s, attempt %d: %s after %.3f s", *what)

    def batch(self, record: BatchRecord) -> BatchRecord:
        """Add a batch and number it."""
        record.batch = len(self.batches)
        self.batches.append(record)
        return record

    def decide(self, time: float, loop: str, setting: str, old: object, new: object, why: str) -> None:
        """Add a decision."""
        if _decisions.isEnabledFor(logging.DEBUG):
            _decisions.debug("%s: %s from %s to %s: %s", loop, setting, old, new, why)
        if self.detailed:
            self.decisions.append(Decision(time, loop, setting, str(old), str(new), why))

    def sample(self, sample: TimelineSample) -> None:
        """Add a sample of the timeline."""
        if self.detailed:
            self.timeline.append(sample)

    def sample_due(self, time: float) -> bool:
        """Whether the timeline wants a sample now."""
        return self.detailed and (not self.timeline or time >= self.timeline[-1].time + SAMPLE_EVERY)


def _because(error: str | None) -> str:
    return "" if error is None else f": {error}"


@dataclass
class Mean:
    """The mean over time of a value that changes in steps."""

    value: float
    since: float
    area: float = 0.0
    start: float = field(init=False)

    def __post_init__(self) -> None:
        self.start = self.since

    def set(self, value: float, now: float) -> None:
        """State that the value is another from ``now`` on."""
        self.area += self.value * (now - self.since)
        self.value, self.since = value, now

    def at(self, now: float) -> float:
        """Return the mean from the start up to ``now``; the value itself where no time has passed."""
        self.set(self.value, now)
        return self.area / (now - self.start) if now > self.start else self.value
