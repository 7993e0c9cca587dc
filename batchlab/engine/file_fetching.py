"""Deliver files: held blobs first, equal blobs once, every byte checked against its git sha."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from batchlab import clock
from batchlab.batch_models import BatchResult, FileContent, Repository
from batchlab.batch_strategy_manager import Group
from batchlab.cache_manager import CacheManager
from batchlab.content_store import HeldContent
from batchlab.engine.batching import Batching
from batchlab.engine.file_job import FileJob
from batchlab.engine.holdings import Holdings
from batchlab.engine.work_queue import Job
from batchlab.errors import CancelledFileError, FileError, IntegrityError
from batchlab.git_objects import blob_sha
from batchlab.routes import ROUTES, Route, WantedFile

Plan = Callable[[Sequence[WantedFile], frozenset[str]], list[Group]]


@dataclass(slots=True)
class Ask:
    """A file to fetch, the row it becomes, rows of equal blobs that wait for it, and routes that could not bring it.

    It is ``over`` when the row is complete.
    """

    file: WantedFile
    result: BatchResult
    followers: list[Ask] = field(default_factory=list)
    tried: frozenset[str] = frozenset()
    over: bool = False


class FileFetching:
    """Deliver files, each exactly once.

    Parameters
    ----------
    submit
        Queues a job.
    plan
        From files of one repository, and the routes that are out of the question, to groups with their routes.
    batching
        How much one call carries.
    holdings
        Takes what came, until it is handed over.
    cache
        Blobs held already, and where new ones are kept; None for neither.
    fold
        Whether equal blobs are fetched once.
    """

    def __init__(
        self,
        submit: Callable[[Job], None],
        plan: Plan,
        batching: Batching,
        holdings: Holdings,
        cache: CacheManager | None,
        fold: bool,
    ) -> None:
        self._submit, self._plan, self.cache, self.fold = submit, plan, cache, fold
        self.batching, self.holdings = batching, holdings
        self._leaders: dict[str, Ask] = {}
        self._down: dict[str, Exception] = {}
        self.under_way: Counter[str] = Counter()  # calls by route
        self._stranded: list[Ask] = []
        self._open: Counter[Repository] = Counter()
        self.asked = self.missing = self.done = self.following = self._bytes_asked = 0

    def ask(self, asks: Sequence[Ask]) -> None:
        """Take in files of one repository: deliver what is held, let equal ones follow, queue the rest."""
        self.asked += len(asks)
        for ask in asks:
            ask.result.queued = clock.now()
            self._bytes_asked += ask.file.size
            self._open[ask.result.request.repo] += 1
        missing = [ask for ask in asks if not self._provided(ask)]
        self.missing += len(missing)
        self._queue(missing)

    def _provided(self, ask: Ask) -> bool:
        sha = ask.file.sha
        held = self.cache.get_blob(sha) if self.cache is not None else None
        if held is not None:
            self._deliver_held(ask, self.holdings.keep(held, sha))
            return True
        leader = self._leaders.setdefault(sha, ask) if self.fold else ask
        if leader is ask:
            return False
        if leader.result.content is not None:
            self._deliver_held(ask, leader.result.content)
        else:
            leader.followers.append(ask)
            self.following += 1
        return True

    def _queue(self, asks: Sequence[Ask], error: Exception | None = None) -> None:
        alike_asks: dict[tuple[Repository, frozenset[str]], list[Ask]] = {}
        for ask in asks:
            alike_asks.setdefault((ask.file.repo, ask.tried), []).append(ask)
        for (_, tried), alike in alike_asks.items():
            stranded = set(range(len(alike)))
            for route, places in self._plan([ask.file for ask in alike], tried.union(self._down)):
                stranded.difference_update(places)
                self._submit(FileJob(self, route, [alike[place] for place in places]))
            for place in sorted(stranded):
                self.refused(alike[place], error or _no_route(alike[place].file))

    def plan_anew(self, jobs: Sequence[Job]) -> None:
        """Queue the files of jobs that were not sent, on the routes that are best by now."""
        self._queue([ask for job in jobs if isinstance(job, FileJob) for ask in job.asks])

    def elsewhere(self, asks: Sequence[Ask], route: Route, error: Exception) -> None:
        """Queue files again on routes that were not tried; where there is none, they end with ``error``.

        What a route leaves behind that the server does not have is queued by `settle`: so that a repository's files
        are seen together, and fetched as one archive rather than as several.
        """
        for ask in asks:
            ask.tried |= {route.name}
        if self.is_down(route):
            self._stranded += asks
        else:
            self._queue(asks, error)

    def settle_all(self) -> None:
        """Queue what missing routes have left behind."""
        for name in list(self._down):
            self.settle(ROUTES[name])

    def settle(self, route: Route) -> None:
        """Queue what a missing route has left behind, unless a call of it is still under way."""
        if self.is_down(route) and not self.under_way[route.name]:
            stranded, self._stranded = self._stranded, []
            self._queue(stranded, self._down[route.name])

    def route_down(self, route: Route, error: Exception) -> None:
        """Take note that the server does not have a route, as ``error`` told: nothing more is planned for it."""
        self._down.setdefault(route.name, error)

    def is_down(self, route: Route) -> bool:
        """Return whether the server does not have a route."""
        return route.name in self._down

    @property
    def wanted(self) -> int:
        """Files that have yet to be fetched: those that wait for an equal one do not count."""
        return self.asked - self.done - self.following

    @property
    def mean_size(self) -> float:
        """Mean bytes of the files asked for so far."""
        return self._bytes_asked / max(1, self.asked)

    @property
    def repositories_open(self) -> int:
        """Repositories of which files are still wanted."""
        return len(self._open)

    def arrived(self, ask: Ask, body: bytes) -> None:
        """Deliver a file that came, to its row and to those that wait for it.

        Raises
        ------
        IntegrityError
            The bytes do not hash to its sha.
        """
        _check(ask.file, blob_sha(body), len(body))
        if self.cache is not None:
            self.cache.put_blob(ask.file.sha, body)
        self._deliver(ask, self.holdings.keep(body, ask.file.sha, ask.file.size))

    def arrived_on_disk(self, ask: Ask, content: HeldContent) -> None:
        """Deliver a file that went to disk as it came; see `arrived`."""
        _check(ask.file, content.sha, content.size)
        self.holdings.keep_on_disk(content)
        if self.cache is not None:
            self.cache.put_blob(content.sha, content.content)
        self._deliver(ask, content)

    def _deliver(self, ask: Ask, content: FileContent) -> None:
        self._finish(ask, content)
        for follower in self._released(ask):
            self._deliver_held(follower, content)

    def _released(self, ask: Ask) -> list[Ask]:
        followers, ask.followers = ask.followers, []
        self.following -= len(followers)
        return followers

    def _finish(self, ask: Ask, content: FileContent) -> None:
        ask.result.content, ask.result.error = content, None
        self._end(ask)

    def _end(self, ask: Ask) -> None:
        ask.over, result = True, ask.result
        result.finished = clock.now()
        waited = result.queue_wait + result.pacing_wait + result.limit_wait + result.backoff_wait
        result.processing_time = result.finished - result.queued - waited
        if not isinstance(result.error, CancelledFileError):  # a file that a stop left unread is asked for only
            self.done += 1
        self._close(result.request.repo)
        self.holdings.ended(result)

    def _close(self, repo: Repository) -> None:
        self._open[repo] -= 1
        if not self._open[repo]:
            del self._open[repo]

    def _deliver_held(self, ask: Ask, content: FileContent) -> None:
        ask.result.from_cache = True
        ask.result.queue_wait = clock.now() - ask.result.queued
        self._finish(ask, content)

    def forget(self, result: BatchResult) -> None:
        """Let go of a row that was handed over: an equal blob asked for later is read for itself."""
        leader = self._leaders.get(result.sha or "")
        if leader is not None and leader.result is result:
            del self._leaders[leader.file.sha]

    def refused(self, ask: Ask, error: Exception) -> None:
        """End a row without content; the next equal one, of another repository, tries for itself."""
        ask.result.error = error
        self._end(ask)
        if self._leaders.get(ask.file.sha) is ask:
            del self._leaders[ask.file.sha]
        followers = self._released(ask)
        # One by one: where the next fails at once, too, the one after it does not wait inside its failure.
        for follower in followers:
            follower.result.queue_wait = clock.now() - follower.result.queued
            if not self._provided(follower):
                self._queue([follower])


def _check(file: WantedFile, sha: str, size: int) -> None:
    if sha != file.sha:
        raise IntegrityError(
            f"{file.repo.full_name}: {file.path} came with {size} bytes of sha {sha}, "
            f"not {file.sha}: cut off or changed on the way"
        )


def _no_route(file: WantedFile) -> FileError:
    return FileError(
        f"{file.repo.full_name}: {file.path} ({file.size} bytes) fits none of the allowed routes; "
        "add 'blobs' or 'contents' to the setting routes"
    )
