"""One batch of files on one route: filled up when a slot is free, halved when it was too much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from batchlab import clock
from batchlab.batch_models import BatchResult
from batchlab.engine.work_queue import Job, Lane
from batchlab.errors import CancelledFileError, FileError, IntegrityError, ServerError
from batchlab.routes import Outcome, Route, Send, UnsuitableError

if TYPE_CHECKING:
    from batchlab.engine.file_fetching import Ask, FileFetching


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
        self.repo = asks[0].file.repo.full_name
        self.lane = Lane(route.whole_repository, route.pool, route.name)
        self.priority = max(ask.result.request.priority for ask in asks)

    @property
    def results(self) -> Sequence[BatchResult]:
        """The rows of its files."""
        return [ask.result for ask in self.asks]

    @property
    def points(self) -> int:
        """Budget points that it costs."""
        return self._route.price([ask.file for ask in self.asks]).points

    def absorb(self, other: Job) -> bool:
        """Take in the files of a job of the same lane; return False where they do not fit."""
        if not isinstance(other, FileJob) or self._route.whole_repository:
            return False
        files = [ask.file for ask in self.asks]
        if not all(self._fetching.batching.fits(self._route, files, ask.file) for ask in other.asks):
            return False
        self.asks += other.asks
        return True

    async def run(self, send: Send) -> None:
        """Fetch the files; one that fails alone ends alone, or goes another way."""
        started = clock.now()
        outcomes = await self._route.fetch([ask.file for ask in self.asks], send)
        self._fetching.batching.delivered(self._route, len(self.asks), clock.now() - started)
        for ask, outcome in zip(self.asks, outcomes, strict=True):
            self._take(ask, outcome)

    def _take(self, ask: Ask, outcome: Outcome) -> None:
        if isinstance(outcome, UnsuitableError):
            self._fetching.elsewhere([ask], self._route, outcome)
        elif isinstance(outcome, Exception):
            self._fetching.refused(ask, outcome)
        else:
            self._arrived(ask, outcome)

    def _arrived(self, ask: Ask, body: bytes) -> None:
        try:
            self._fetching.arrived(ask, body)
        except IntegrityError as error:
            if len(self.asks) == 1 and self._route.by_sha:
                raise
            self._fetching.elsewhere([ask], self._route, error)

    def after(self, error: Exception) -> list[Self]:
        """Return what to send again after a failure that may pass: itself, or its halves where it was too much."""
        if not isinstance(error, ServerError) or len(self.asks) == 1 or self._route.whole_repository:
            return [self]
        self._fetching.batching.failed(self._route, len(self.asks))
        middle = len(self.asks) // 2
        return [type(self)(self._fetching, self._route, part) for part in (self.asks[:middle], self.asks[middle:])]

    def failed(self, error: Exception) -> None:
        """End the rows that have no content, unless another route may still bring them."""
        left = [ask for ask in self.asks if ask.result.content is None]
        another_way = self._route.most_files > 1 or (isinstance(error, FileError) and not self._route.by_sha)
        if another_way and not isinstance(error, CancelledFileError):
            self._fetching.elsewhere(left, self._route, error)
            return
        for ask in left:
            self._fetching.refused(ask, error)
