"""Start a run in the background, or wait for its end: `start` and `scan`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import pandas as pd

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.batch_models import Repository
from batchlab.batch_progress_monitor import BatchProgressMonitor, Sink
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.cache_manager import CacheManager
from batchlab.control.policies import Policy
from batchlab.errors import AuthenticationError, InputError
from batchlab.host_memory import HostMemory
from batchlab.hubs import GitHub, Hub, client_of, default_cache, repositories_of
from batchlab.patterns import MANIFESTS, PathFilter
from batchlab.runs.background import on_private_loop, on_virtual_loop
from batchlab.runs.handle import RunHandle
from batchlab.runs.recording import recorded
from batchlab.runs.run import Run
from batchlab.runs.steering import Edit, Steering, checked_speed, edits_of
from batchlab.twin.runner import HEED_INTERRUPTS


def start(
    repositories: Iterable[Repository | str] | Repository | str | None = None,
    hub: Hub | None = None,
    strategy: BatchStrategy | str | Policy | None = None,
    *,
    config: BatchConfig | None = None,
    patterns: Sequence[str] = MANIFESTS,
    cache: CacheManager | None = None,
    memory: HostMemory | None = None,
    seed: int = 0,
    speed: float = math.inf,
    edits: pd.DataFrame | None = None,
    sink: Sink | None = None,
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
    memory
        What earlier runs have learned of the host, such as ``HostMemory("hosts.json")``; the run begins with it and
        adds to it, where its strategy learns. None unless given.
    seed
        Seed of the run.
    speed
        Virtual seconds per second of wall time, above 0, for hubs in virtual time; ``inf`` waits for nothing.
    edits
        The decisions of an earlier run in virtual time: what was changed live is changed again at the same instants.
    sink
        Called with each `batchlab.batch_progress_monitor.Progress`, on the run's own thread.

    Raises
    ------
    InputError
        A repository, pattern, strategy or speed is no such thing, there is nothing to read, or edits are to be made
        again in real time.
    """
    hub = hub if hub is not None else GitHub()
    wanted = repositories_of(repositories, hub)
    patterns = PathFilter(patterns).patterns
    config = config if config is not None else BatchConfig()
    policy = BatchStrategyManager(config).policy(strategy)
    steering = Steering(config, checked_speed(speed))
    again = _edits_to_repeat(edits, hub)
    own_cache = default_cache(hub) if cache is None else None
    client = client_of(hub, seed)
    monitor = None if sink is None else BatchProgressMonitor(sink)
    coordinator = BatchCoordinator(
        client, own_cache or cache, steering.obeyed, progress_monitor=monitor, memory=memory, seed=seed
    )
    run_of = partial(
        recorded, coordinator, strategy=policy.name, config=steering.obeyed.snapshot(), hub=hub, seed=seed,
        repositories=wanted, patterns=patterns,
    )  # fmt: skip

    async def read() -> Run:
        try:
            async with client:
                with steering.of(coordinator, again):
                    results = await coordinator.process_repositories_batch(wanted, policy, patterns=patterns)
            return run_of(results, interrupted=steering.interrupted)
        except AuthenticationError as error:
            error.partial = run_of(coordinator.results, interrupted=True)
            raise
        finally:
            if own_cache is not None:
                own_cache.close()

    future = on_virtual_loop(read, steering.speed) if hub.virtual else on_private_loop(read)
    return RunHandle(coordinator, steering, future)


def _edits_to_repeat(decisions: pd.DataFrame | None, hub: Hub) -> list[Edit]:
    if decisions is None:
        return []
    if not hub.virtual:
        raise InputError(f"edits= is made again at exact instants, and {hub!r} runs in real time; use a SimHub")
    return edits_of(decisions)


def scan(
    repositories: Iterable[Repository | str] | Repository | str | None = None,
    hub: Hub | None = None,
    strategy: BatchStrategy | str | Policy | None = None,
    *,
    config: BatchConfig | None = None,
    patterns: Sequence[str] = MANIFESTS,
    cache: CacheManager | None = None,
    memory: HostMemory | None = None,
    seed: int = 0,
) -> Run:
    """Read the wanted files of repositories and wait for the end: `start`, then ``result()``.

    An interrupt (Ctrl-C, "Interrupt kernel") ends the run and returns what there is, marked ``interrupted``.

    Parameters
    ----------
    repositories, hub, strategy, config, patterns, cache, memory, seed
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
    handle = start(repositories, hub, strategy, config=config, patterns=patterns, cache=cache, memory=memory, seed=seed)
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
        while watch is not None and not handle.wait(HEED_INTERRUPTS):
            watch(handle)
        return handle.result()
    except KeyboardInterrupt:
        handle.cancel()
        return handle.result()
