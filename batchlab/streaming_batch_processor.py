"""`StreamingBatchProcessor`: requests in, chunks of results out as they complete, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_metrics_collector import BatchMetricsCollector
from batchlab.batch_models import BatchRequest, BatchResult
from batchlab.cache_manager import CacheManager
from batchlab.control.policies import Policy
from batchlab.engine.holdings import Streamed
from batchlab.engine.processor import Processor, RequestedFiles
from batchlab.errors import InputError


class StreamingBatchProcessor(Processor):
    """Reads requests, and hands results over in chunks that then belong to whoever takes them.

    The bytes of calls in flight and of results not yet taken stay under a cap: while they fill it, nothing more is
    sent. Files above ``config.stream_large_files_threshold`` go to disk as they come, and ``content`` reads them
    from there. An equal blob that is asked for after the first was taken is read again, unless a cache is given.

    Parameters
    ----------
    chunk_size
        Results a chunk, at least 1.
    max_memory_mb
        The cap, a whole number from 1, in units of 1024 x 1024 bytes; ``config.max_memory_usage_mb`` changes it live.
    github_client
        What reaches GitHub; from the environment (``GITHUB_TOKEN``, ``GITHUB_API_URL``) unless given.
    cache_manager
        Blobs held already, and where new ones are kept; none unless given.
    config
        All other settings, copied: what is obeyed live is the processor's own ``config``.
    strategy
        One of the five, or a policy of your own; ``config.default_strategy`` unless given.
    metrics_collector
        Where calls are summed up; an own one unless given.
    seed
        Seed of the backoff jitter.

    Raises
    ------
    InputError
        A value is out of range.
    """

    def __init__(
        self,
        chunk_size: int = 10,
        max_memory_mb: int = 300,
        *,
        github_client: AsyncGitHubClient | None = None,
        cache_manager: CacheManager | None = None,
        config: BatchConfig | None = None,
        strategy: BatchStrategy | str | Policy | None = None,
        metrics_collector: BatchMetricsCollector | None = None,
        seed: int = 0,
    ) -> None:
        if chunk_size < 1:
            raise InputError(f"chunk_size={chunk_size!r} is out of range; accepted: whole numbers from 1")
        settings = {"max_memory_usage_mb": max_memory_mb}
        super().__init__(settings, github_client, cache_manager, config, strategy, metrics_collector, seed)
        self.chunk_size = chunk_size

    async def process_large_batch_streaming(
        self, requests: Iterable[BatchRequest]
    ) -> AsyncGenerator[list[BatchResult], None]:
        """Yield results as they complete.

        Parameters
        ----------
        requests
            Files of any repositories; the same one twice is two results.

        Yields
        ------
        list of BatchResult
            ``chunk_size`` of them, in the order of completion; fewer at the end, and where the cap holds no full
            chunk. Ending the loop early ends all calls.

        Raises
        ------
        AuthenticationError
            The token was refused; every request has had its result by then.
        InputError
            One of them is no `BatchRequest`.
        """
        files, holdings = RequestedFiles(requests), Streamed(self.config.max_memory_usage_mb)
        reading = self._reading(holdings)
        files.ask(reading)
        running = asyncio.create_task(reading.run())
        try:
            while chunk := await holdings.chunk(self.chunk_size):
                yield chunk
            await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            self.metrics_collector.operation_ended(reading.counts("files"))
