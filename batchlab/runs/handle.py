"""Start a run in the background and hold it by a handle, or wait for it: `start` and `scan`."""

from __future__ import annotations

import asyncio
import json
import math
import platform
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from functools import partial
from importlib.metadata import version
from typing import Any

import pandas as pd

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.batch_models import Repository
from batchlab.batch_progress_monitor import BatchProgressMonitor, Sink
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.cache_manager import CacheManager
from batchlab.cards import card, table
from batchlab.control.policies import Policy
from batchlab.control.trace import Trace
from batchlab.errors import AuthenticationError, InputError
from batchlab.frames import BATCHES, CALLS, DECISIONS, TIMELINE
from batchlab.host_memory import HostMemory
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.sim import SimHub
from batchlab.hubs import GitHub, Hub, client_of, default_cache
from batchlab.patterns import MANIFESTS, PathFilter
from batchlab.runs.background import on_private_loop, on_virtual_loop
from batchlab.runs.run import Run
from batchlab.runs.steering import APPLIED, Edit, Note, Steering, checked_speed, edits_of

WATCH_SECONDS = 0.1  # of wall time between two looks at a run
_STANDS_ON = ("batchlab", "httpx", "pandas", "numpy", "tenacity")


class RunHandle:
    """A run under way: awaitable, and steered from any thread.

    Made by `start`.
    """

    def __init__(self, coordinator: BatchCoordinator, steering: Steering, future: Future[Run]) -> None:
        self._coordinator = coordinator
        self._steering = steering
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
        self.config.update(**changes)

    def apply(self, opportunity: Mapping[str, Any] | pd.Series[Any]) -> None:
        """Change the settings of the run under way as an opportunity says; the decisions name it.

        Parameters
        ----------
        opportunity
            A row of what ``bl.opportunities`` returned, such as ``table.iloc[0]``; ``config``, ``id`` and ``change``
            are read.

        Raises
        ------
        InputError
            It changes no setting, or the strategy, which a run keeps to its end.
        ConfigError
            A value was refused; nothing has changed.
        """
        changes = settings_of(opportunity)
        if "strategy" in changes:
            raise InputError(
                f"the opportunity asks for the strategy {changes['strategy']!r}, and a run under way keeps its own; "
                "start another with strategy="
            )
        BatchConfig(**(self.config.to_dict() | changes))
        self._steering.note(Note(APPLIED, str(opportunity["id"]), str(opportunity["change"])))
        self.configure(**changes)

    def pause(self) -> None:
        """Send nothing more until `resume`; calls in flight end as usual, and files wait in the queue.

        Time goes on meanwhile, but for a virtual hub at infinite speed, whose clock stands still.
        """
        self._steering.pause(True)

    def resume(self) -> None:
        """Go on after a `pause`."""
        self._steering.pause(False)

    @property
    def paused(self) -> bool:
        """Whether the run is to send nothing."""
        return self._steering.paused

    def pace(self, speed: float) -> None:
        """Let virtual time pass at another speed from now on; of no effect where time is real.

        Parameters
        ----------
        speed
            Virtual seconds per second of wall time, above 0; ``inf`` waits for nothing.

        Raises
        ------
        InputError
            It is not above 0.
        """
        self._steering.pace(checked_speed(speed))

    @property
    def config(self) -> BatchConfig:
        """The live settings of the run."""
        return self._steering.wanted

    @property
    def results(self) -> pd.DataFrame:
        """The rows so far."""
        return self._coordinator.results

    @property
    def trace(self) -> Trace:
        """The records behind `calls`, `decisions` and `timeline`, growing: to be read only."""
        return self._coordinator.trace

    @property
    def calls(self) -> pd.DataFrame:
        """The calls so far, as `batchlab.frames.CALLS`; those in flight have no end yet."""
        return CALLS.from_records(list(self.trace.calls))

    @property
    def decisions(self) -> pd.DataFrame:
        """The decisions so far, as `batchlab.frames.DECISIONS`; every live edit is among them."""
        return DECISIONS.from_records(list(self.trace.decisions))

    @property
    def timeline(self) -> pd.DataFrame:
        """The samples so far, as `batchlab.frames.TIMELINE`."""
        return TIMELINE.from_records(list(self.trace.timeline))

    @property
    def progress(self) -> tuple[int, int]:
        """Files delivered or failed, and files asked for so far; those that `cancel` left unread are asked for only."""
        return self._coordinator.progress

    @property
    def _state(self) -> str:
        return "ended" if self.done() else "paused" if self.paused else "running"

    def _repr_html_(self) -> str:
        done, asked = self.progress
        facts = {"files": f"{done:,} of {asked:,}", "calls": f"{len(self.trace.calls):,}"}
        return card(f"RunHandle: {self._state}", facts, {"Settings": table(self.config.to_dict())})

    def __repr__(self) -> str:
        done, asked = self.progress
        return f"<RunHandle {self._state}: {done} of {asked} files>"


def settings_of(opportunity: Mapping[str, Any] | pd.Series[Any]) -> dict[str, Any]:
    """Return the fields of `BatchConfig` that an opportunity changes, ``strategy`` among them if it names one.

    Raises
    ------
    InputError
        It changes none.
    """
    text = opportunity["config"]
    changes = json.loads(text) if isinstance(text, str) else {}
    if not changes:
        raise InputError(
            f"the opportunity {opportunity['change']!r} changes no setting; those of kind 'config' can be applied"
        )
    return dict(changes)


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
    handle = RunHandle(coordinator, steering, Future())
    run_of = partial(_run_of, coordinator, policy, steering.obeyed.snapshot(), hub, seed, wanted, tuple(patterns))

    async def read() -> Run:
        try:
            async with client:
                with steering.of(coordinator, again):
                    results = await coordinator.process_repositories_batch(wanted, policy, patterns=patterns)
            return run_of(results, interrupted=handle.interrupted)
        except AuthenticationError as error:
            error.partial = run_of(coordinator.results, interrupted=True)
            raise
        finally:
            if own_cache is not None:
                own_cache.close()

    handle._future = on_virtual_loop(read, steering.speed) if hub.virtual else on_private_loop(read)
    return handle


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
    repositories: Sequence[Repository],
    patterns: tuple[str, ...],
    results: pd.DataFrame,
    *,
    interrupted: bool,
) -> Run:
    trace = coordinator.trace
    return Run(
        results=results,
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
        repositories=tuple(str(repository) for repository in repositories),
        patterns=patterns,
        scenario=hub.scenario.name if isinstance(hub, (SimHub, LoopbackHub)) else None,
    )
