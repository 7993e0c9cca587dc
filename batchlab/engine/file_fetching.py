"""Fetch files by the batch: held blobs first, equal blobs once, every byte checked against its git sha."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from batchlab import clock
from batchlab.batch_models import BatchResult, FileContent
from batchlab.cache_manager import CacheManager
from batchlab.engine.work_queue import Job, Lane
from batchlab.errors import FileError, IntegrityError
from batchlab.git_objects import blob_sha
from batchlab.routes import Route, Send, WantedFile


@dataclass(slots=True)
class Ask:
    """A file to fetch, the row it becomes, and rows of equal blobs that wait for it."""

    file: WantedFile
    result: BatchResult
    followers: list[Ask] = field(default_factory=list)


class FileFetching:
    """Deliver files, each exactly once.

    Parameters
    ----------
    submit
        Queues a job.
    route_for
        From files, and whether they must be fetched by sha, to the route that does it.
    cache
        Blobs held already, and where new ones are kept; None for neither.
    fold
        Whether equal blobs are fetched once.
    """

    def __init__(
        self,
        submit: Callable[[Job], None],
        route_for: Callable[[Sequence[WantedFile], bool], Route],
        cache: CacheManager | None,
        fold: bool,
    ) -> None:
        self._submit, self._route_for, self._cache, self._fold = submit, route_for, cache, fold
        self._leaders: dict[str, Ask] = {}
        self.asked = self.done = 0

    def ask(self, ask: Ask) -> None:
        """Take a file in: deliver it from what is held, let it follow an equal one, or queue it."""
        ask.result.queued = clock.now()
        self.asked += 1
        self._place(ask)

    def _place(self, ask: Ask) -> None:
        sha = ask.file.sha
        held = self._cache.get_blob(sha) if self._cache is not None else None
        if held is not None:
            self._deliver_held(ask, FileContent(held, sha, len(held)))
            return
        leader = self._leaders.setdefault(sha, ask) if self._fold else ask
        if leader is ask:
            self._submit(FileJob(self, self._route_for([ask.file], False), [ask]))
        elif leader.result.content is not None:
            self._deliver_held(ask, leader.result.content)
        else:
            leader.followers.append(ask)

    def by_sha(self, asks: list[Ask], tried: Route) -> bool:
        """Queue files again on an exact route, unless that is the one tried; return whether it was done.

        What came by path may be other bytes, or nothing: the branch has moved since the tree was read.
        """
        exact = self._route_for([ask.file for ask in asks], True)
        if tried.by_sha or exact is tried:
            return False
        self._submit(FileJob(self, exact, asks))
        return True

    def arrived(self, ask: Ask, body: bytes) -> None:
        """Deliver a file that came, to its row and to those that wait for it.

        Raises
        ------
        IntegrityError
            The bytes do not hash to its sha.
        """
        sha = blob_sha(body)
        if sha != ask.file.sha:
            raise IntegrityError(
                f"{ask.file.repo.full_name}: {ask.file.path} came with {len(body)} bytes of sha {sha}, "
                f"not {ask.file.sha}: cut off or changed on the way"
            )
        content = FileContent(body, sha, len(body))
        if self._cache is not None:
            self._cache.put_blob(sha, body)
        self._finish(ask, content)
        followers, ask.followers = ask.followers, []
        for follower in followers:
            self._deliver_held(follower, content)

    def _finish(self, ask: Ask, content: FileContent) -> None:
        ask.result.content, ask.result.error = content, None
        self._end(ask.result)

    def _end(self, result: BatchResult) -> None:
        result.finished = clock.now()
        waited = result.queue_wait + result.pacing_wait + result.limit_wait + result.backoff_wait
        result.processing_time = result.finished - result.queued - waited
        self.done += 1

    def _deliver_held(self, ask: Ask, content: FileContent) -> None:
        ask.result.from_cache = True
        ask.result.queue_wait = clock.now() - ask.result.queued
        self._finish(ask, content)

    def refused(self, ask: Ask, error: Exception) -> None:
        """End a row without content; the next equal one, of another repository, tries for itself."""
        ask.result.error = error
        self._end(ask.result)
        if self._leaders.get(ask.file.sha) is ask:
            del self._leaders[ask.file.sha]
        followers, ask.followers = ask.followers, []
        for follower in followers:
            follower.result.queue_wait = clock.now() - follower.result.queued
            self._place(follower)


class FileJob:
    """One batch of files on one route."""

    def __init__(self, fetching: FileFetching, route: Route, asks: list[Ask]) -> None:
        self._fetching, self._route, self._asks = fetching, route, asks
        files = [ask.file for ask in asks]
        self.route = route.name
        self.repo = files[0].repo.full_name
        self.lane = Lane(reads_repository=False, pool=route.pool)
        self.points = route.price(files).points
        self.priority = max(ask.result.request.priority for ask in asks)
        self.results: Sequence[BatchResult] = [ask.result for ask in asks]

    async def run(self, send: Send) -> None:
        """Fetch them; a file that fails alone ends alone."""
        outcomes = await self._route.fetch([ask.file for ask in self._asks], send)
        for ask, outcome in zip(self._asks, outcomes, strict=True):
            if isinstance(outcome, Exception):
                self._fetching.refused(ask, outcome)
            else:
                self._take(ask, outcome)

    def _take(self, ask: Ask, body: bytes) -> None:
        try:
            self._fetching.arrived(ask, body)
        except IntegrityError:
            if not self._fetching.by_sha([ask], self._route):
                raise

    def failed(self, error: Exception) -> None:
        """End the rows that have no content; a path that is gone may still be there by its sha."""
        open_asks = [ask for ask in self._asks if ask.result.content is None]
        if isinstance(error, FileError) and self._fetching.by_sha(open_asks, self._route):
            return
        for ask in open_asks:
            self._fetching.refused(ask, error)
