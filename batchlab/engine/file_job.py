"""One batch of files on one route: filled up when a slot is free, halved when it was too much."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Self

from batchlab import clock
from batchlab.batch_models import BatchResult
from batchlab.content_store import HeldContent
from batchlab.control.measurements import Measurements
from batchlab.engine.call_seconds import call_seconds
from batchlab.engine.holdings import STREAM_BUFFER
from batchlab.engine.work_queue import Job, Lane
from batchlab.errors import BatchLabError, CancelledFileError, FileError, IntegrityError, NetworkError, ServerError
from batchlab.routes import Outcome, Route, Send, UnsuitableError, WantedFile

if TYPE_CHECKING:
    from batchlab.engine.file_fetching import Ask, FileFetching


# A server without GraphQL or archives says so; the repository itself has just been read.
NOT_THERE = frozenset({404, 405, 410, 501})


class FileJob:
    """Files that travel together.

    Parameters
    ----------
    fetching
        Takes what arrives.
    route
        Brings it.
    asks
        The files, at least one.
    """

    def __init__(self, fetching: FileFetching, route: Route, asks: Sequence[Ask]) -> None:
        self._fetching, self._route, self.asks = fetching, route, list(asks)
        self.route = route.name
        self.repo, self.repo_size = asks[0].file.repo.full_name, asks[0].file.repo_size
        self.lane = Lane(route.whole_repository, route.pool, route.name)
        self.priority = max(ask.result.request.priority for ask in asks)
        self._to_disk = fetching.batching.goes_to_disk(route, asks[0].file)
        self._wanted_bytes = sum(ask.file.size for ask in asks)
        self._failures = 0
        self._started = 0.0
        self._sent = False

    @property
    def results(self) -> Sequence[BatchResult]:
        """The rows of its files."""
        return [ask.result for ask in self.asks]

    def seconds(self, measured: Measurements) -> float:
        """Return the seconds that it takes, from what was measured."""
        return call_seconds(self._route, [ask.file for ask in self.asks], measured)

    @property
    def points(self) -> int:
        """Budget points that it costs."""
        return self._route.price([ask.file for ask in self.asks]).points

    @property
    def memory(self) -> int:
        """Bytes of memory that it needs for what it has not handed over yet."""
        return STREAM_BUFFER if self._to_disk else self._wanted_bytes

    @property
    def obstacle(self) -> BatchLabError | None:
        """Why it is of no use to send it."""
        return UnsuitableError(f"the server has no route {self.route}") if self._fetching.is_down(self._route) else None

    def absorb(self, other: Job) -> bool:
        """Take in the files of a job of the same lane; return False where they do not fit."""
        if not isinstance(other, FileJob) or self._route.whole_repository:
            return False
        files = [ask.file for ask in self.asks]
        if not all(self._fetching.batching.fits(self._route, files, ask.file) for ask in other.asks):
            return False
        self.asks += other.asks
        self._wanted_bytes += other._wanted_bytes
        return True

    async def run(self, send: Send) -> None:
        """Fetch the files; one that fails alone ends alone, or goes another way."""
        self._started, self._sent = clock.now(), True
        files = [ask.file for ask in self.asks]
        self._fetching.under_way[self.route] += 1
        try:
            outcomes = await self._fetch(files, send)
        finally:
            self._fetching.under_way[self.route] -= 1
        self._fetching.batching.delivered(self._route, files, clock.now() - self._started)
        for ask, outcome in zip(self.asks, outcomes, strict=True):
            self._take(ask, outcome)
        self._fetching.settle(self._route)

    async def _fetch(self, files: Sequence[WantedFile], send: Send) -> list[Outcome | HeldContent]:
        if not self._to_disk:
            return [*await self._route.fetch(files, send)]
        spool = self._fetching.holdings.spool(files[0].size)
        (outcome,) = await self._route.fetch(files, partial(send, sink=spool.take))
        return [outcome if isinstance(outcome, Exception) else spool.content()]

    def _take(self, ask: Ask, outcome: Outcome | HeldContent) -> None:
        if isinstance(outcome, BatchLabError) and (outcome.retryable or isinstance(outcome, UnsuitableError)):
            self._fetching.elsewhere([ask], self._route, outcome)
        elif isinstance(outcome, Exception):
            self._fetching.refused(ask, outcome)
        else:
            self._arrived(ask, outcome)

    def _arrived(self, ask: Ask, body: bytes | HeldContent) -> None:
        try:
            if isinstance(body, HeldContent):
                self._fetching.arrived_on_disk(ask, body)
            else:
                self._fetching.arrived(ask, body)
                self._wanted_bytes -= ask.file.size
        except IntegrityError as error:
            if len(self.asks) == 1 and self._route.by_sha:
                raise
            self._fetching.elsewhere([ask], self._route, error)

    def after(self, error: Exception) -> list[Self]:
        """Return what to send again after a failure that may pass: itself, or its halves where it was too much."""
        if not isinstance(error, ServerError) or len(self.asks) == 1 or self._route.whole_repository:
            return [self]
        self._failures += 1
        seconds = clock.now() - self._started
        if not self._fetching.batching.too_much(self._route, [ask.file for ask in self.asks], seconds, self._failures):
            return [self]
        middle = len(self.asks) // 2
        return [type(self)(self._fetching, self._route, part) for part in (self.asks[:middle], self.asks[middle:])]

    def _may_go_elsewhere(self, error: Exception) -> bool:
        if isinstance(error, CancelledFileError):
            return False
        of_the_route = self._route.most_files > 1 or (isinstance(error, FileError) and not self._route.by_sha)
        return of_the_route or isinstance(error, (NetworkError, ServerError))

    def failed(self, error: Exception) -> None:
        """End the rows that have no content, unless another route may still bring them."""
        left = [ask for ask in self.asks if not ask.over]
        if self._may_go_elsewhere(error):
            if getattr(error, "status", None) in NOT_THERE and self._route.most_files > 1:
                self._fetching.route_down(self._route, error)
            self._fetching.elsewhere(left, self._route, error)
            if self._sent:  # else its whole lane is refused, and settled after that
                self._fetching.settle(self._route)
            return
        for ask in left:
            self._fetching.refused(ask, error)
        self._fetching.settle(self._route)
