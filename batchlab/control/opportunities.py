"""Find, by counting alone, what a run did more often than it had to. What a change would bring is not foretold here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batchlab.batch_models import BatchResult, FileStatus

if TYPE_CHECKING:
    from batchlab.frames.records import BatchRecord, CallRecord

BUSY = 0.5  # share of the slots in use below which they are worth a word
FULL = 4  # calls a slot from which an operation could have kept its slots busy


@dataclass(frozen=True)
class Opportunity:
    """Something that happened ``count`` times and need not have; it reads as a sentence.

    ``setting`` names what bears on it: a field of `BatchConfig`, or an argument.
    """

    kind: str
    count: int
    setting: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass
class Tally:
    """What is counted over operations, to be read as opportunities.

    ``fetched`` holds the shas of all blobs that were read by a call.
    """

    files: int = 0
    read_twice: int = 0
    read_before: int = 0
    failed: int = 0
    calls: int = 0
    file_calls: int = 0
    lone_files: int = 0
    limited: int = 0
    retried: int = 0
    peak_in_flight: int = 0
    calls_for_slots: int = 0
    service: float = 0.0
    capacity: float = 0.0
    fetched: set[str] = field(default_factory=set)

    def take_outcome(self, files: int, failed: int) -> None:
        """Count an operation of which no more is known than how many files it asked for and did not get."""
        self.files += files
        self.failed += failed

    def take_files(self, results: Sequence[BatchResult]) -> None:
        """Count what became of the files of an operation."""
        read = Counter(r.sha for r in results if r.sha and r.status is FileStatus.DELIVERED and not r.from_cache)
        self.read_twice += sum(times - 1 for times in read.values())
        self.read_before += len(self._known(read.keys()))
        self.fetched |= read.keys()

    def _known(self, shas: Set[str]) -> Set[str]:
        return self.fetched & shas

    def take_slots(self, calls: Sequence[CallRecord], makespan: float, limit: float) -> None:
        """Count the time that calls took, and the slots that ``limit`` allowed, where there were calls to fill them."""
        if len(calls) >= FULL * limit:
            self.calls_for_slots += len(calls)
            self.service += sum(call.finished - call.sent for call in calls)
            self.capacity += makespan * limit

    def take_calls(self, calls: Sequence[CallRecord], batches: Sequence[BatchRecord]) -> None:
        """Count the calls of an operation, and the batches that they served."""
        self.calls += len(calls)
        self.file_calls += sum(call.files > 0 for call in calls)
        self.lone_files += sum(call.files == 1 for call in calls)
        self.limited += sum(call.outcome == "limited" for call in calls)
        self.retried += sum(batch.attempt > 1 for batch in batches)
        self.peak_in_flight = max([self.peak_in_flight, *(call.in_flight for call in calls)])

    def opportunities(self) -> list[Opportunity]:
        """Return what was found, the most frequent first."""
        found = [*self._about_files(), *self._about_calls(), self._about_slots()]
        return sorted((each for each in found if each.count), key=lambda each: -each.count)

    def _about_files(self) -> list[Opportunity]:
        return [
            Opportunity(
                "duplicates", self.read_twice, "fold_duplicates",
                f"{_files(self.read_twice)} read although an equal blob was read in the same operation; "
                "fold_duplicates=True reads each blob once",
            ),
            Opportunity(
                "cache", self.read_before, "use_cache",
                f"{_count(self.read_before, 'blob was', 'blobs were')} read again that an earlier operation had read; "
                "use_cache=True with one cache_manager for all operations keeps them",
            ),
            Opportunity(
                "failures", self.failed, "retry_attempts",
                f"{self.failed} of {self.files} files have no content; the column error of the results says why",
            ),
        ]  # fmt: skip

    def _about_calls(self) -> list[Opportunity]:
        return [
            Opportunity(
                "batch size", self.lone_files, "routes",
                f"{self.lone_files} of {self.file_calls} calls for files carried a single one; "
                "the route graphql carries up to max_batch_size",
            ),
            Opportunity(
                "limits", self.limited, "max_concurrent_requests",
                f"{_count(self.limited, 'call', 'calls')} met a rate limit, with up to {self.peak_in_flight} in "
                "flight; max_concurrent_requests and rate_limit_buffer set how near a run comes to it",
            ),
            Opportunity(
                "retries", self.retried, "retry_delay_base",
                f"{_count(self.retried, 'batch was', 'batches were')} sent again after a failure, "
                f"in {self.calls} calls in all; the column error of the calls says why",
            ),
        ]  # fmt: skip

    def _about_slots(self) -> Opportunity:
        efficiency = self.service / self.capacity if self.capacity else 1.0
        return Opportunity(
            "parallel efficiency", self.calls_for_slots if efficiency < BUSY else 0, "max_concurrent_repos",
            f"{efficiency:.0%} of the slots for calls were in use on average; trees under way (max_concurrent_repos), "
            "waits for limits and single slow calls leave them empty",
        )  # fmt: skip


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _files(number: int) -> str:
    return _count(number, "file was", "files were")
