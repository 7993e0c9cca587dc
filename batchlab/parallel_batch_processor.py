"""`ParallelBatchProcessor`: requests in, one result a request out, in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_metrics_collector import BatchMetricsCollector
from batchlab.batch_models import BatchRequest, BatchResult
from batchlab.cache_manager import CacheManager
from batchlab.control.policies import Policy
from batchlab.engine.holdings import Collected
from batchlab.engine.processor import Processor, RequestedFiles
from batchlab.errors import AuthenticationError


class ParallelBatchProcessor(Processor):
    """Reads requests many at once, inside the server's limits.

    Calls of one processor run one after another on a loop. Contents beyond ``config.max_memory_usage_mb`` go to
    disk, and are read back from there when they are asked for.

    Parameters
    ----------
    max_concurrent
        Ceiling on calls in flight, 1 to 100.
    rate_limit_buffer
        Share of what is left of each budget that may be spent, above 0 and up to 1.
    retry_attempts
        Attempts after the first, 0 to 20.
    github_client
        What reaches GitHub; from the environment (``GITHUB_TOKEN``, ``GITHUB_API_URL``) unless given.
    cache_manager
        Blobs held already, and where new ones are kept; none unless given.
    config
        All other settings, copied: what is obeyed live is the processor's own ``config``.
    strategy
        One of the five, or a policy of your own.
    metrics_collector
        Where calls are summed up; an own one unless given.
    seed
        Seed of the backoff jitter.

    Raises
    ------
    ConfigError
        A value is out of range.

    Examples
    --------
    >>> ParallelBatchProcessor(max_concurrent=20).config.max_concurrent_requests
    20
    """

    def __init__(
        self,
        max_concurrent: int = 10,
        rate_limit_buffer: float = 0.8,
        retry_attempts: int = 3,
        *,
        github_client: AsyncGitHubClient | None = None,
        cache_manager: CacheManager | None = None,
        config: BatchConfig | None = None,
        strategy: BatchStrategy | str | Policy | None = BatchStrategy.PARALLEL,
        metrics_collector: BatchMetricsCollector | None = None,
        seed: int = 0,
    ) -> None:
        settings = {
            "max_concurrent_requests": max_concurrent,
            "rate_limit_buffer": rate_limit_buffer,
            "retry_attempts": retry_attempts,
        }
        super().__init__(settings, github_client, cache_manager, config, strategy, metrics_collector, seed)
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    async def process_batch_parallel(self, batch_requests: Iterable[BatchRequest]) -> list[BatchResult]:
        """Read what is asked for.

        Parameters
        ----------
        batch_requests
            Files of any repositories; the same one twice is two results.

        Returns
        -------
        list of BatchResult
            One a request, in their order, with content or error; `batchlab.frames.results_frame` makes them a frame.

        Raises
        ------
        AuthenticationError
            The token was refused; ``partial`` is the list of results.
        InputError
            One of them is no `BatchRequest`.
        """
        files = RequestedFiles(batch_requests)
        async with self._turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            reading = self._reading(Collected(self.config.max_memory_usage_mb))
            files.ask(reading)
            try:
                await reading.run()
            except AuthenticationError as error:
                error.partial = files.in_order(reading.results())
                raise
            finally:
                self.metrics_collector.operation_ended(reading.counts("files"))
        return files.in_order(reading.results())
