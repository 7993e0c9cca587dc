"""One reading of many files: the parts of the engine put together, for whichever processor needs it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from statistics import median_low

from batchlab import clock
from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig
from batchlab.batch_metrics_collector import OperationCounts
from batchlab.batch_models import BatchResult
from batchlab.batch_progress_monitor import BatchProgressMonitor
from batchlab.batch_strategy_manager import BatchStrategyManager, ChoiceByPolicy, Group, RouteChoice
from batchlab.cache_manager import CacheManager
from batchlab.control.measurements import Measurements
from batchlab.control.policies import Policy
from batchlab.control.remembered import Remembered
from batchlab.control.trace import Trace
from batchlab.engine.batching import Batching
from batchlab.engine.dispatcher import Dispatcher, stopped
from batchlab.engine.file_fetching import FileFetching
from batchlab.engine.governor import Governor
from batchlab.engine.holdings import Collected, Holdings, Streamed
from batchlab.engine.lookout import Backlog, Lookout
from batchlab.engine.operation import Operation
from batchlab.engine.planner import Planner
from batchlab.engine.progress import ProgressReport
from batchlab.engine.revalidation import Revalidation
from batchlab.engine.work_queue import Job, Lane
from batchlab.routes import ROUTES, WantedFile

ENOUGH_CALLS = 32  # that tell anything about a host
NEEDS_TOKEN = frozenset({"graphql"})


class Reading:
    """Dispatcher, files and rows of one operation, on the running loop.

    Parameters
    ----------
    client, cache, config, policy, trace
        What reaches GitHub, what is held already if anything, the live settings, the strategy, and where it is
        written down.
    manager
        Ranks and plans, and remembers the files that were seen; an own one unless given.
    holdings
        What contents are held in; the results are collected unless given.
    monitor
        Told how far the reading is, if anybody is.
    submit_files
        Takes the jobs that would read files, which then are planned and not read; they are sent unless given.
    recalled
        What an earlier run has learned of the host, for policies that begin with it.
    seed, operation
        Seed of the backoff jitter, and number of the operation.

    Attributes
    ----------
    asks
        The `Operation` that takes repositories and paths before `run`.
    """

    def __init__(
        self,
        client: AsyncGitHubClient,
        cache: CacheManager | None,
        config: BatchConfig,
        policy: Policy,
        trace: Trace,
        *,
        manager: BatchStrategyManager | None = None,
        holdings: Holdings | None = None,
        monitor: BatchProgressMonitor | None = None,
        submit_files: Callable[[Job], None] | None = None,
        recalled: Remembered | None = None,
        seed: int = 0,
        operation: int = 0,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._policy, self._trace = policy, trace
        self._start, self._first_call, self._first_batch = clock.now(), len(trace.calls), len(trace.batches)
        self._unavailable = frozenset() if client.authenticated else NEEDS_TOKEN
        self._manager = BatchStrategyManager(config) if manager is None else manager
        known = recalled if policy.resumed is not None else None
        self._measured = Measurements(recalled=known.idle if known else None)
        files = known.files_a_call if known else None
        self._batching = Batching(policy.batch_size, config, trace, self._measured, files)
        self._client, self._config, self._cache = client, config, cache
        self._holdings = Collected(config.max_memory_usage_mb) if holdings is None else holdings
        self._dispatcher = Dispatcher(
            client, config, policy, trace, self._holdings,
            files_a_call=self._files_a_call, measured=self._measured, recalled=known.limit if known else None,
            seed=seed, operation=operation,
        )  # fmt: skip
        self._fetching = FileFetching(
            submit_files or self._dispatcher.submit, self._plan, self._batching, self._holdings,
            self._held, config.fold_duplicates,
        )  # fmt: skip
        self._revalidation = Revalidation(self._held_answers, client.base_url, client.credential)
        self.asks = Operation(self._dispatcher, self._fetching, self._manager, self._revalidation)
        self._routes = self._choice()
        self._dispatcher.files_done = lambda: self._fetching.done
        self._dispatcher.reconfigured, self._dispatcher.lane_refused = self._reconfigured, self._fetching.settle_all
        if monitor is not None:
            report = ProgressReport(monitor, self._dispatcher, lambda: self.progress, self._largest_call)
            self._dispatcher.pumped = report
        if isinstance(self._holdings, Streamed):
            self._holdings.forget, self._holdings.freed = self._fetching.forget, self._dispatcher.look_again

    @property
    def _held(self) -> CacheManager | None:
        return self._cache if self._config.use_cache else None

    @property
    def _held_answers(self) -> CacheManager | None:
        # Without a token an answer "not modified" costs as much as any other.
        return self._held if self._client.authenticated else None

    def _reconfigured(self) -> None:
        self._fetching.cache, self._revalidation.cache = self._held, self._held_answers
        self._fetching.fold = self._config.fold_duplicates
        self._trace.detailed = self._config.enable_performance_monitoring
        if not self._policy.plans:
            self._routes = self._choice()
        self._batching.reconfigured()
        self._holdings.ledger.resize(self._config.max_memory_usage_mb)

    def _choice(self) -> RouteChoice:
        policy, config = self._policy, self._config
        if not policy.plans:
            return ChoiceByPolicy(policy.batch_size(config).size, policy.archives)
        admission = self._dispatcher.admission
        backlog = Backlog(
            wanted=self._wanted,
            archives_waiting=lambda: admission.archives_waiting,
            archives_under_way=lambda: admission.archives_under_way,
            files_waiting=lambda: admission.files_waiting,
            files_a_tree=lambda: self._fetching.missing / max(1, self.asks.trees_read),
            files_a_query=lambda: min(self._batching.size, ROUTES["graphql"].most_files),
            file_size=lambda: self._fetching.mean_size,
        )
        governor, measured = self._dispatcher.governor, self._measured
        lookout = Lookout(policy, config, governor, measured, self._dispatcher.limiter, backlog)
        planner = Planner(lookout, governor, measured, self._trace)
        self._dispatcher.to_plan_anew, self._dispatcher.plan_anew = planner.to_plan_anew, self._fetching.plan_anew
        self._batching.even_share = planner.even_share
        return planner

    def _wanted(self) -> tuple[int, int, int]:
        return self._fetching.wanted, self._fetching.repositories_open, self.asks.trees - self.asks.trees_read

    def _plan(self, files: Sequence[WantedFile], tried: frozenset[str]) -> list[Group]:
        return self._manager.plan(files, self._routes, self._unavailable | tried)

    def _files_a_call(self, lane: Lane) -> int:
        route = ROUTES.get(lane.route)
        return 1 if route is None or route.whole_repository else self._batching.files_a_call(route)

    def _largest_call(self) -> int:
        return max(self._batching.files_a_call(ROUTES[name]) for name in self._config.routes)

    async def run(self) -> None:
        """Read everything that was asked for.

        Raises
        ------
        AuthenticationError
            The token was refused.
        """
        try:
            await self._dispatcher.run()
        finally:
            self._holdings.close()

    def stop(self) -> None:
        """End the reading, from any thread; files that were not read become failed rows."""
        with contextlib.suppress(RuntimeError):  # the loop has just closed: there is nothing left to stop
            self._loop.call_soon_threadsafe(self._dispatcher.stop, stopped())

    def pause(self, paused: bool) -> None:
        """Send nothing until it is resumed, or go on."""
        self._dispatcher.pause(paused)

    @property
    def governor(self) -> Governor:
        """What is known of the server's limits."""
        return self._dispatcher.governor

    @property
    def measured(self) -> Measurements:
        """What the calls have shown."""
        return self._measured

    def learned(self) -> Remembered | None:
        """Return what there is to remember of the host, None where too few calls were made."""
        calls = self._trace.calls[self._first_call :]
        if len(calls) < ENOUGH_CALLS:
            return None
        limit = median_low(call.limit for call in calls[len(calls) // 2 :])
        return Remembered(max(1, limit), self._batching.size, self._measured.idle)

    @property
    def progress(self) -> tuple[int, int]:
        """Files that have their row, and files asked for so far."""
        return self._fetching.done, self._fetching.asked

    def results(self) -> list[BatchResult]:
        """Return all rows, in the order of asking; those under way have neither content nor error yet."""
        return self.asks.results()

    def counts(self, operation: str) -> OperationCounts:
        """Return what the reading left behind, for its row of metrics."""
        now = clock.now()
        return OperationCounts(
            operation,
            self._policy.name,
            self.results(),
            self._trace.calls[self._first_call :],
            self._trace.batches[self._first_batch :],
            self.asks.trees,
            now - self._start,
            self._dispatcher.mean_limit(now),
            self._holdings.ledger.peak,
        )
