"""Start a run in the background and hold it by a handle, or wait for it: `start` and `scan`."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, wait
from importlib.metadata import version
from typing import Any

import pandas as pd

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.batch_models import Repository
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.cache_manager import CacheManager
from batchlab.control.policies import Policy
from batchlab.errors import AuthenticationError, InputError
from batchlab.frames import BATCHES, CALLS, DECISIONS, TIMELINE
from batchlab.hubs import GitHub, Hub, client_of, default_cache
from batchlab.patterns import MANIFESTS, PathFilter
from batchlab.runs.background import on_private_loop, on_virtual_loop
from batchlab.runs.run import Run

WATCH_SECONDS = 0.1  # of wall time between two looks at a run
_STANDS_ON = ("batchlab", "httpx", "pandas", "numpy", "tenacity")


class RunHandle:
    """A run under way: awaitable, and steered from any thread.

    Made by `start`.
    """

    def __init__(self, coordinator: BatchCoordinator, future: Future[Run]) -> None:
        self._coordinator = coordinator
        self._future = future
        self._interrupted = False

    def __await__(self) -> Generator[Any, None, Run]:
        return asyncio.wrap_future(self._future).__await__()

    def result(self, timeout: float | None = None) -> Run:
        """Wait for the end and return the run.

        Parameters
        ----------
        timeout
            Seconds of wall time to wait at most; None waits for the end.

        Raises
        ------
        TimeoutError
            It has not ended; it goes on.
        AuthenticationError
            The token was refused; ``partial`` is the run with what was read before.
        """
        return self._future.result(timeout)

    def wait(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds of wall time; return whether the run has ended."""
        return bool(wait([self._future], timeout).done)

    def done(self) -> bool:
        """Return whether the run has ended."""
        return self._future.done()

    def cancel(self) -> None:
        """End the run: ``result()`` then returns what there is, marked as interrupted."""
        self._interrupted = True
        self._coordinator.stop()

    @property
    def interrupted(self) -> bool:
        """Whether the run was cancelled."""
        return self._interrupted

    def configure(self, **changes: Any) -> None:
        """Change settings of the run under way, all or none; obeyed before the next call is sent.

        Raises
        ------
        ConfigError
            A value was refused; nothing has changed.
        """
        self._coordinator.config.update(**changes)

    @property
    def config(self) -> BatchConfig:
        """The live settings of the run."""
        return self._coordinator.config

    @property
    def results(self) -> pd.DataFrame:
        """The rows so far."""
        return self._coordinator.results

    @property
    def progress(self) -> tuple[int, int]:
        """Files that have their row, and files asked for so far."""
        return self._coordinator.progress

    def __repr__(self) -> str:
        done, asked = self.progress
        return f"<RunHandle {'ended' if self.done() else 'running'}: {done} of {asked} files>"


def start(
    repositories: Iterable[Repository | str] | Repository | str | None = None,
    hub: Hub | None = None,
    strategy: BatchStrategy | str | Policy | None = None,
    *,
    config: BatchConfig | None = None,
    patterns: Sequence[str] = MANIFESTS,
    cache: CacheManager | None = None,
    seed: int = 0,
) -> RunHandle:
    """Start reading in the background and return at once.

    Parameters
    ----------
    repositories
        What to read: repositories, texts such as ``owner/name@ref``, or one of them; the hub's own unless given.
    hub
        What to read from; the real GitHub unless given.
    strategy
        One of the five or a policy of your own; the configuration's unless given.
    config
        Settings, obeyed live; the documented defaults unless given.
    patterns
        Globs of the wanted files; the usual manifests and lockfiles unless given.
    cache
        Blobs held already; on disk for the real GitHub, else in memory and empty, unless given.
    seed
        Seed of the run.

    Raises
    ------
    InputError
        A repository, pattern or strategy is no such thing, or there is nothing to read.
    """
    hub = hub if hub is not None else GitHub()
    wanted = repositories_of(repositories, hub)
    patterns = PathFilter(patterns).patterns
    config = config if config is not None else BatchConfig()
    policy = BatchStrategyManager(config).policy(strategy)
    own_cache = default_cache(hub) if cache is None else None
    client = client_of(hub, seed)
    coordinator = BatchCoordinator(client, own_cache or cache, config, seed=seed)
    settings = config.snapshot()
    handle: RunHandle

    async def read() -> Run:
        try:
            async with client:
                await coordinator.process_repositories_batch(wanted, policy, patterns=patterns)
            return _run_of(coordinator, policy, settings, hub, seed, interrupted=handle.interrupted)
        except AuthenticationError as error:
            error.partial = _run_of(coordinator, policy, settings, hub, seed, interrupted=True)
            raise
        finally:
            if own_cache is not None:
                own_cache.close()

    handle = RunHandle(coordinator, Future())
    handle._future = (on_virtual_loop if hub.virtual else on_private_loop)(read)
    return handle


def scan(
    repositories: Iterable[Repository | str] | Repository | str | None = None,
    hub: Hub | None = None,
    strategy: BatchStrategy | str | Policy | None = None,
    *,
    config: BatchConfig | None = None,
    patterns: Sequence[str] = MANIFESTS,
    cache: CacheManager | None = None,
    seed: int = 0,
) -> Run:
    """Read the wanted files of repositories and wait for the end: `start`, then ``result()``.

    An interrupt (Ctrl-C, "Interrupt kernel") ends the run and returns what there is, marked ``interrupted``.

    Parameters
    ----------
    repositories, hub, strategy, config, patterns, cache, seed
        As for `start`.

    Raises
    ------
    AuthenticationError
        The token was refused; ``partial`` is the run with what was read before.
    InputError
        A repository, pattern or strategy is no such thing, or there is nothing to read.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> hub = SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits")
    >>> scan(hub=hub).results[["repo", "path", "status"]]
           repo    path     status
    0  acme/app  go.mod  delivered
    """
    handle = start(repositories, hub, strategy, config=config, patterns=patterns, cache=cache, seed=seed)
    return wait_or_interrupt(handle)


def wait_or_interrupt(handle: RunHandle, watch: Callable[[RunHandle], None] | None = None) -> Run:
    """Wait for a run; an interrupt ends it and returns what there is.

    Parameters
    ----------
    handle
        The run.
    watch
        Called with it now and then while it goes on, to show progress.
    """
    try:
        while watch is not None and not handle.wait(WATCH_SECONDS):
            watch(handle)
        return handle.result()
    except KeyboardInterrupt:
        handle.cancel()
        return handle.result()


def repositories_of(given: Iterable[Repository | str] | Repository | str | None, hub: Hub) -> tuple[Repository, ...]:
    """Return the repositories to read: those given, or else the hub's own.

    Raises
    ------
    InputError
        One is no such thing, or there is nothing to read.
    """
    if given is None:
        given = hub.repositories
        if not given:
            raise InputError("name the repositories to read, such as ['pallets/flask', 'encode/httpx@master']")
    if isinstance(given, (str, Repository)):
        given = [given]
    return tuple(Repository.parse(repo) for repo in given)


def _run_of(
    coordinator: BatchCoordinator,
    policy: Policy,
    config: BatchConfig,
    hub: Hub,
    seed: int,
    *,
    interrupted: bool,
) -> Run:
    trace = coordinator.trace
    return Run(
        results=coordinator.results,
        metrics=coordinator.get_batch_metrics(),
        batches=BATCHES.from_records(trace.batches),
        calls=CALLS.from_records(trace.calls),
        decisions=DECISIONS.from_records(trace.decisions),
        timeline=TIMELINE.from_records(trace.timeline),
        strategy=policy.name,
        config=config,
        hub=hub.name,
        seed=seed,
        versions={"python": platform.python_version()} | {name: version(name) for name in _STANDS_ON},
        interrupted=interrupted,
    )
