"""`BatchCoordinator`: repositories or paths in, one row a file out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Self
from weakref import WeakKeyDictionary

import pandas as pd

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_metrics_collector import BatchMetricsCollector
from batchlab.batch_models import BatchRequest, BatchResult, Repository
from batchlab.batch_progress_monitor import BatchProgressMonitor
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.cache_manager import CacheManager
from batchlab.control.policies import Policy
from batchlab.control.remembered import Remembered
from batchlab.control.trace import Trace
from batchlab.engine.operation import Operation
from batchlab.engine.reading import Reading
from batchlab.errors import AuthenticationError
from batchlab.frames import MetricsFrame, results_frame
from batchlab.host_memory import HostMemory
from batchlab.patterns import MANIFESTS, PathFilter
from batchlab.resource_manager import MEGABYTE


class BatchCoordinator:
    """Reads many files with one strategy, one queue and one set of limits.

    Operations of one coordinator run one after another. Use it as ``async with``, or call `cleanup` at the end.

    Parameters
    ----------
    github_client
        What reaches GitHub; from the environment (``GITHUB_TOKEN``, ``GITHUB_API_URL``) unless given.
    cache_manager
        Blobs held already; in memory, for this coordinator alone, unless given.
    config
        Settings, obeyed live; the documented defaults unless given.
    metrics_collector
        Where operations are summed up; an own one unless given.
    progress_monitor
        Told how far an operation is and what it waits for; nobody is unless given.
    memory
        What earlier runs have learned of the host, for strategies that begin with it; nothing is remembered unless
        given.
    seed
        Seed of the backoff jitter.
    """

    def __init__(
        self,
        github_client: AsyncGitHubClient | None = None,
        cache_manager: CacheManager | None = None,
        config: BatchConfig | None = None,
        metrics_collector: BatchMetricsCollector | None = None,
        progress_monitor: BatchProgressMonitor | None = None,
        *,
        memory: HostMemory | None = None,
        seed: int = 0,
    ) -> None:
        self.config = config if config is not None else BatchConfig()
        self._own_client = github_client is None
        self._client = github_client if github_client is not None else AsyncGitHubClient()
        self._own_cache = cache_manager is None
        self._cache = cache_manager if cache_manager is not None else self._memory_cache()
        self.metrics_collector = metrics_collector if metrics_collector is not None else BatchMetricsCollector()
        self.progress_monitor = progress_monitor
        self.strategy_manager = BatchStrategyManager(self.config)
        self.trace = Trace(detailed=self.config.enable_performance_monitoring)
        self._memory, self._seed = memory, seed
        self._operations = 0
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
        self._reading: Reading | None = None
        self._under_way = self._stop_asked = False

    async def process_repositories_batch(
        self,
        repositories: Iterable[Repository | str],
        strategy: BatchStrategy | str | Policy | None = None,
        *,
        patterns: Sequence[str] = MANIFESTS,
    ) -> pd.DataFrame:
        """Read the wanted files of many repositories.

        Parameters
        ----------
        repositories
            Repositories, or texts such as ``owner/name`` and ``owner/name@ref``. One named twice is read once.
        strategy
            One of the five, or a policy of your own; ``config.default_strategy`` unless given.
        patterns
            Globs of the wanted files; the usual manifests and lockfiles unless given.

        Returns
        -------
        pandas.DataFrame
            A row a wanted file, in the order of the repositories and their trees, with the columns of
            `batchlab.frames.RESULTS`. A repository that cannot be read, is empty or has no wanted file is a row
            without path that says so.

        Raises
        ------
        AuthenticationError
            The token was refused. What was read before is in `results`.
        InputError
            A repository or pattern is no such thing.
        """
        unique: dict[tuple[str, str | None], Repository] = {}
        for repo in map(Repository.parse, repositories):
            unique.setdefault((repo.full_name.lower(), repo.ref), repo)
        wanted = PathFilter(patterns)

        def ask(operation: Operation) -> None:
            for repo in unique.values():
                operation.ask_repository(repo, wanted)

        return await self._run("repositories", strategy, ask)

    async def process_files_batch(
        self,
        repo: Repository | str,
        file_paths: Iterable[str],
        priority_files: Iterable[str] = (),
        strategy: BatchStrategy | str | Policy | None = None,
    ) -> pd.DataFrame:
        """Read files of one repository by path.

        Parameters
        ----------
        repo
            The repository, at its ref.
        file_paths
            Paths from the root; a path asked for twice is two rows.
        priority_files
            Paths or base names to read first; those that are absent are ignored.
        strategy
            As for `process_repositories_batch`.

        Returns
        -------
        pandas.DataFrame
            A row a path, in the order asked.

        Raises
        ------
        AuthenticationError
            The token was refused. What was read before is in `results`.
        """
        repo = Repository.parse(repo)
        file_paths = [file_paths] if isinstance(file_paths, str) else file_paths
        first, rank = frozenset(priority_files), self.strategy_manager.priority_of
        requests = [BatchRequest(repo, path, rank(path, first)) for path in file_paths]
        return await self._run("files", strategy, lambda operation: operation.ask_files(requests))

    async def _run(
        self, name: str, strategy: BatchStrategy | str | Policy | None, ask: Callable[[Operation], None]
    ) -> pd.DataFrame:
        policy = self.strategy_manager.policy(strategy)
        async with self._turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            await self._operate(name, policy, ask)
        return results_frame(self.records)

    async def _operate(self, name: str, policy: Policy, ask: Callable[[Operation], None]) -> None:
        self.trace.detailed = self.config.enable_performance_monitoring
        reading = self._reading = Reading(
            self._client, self._cache, self.config, policy, self.trace,
            manager=self.strategy_manager, monitor=self.progress_monitor, recalled=self._recalled(),
            seed=self._seed, operation=self._operations,
        )  # fmt: skip
        self._operations += 1
        self._under_way = True
        if self.progress_monitor is not None:
            self.progress_monitor.start_monitoring()
        try:
            if self._stop_asked:
                reading.stop()
            ask(reading.asks)
            await reading.run()
        except AuthenticationError as error:
            error.add_note("what was read before is in coordinator.results")
            raise
        finally:
            self._under_way = self._stop_asked = False
            self.metrics_collector.operation_ended(reading.counts(name), log=self.config.log_batch_metrics)
            self._stop_monitoring()
        self._remember(policy, reading)

    def _recalled(self) -> Remembered | None:
        return None if self._memory is None else self._memory.recall(self._client.base_url)

    def _remember(self, policy: Policy, reading: Reading) -> None:
        learned = None if self._memory is None or policy.resumed is None else reading.learned()
        if self._memory is not None and learned is not None:
            self._memory.note(self._client.base_url, learned)

    def _memory_cache(self) -> CacheManager:
        # The ledger does not count what a cache holds: one that nobody asked for stays under the same cap.
        return CacheManager(":memory:", max_bytes=self.config.max_memory_usage_mb * MEGABYTE)

    def _stop_monitoring(self) -> None:
        if self.progress_monitor is not None and self._reading is not None:
            self.progress_monitor.update_progress(*self._reading.progress)
            self.progress_monitor.stop_monitoring()

    @property
    def records(self) -> list[BatchResult]:
        """The records behind `results`."""
        if self._reading is None:
            return []
        rows = self._reading.results()
        return [row for row in rows if row.content or row.error] if self._under_way else rows

    @property
    def results(self) -> pd.DataFrame:
        """The rows of the operation under way so far, or of the last one."""
        return results_frame(self.records)

    @property
    def progress(self) -> tuple[int, int]:
        """Files delivered or failed, and files asked for so far, of the operation under way or the last one.

        Files that a stop left unread are asked for only.
        """
        return (0, 0) if self._reading is None else self._reading.progress

    def stop(self) -> None:
        """End the operation under way, or the next one, from any thread.

        It returns what it has; files that were not read are failed rows of category ``cancelled``.
        """
        self._stop_asked = True
        if self._under_way and self._reading is not None:
            self._reading.stop()

    def pause(self) -> None:
        """Let the operation under way, on this loop, send nothing until `resume`; calls in flight end as usual."""
        self._pause(True)

    def resume(self) -> None:
        """Go on after a `pause`."""
        self._pause(False)

    def _pause(self, paused: bool) -> None:
        if self._under_way and self._reading is not None:
            self._reading.pause(paused)

    def get_batch_metrics(self) -> MetricsFrame:
        """Return the metrics frame, a row an operation; see `batchlab.frames.MetricsFrame`."""
        return self.metrics_collector.frame()

    async def cleanup(self) -> None:
        """Close what this coordinator made: its client and its cache, unless they were given."""
        if self._own_client:
            await self._client.aclose()
        if self._own_cache:
            self._cache.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.cleanup()
