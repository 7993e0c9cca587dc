"""The run's own record: calls, batches, decisions and a sampled timeline, numbered in order of sending."""

from __future__ import annotations

from dataclasses import dataclass, field

from batchlab.records import BatchRecord, CallRecord, Decision, TimelineSample

SAMPLE_EVERY = 0.25  # seconds between timeline samples


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

    def batch(self, record: BatchRecord) -> BatchRecord:
        """Add a batch and number it."""
        record.batch = len(self.batches)
        self.batches.append(record)
        return record

    def decide(self, time: float, loop: str, setting: str, old: object, new: object, why: str) -> None:
        """Add a decision."""
        if self.detailed:
            self.decisions.append(Decision(time, loop, setting, str(old), str(new), why))

    def sample_due(self, time: float) -> bool:
        """Whether the timeline wants a sample now."""
        return self.detailed and (not self.timeline or time >= self.timeline[-1].time + SAMPLE_EVERY)


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
