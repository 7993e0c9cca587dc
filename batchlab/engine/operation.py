"""One call of a coordinator: what was asked for, and the row that each file ends as."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from batchlab import clock
from batchlab.batch_models import BatchRequest, BatchResult, Repository
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.engine.dispatcher import Dispatcher
from batchlab.engine.file_fetching import Ask, FileFetching
from batchlab.engine.revalidation import Revalidation
from batchlab.engine.selection import Choice, choose_by_path, choose_by_pattern
from batchlab.engine.tree_reading import TreeReading
from batchlab.errors import EmptyRepositoryError, FileError
from batchlab.github_api import TreeEntry
from batchlab.patterns import PathFilter
from batchlab.routes import WantedFile

Select = Callable[[str, Sequence[TreeEntry]], list[Choice]]


class Operation:
    """Turns repositories and paths into jobs, and keeps their rows in the order of asking.

    Parameters
    ----------
    dispatcher
        Carries jobs out.
    fetching
        Delivers files.
    manager
        Ranks them.
    revalidation
        Asks whether trees that are held have changed.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        fetching: FileFetching,
        manager: BatchStrategyManager,
        revalidation: Revalidation,
    ) -> None:
        self._dispatcher, self._fetching, self._manager = dispatcher, fetching, manager
        self._revalidation = revalidation
        self._rows: list[list[BatchResult]] = []
        self._ended = fetching.holdings.ended
        self.trees = self.trees_read = 0

    def ask_repository(self, repo: Repository, wanted: PathFilter) -> None:
        """Ask for the files of a repository that a filter wants."""
        rows = self._reserve([])

        def select(tree: str, entries: Sequence[TreeEntry]) -> list[Choice]:
            choices = choose_by_pattern(repo, tree, entries, wanted)
            for choice in choices:
                choice.result.request.priority = self._manager.priority_of(choice.result.request.file_path)
            rows.extend(choice.result for choice in choices)
            if not choices:
                rows.append(self._whole_repository(repo, FileError(_none_wanted(repo, entries)), skipped=True))
            return choices

        def failed(error: Exception) -> None:
            rows.append(self._whole_repository(repo, error, skipped=isinstance(error, EmptyRepositoryError)))

        self._read(repo, select, failed)

    def ask_files(self, requests: Sequence[BatchRequest]) -> None:
        """Ask for files of one repository by path; each request is a row, whatever happens."""
        now = clock.now()
        rows = self._reserve([BatchResult(request, queued=now) for request in requests])

        def select(tree: str, entries: Sequence[TreeEntry]) -> list[Choice]:
            choices = choose_by_path(requests, tree, entries)
            rows[:] = [choice.result for choice in choices]
            return choices

        def failed(error: Exception) -> None:
            for row in rows:
                row.error, row.finished = error, clock.now()
                row.queue_wait = row.finished - row.queued
                self._ended(row)

        if requests:
            self._read(requests[0].repo, select, failed)

    def _reserve(self, rows: list[BatchResult]) -> list[BatchResult]:
        self._rows.append(rows)
        return rows

    def _read(self, repo: Repository, select: Select, failed: Callable[[Exception], None]) -> None:
        def complete(tree: str, entries: Sequence[TreeEntry]) -> None:
            self.trees_read += 1
            size = sum(entry.size or 0 for entry in entries)
            self._fetch(repo, size, select(tree, entries))

        def gave_up(error: Exception) -> None:
            self.trees_read += 1
            failed(error)

        self.trees += 1
        TreeReading(repo, self._dispatcher.submit, complete, gave_up, self._revalidation).begin()

    def _fetch(self, repo: Repository, repo_size: int, choices: Iterable[Choice]) -> None:
        asks = []
        for result, entry in choices:
            result.tree_size = repo_size
            if entry is None:
                result.queued = result.finished = clock.now()
                self._ended(result)
            else:
                asks.append(Ask(WantedFile(repo, entry.path, entry.sha, entry.size or 0, repo_size), result))
        self._manager.saw(repo, [ask.file for ask in asks])
        self._fetching.ask(asks)

    def _whole_repository(self, repo: Repository, error: Exception, *, skipped: bool) -> BatchResult:
        now = clock.now()
        request = BatchRequest(repo, "")
        return BatchResult(request, error=error, skipped=skipped, queued=now, finished=now)

    def results(self) -> list[BatchResult]:
        """Return all rows, in the order of asking."""
        return [row for rows in self._rows for row in rows]


def _none_wanted(repo: Repository, entries: Sequence[TreeEntry]) -> str:
    return f"{repo}: none of its {len(entries)} entries matches the patterns; widen patterns= to read others"
