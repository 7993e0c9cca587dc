"""What the processors of single requests share: their client, their settings, and how requests become a reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_metrics_collector import BatchMetricsCollector
from batchlab.batch_models import BatchRequest, BatchResult
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.cache_manager import CacheManager
from batchlab.control.policies import Policy
from batchlab.control.trace import Trace
from batchlab.engine.holdings import Holdings
from batchlab.engine.reading import Reading
from batchlab.errors import InputError


class Processor:
    """Reads requests of any repositories; use it as ``async with``, or call `cleanup` at the end.

    Parameters
    ----------
    settings
        Fields of `BatchConfig` that the processor's own arguments set.
    github_client
        What reaches GitHub; from the environment (``GITHUB_TOKEN``, ``GITHUB_API_URL``) unless given.
    cache_manager
        Blobs held already, and where new ones are kept; none unless given.
    config
        All other settings, copied: what is obeyed live is the processor's own ``config``.
    strategy
        One of the five, or a policy of your own; ``config.default_strategy`` where None.
    metrics_collector
        Where operations are summed up; an own one unless given.
    seed
        Seed of the backoff jitter.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        github_client: AsyncGitHubClient | None,
        cache_manager: CacheManager | None,
        config: BatchConfig | None,
        strategy: BatchStrategy | str | Policy | None,
        metrics_collector: BatchMetricsCollector | None,
        seed: int,
    ) -> None:
        self.config = BatchConfig(**((config or BatchConfig()).to_dict() | dict(settings)))
        self._policy = BatchStrategyManager(self.config).policy(strategy)
        self._own_client = github_client is None
        self._client = github_client if github_client is not None else AsyncGitHubClient()
        self._cache = cache_manager
        self.metrics_collector = metrics_collector if metrics_collector is not None else BatchMetricsCollector()
        self.trace = Trace(detailed=self.config.enable_performance_monitoring)
        self._seed = seed
        self._operations = 0

    def _reading(self, holdings: Holdings) -> Reading:
        self._operations += 1
        return Reading(
            self._client, self._cache, self.config, self._policy, self.trace,
            holdings=holdings, seed=self._seed, operation=self._operations - 1,
        )  # fmt: skip

    async def cleanup(self) -> None:
        """Close the client, unless it was given."""
        if self._own_client:
            await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.cleanup()


class RequestedFiles:
    """Requests by repository, and the way back from their rows to the order of asking.

    Parameters
    ----------
    requests
        Of any repositories; the same one twice is two rows.

    Raises
    ------
    InputError
        One is no `BatchRequest`.
    """

    def __init__(self, requests: Iterable[BatchRequest]) -> None:
        self._requests = list(requests)
        self._places: dict[tuple[str, str | None], list[int]] = {}
        for place, request in enumerate(self._requests):
            if not isinstance(request, BatchRequest):
                raise InputError(f"{request!r} is no request; accepted: BatchRequest(Repository('owner/name'), path)")
            key = (request.repo.full_name.lower(), request.repo.ref)
            self._places.setdefault(key, []).append(place)

    def ask(self, reading: Reading) -> None:
        """Ask a reading for them, repository by repository."""
        for places in self._places.values():
            reading.asks.ask_files([self._requests[place] for place in places])

    def in_order(self, rows: Iterable[BatchResult]) -> list[BatchResult]:
        """Return a reading's rows in the order of the requests."""
        places = [place for places in self._places.values() for place in places]
        return [row for _, row in sorted(zip(places, rows, strict=True), key=lambda pair: pair[0])]
