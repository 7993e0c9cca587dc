"""What waits to be sent: jobs in lanes, the most wanted first, and those that must not go before a certain time."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, Protocol

from batchlab.batch_models import BatchResult
from batchlab.control.measurements import Measurements
from batchlab.control.waits import WaitClock, Waits
from batchlab.errors import BatchLabError
from batchlab.routes import Send

HEAVY = 1.5  # times the mean of bytes for each file that waits


class Lane(NamedTuple):
    """Jobs that are held back by the same things: a budget pool, the ceiling on repositories being read, a route."""

    reads_repository: bool
    pool: str
    route: str = "tree"

    @property
    def is_archive(self) -> bool:
        """Whether each of its calls brings the files of a whole repository."""
        return self.reads_repository and self.route != "tree"

    @property
    def order(self) -> tuple[bool, bool, str]:
        """Trees first, because they tell what else there is to do; then archives, because they take longest."""
        return (self.route != "tree", not self.reads_repository, self.route)


class Job(Protocol):
    """One batch's work, as the dispatcher sees it."""

    route: str
    repo: str
    lane: Lane
    priority: int
    repo_size: int

    @property
    def points(self) -> int:
        """Budget points that it costs."""
        ...

    @property
    def memory(self) -> int:
        """Bytes of memory that it needs for what it has not handed over yet."""
        ...

    @property
    def results(self) -> Sequence[BatchResult]:
        """The rows of its files; none for a tree."""
        ...

    @property
    def obstacle(self) -> BatchLabError | None:
        """Why it is of no use to send it, None where it is: what stands in its way stands in its whole lane's."""
        ...

    def seconds(self, measured: Measurements) -> float:
        """Return the seconds that it takes, from what was measured."""
        ...

    async def run(self, send: Send) -> None:
        """Do the work through ``send``; what it raises is the batch's failure."""
        ...

    def absorb(self, other: Job) -> bool:
        """Take in the work of another job of the same lane; return False where it does not fit."""
        ...

    def after(self, error: Exception) -> Sequence[Job]:
        """Return the jobs to send in its place after a failure that may pass."""
        ...

    def failed(self, error: Exception) -> None:
        """Take note that the work will not be tried again."""
        ...


@dataclass(slots=True)
class Entry:
    """A job in the queue.

    ``queued`` is when it entered, ``ready`` when it could first be sent, ``attempt`` the number of its next sending,
    ``in_flight`` and ``limit`` what its admission saw: a limit may change before the call has left; ``expected`` the
    seconds that its call was expected to take then; ``elsewhere`` whether it went on with another host.
    """

    job: Job
    number: int
    queued: float
    ready: float
    attempt: int = 1
    in_flight: int = 0
    limit: int = 0
    expected: float = 0.0
    elsewhere: bool = False
    reading: Waits = field(default_factory=Waits)

    @property
    def order(self) -> tuple[int, int]:
        """The most wanted first; among equals, in the order of coming."""
        return (-self.job.priority, self.number)


class Recall(NamedTuple):
    """What is to be taken back of what waits for its first sending: everything, or so many of those wanted least.

    ``archives`` counts archives, ``repositories`` those that wait file by file and are not too heavy for an archive.
    """

    everything: bool = False
    archives: int = 0
    repositories: int = 0


class WorkQueue:
    """Entries by lane; repository readers come first, because they tell what else there is to do.

    An entry that is taken out leaves with its files' rows charged for what it has waited for.
    """

    def __init__(self) -> None:
        self._lanes: dict[Lane, list[tuple[tuple[int, int], Entry]]] = {}
        self._clocks: dict[Lane, WaitClock] = {}
        self._later: list[tuple[float, tuple[int, int], Entry]] = []
        self._numbers = 0

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values())) + len(self._later)

    def add(self, job: Job, now: float) -> None:
        """Queue a new job."""
        self._numbers += 1
        self._make_ready(Entry(job, self._numbers, now, now), now)

    def return_later(self, entry: Entry, now: float, ready: float) -> None:
        """Queue an entry again, not to be sent before ``ready``."""
        entry.queued, entry.ready = now, ready
        heapq.heappush(self._later, (ready, entry.order, entry))

    def replace(self, entry: Entry, jobs: Sequence[Job], now: float, ready: float) -> None:
        """Queue jobs in the place of an entry, as its next attempt, not to be sent before ``ready``."""
        for job in jobs:
            self._numbers += 1
            self.return_later(Entry(job, self._numbers, now, ready, entry.attempt + 1), now, ready)

    def mature(self, now: float) -> None:
        """Make ready what may be sent by now."""
        while self._later and self._later[0][0] <= now:
            entry = heapq.heappop(self._later)[-1]
            entry.ready = now
            self._make_ready(entry, now)

    def _make_ready(self, entry: Entry, now: float) -> None:
        lane = entry.job.lane
        if lane not in self._lanes:
            self._lanes[lane] = []
            self._lanes = dict(sorted(self._lanes.items(), key=lambda item: item[0].order))
            self._clocks[lane] = WaitClock(now)
        entry.reading = self._clocks[lane].read(now)
        heapq.heappush(self._lanes[lane], (entry.order, entry))

    @property
    def lanes(self) -> list[Lane]:
        """Lanes that hold entries, repository readers first."""
        return [lane for lane, entries in self._lanes.items() if entries]

    def waiting(self, lane: Lane) -> bool:
        """Whether the lane holds entries."""
        return bool(self._lanes[lane])

    def clock(self, lane: Lane) -> WaitClock:
        """Return the lane's account of what holds it back."""
        return self._clocks[lane]

    def pop(self, lane: Lane, now: float) -> Entry:
        """Take the most wanted entry of a lane."""
        return self._charged(heapq.heappop(self._lanes[lane])[-1], now)

    def peek(self, lane: Lane) -> Entry:
        """Return the most wanted entry of a lane."""
        return self._lanes[lane][0][-1]

    def length(self, lane: Lane) -> int:
        """Return the entries waiting in a lane."""
        return len(self._lanes.get(lane, ()))

    def next_time(self) -> float | None:
        """Return when the next waiting entry becomes ready, None when none waits."""
        return self._later[0][0] if self._later else None

    def take_back(self, recall: Recall, now: float) -> list[Entry]:
        """Take out files that wait for their first sending, in the order of wanting."""
        archives = self._untried(lambda lane: lane.is_archive)
        others = self._untried(lambda lane: not lane.reads_repository)
        if recall.everything:
            return self._take([*archives, *others], now)
        repositories = _light(others, recall.repositories)
        some = [entry for entry in others if entry.job.repo in repositories]
        return self._take([*archives[max(0, len(archives) - recall.archives) :], *some], now)

    def _untried(self, wanted: Callable[[Lane], bool]) -> list[Entry]:
        """Return what waits for its first sending in some lanes, in the order of wanting."""
        waiting = sorted(item for lane in self._lanes if wanted(lane) for item in self._lanes[lane])
        return [entry for _, entry in waiting if entry.attempt == 1]

    def _take(self, entries: Sequence[Entry], now: float) -> list[Entry]:
        taken = {entry.order for entry in entries}
        for lane in {entry.job.lane for entry in entries}:
            self._lanes[lane] = [item for item in self._lanes[lane] if item[0] not in taken]
            heapq.heapify(self._lanes[lane])
        return [self._charged(entry, now) for entry in sorted(entries, key=lambda entry: entry.order)]

    def drain(self, now: float) -> Iterator[Entry]:
        """Take everything out, in no special order."""
        for entries in self._lanes.values():
            while entries:
                yield self._charged(entries.pop()[-1], now)
        while self._later:
            yield self._charged(self._later.pop()[-1], now)

    def _charged(self, entry: Entry, now: float) -> Entry:
        waited = Waits()
        if entry.ready <= now:
            waited = self._clocks[entry.job.lane].read(now).minus(entry.reading)
        for result in entry.job.results:
            result.backoff_wait += min(entry.ready, now) - entry.queued + waited.backoff
            result.queue_wait += waited.queue
            result.pacing_wait += waited.pacing
            result.limit_wait += waited.limit
        return entry


def _light(entries: Sequence[Entry], number: int) -> set[str]:
    """Return the repositories wanted least, but for those that have far more bytes for each of their files."""
    files, size = Counter[str](), {}
    for entry in entries:
        files[entry.job.repo] += len(entry.job.results)
        size[entry.job.repo] = entry.job.repo_size
    most = HEAVY * sum(size.values()) / max(1, files.total())
    return set(islice((repo for repo in reversed(files) if size[repo] <= most * files[repo]), number))
