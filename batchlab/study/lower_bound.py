"""A lower bound of the makespan that no strategy can beat, and what it comes from.

It is told everything: the work, the scenario's truth and its draws. Where a draw depends on how files are put into
calls, the luckiest one counts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import NormalDist

from batchlab.batch_config import BatchConfig
from batchlab.batch_models import Repository
from batchlab.github_api import ApiRequest, blob_request, contents_request, tree_request
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.snapshot import TreeEntry
from batchlab.hub.weather import service_time, uniforms
from batchlab.patterns import MANIFESTS, PathFilter
from batchlab.routes import ROUTES

LUCKIEST = NormalDist().inv_cdf(2.0**-54)  # no draw of `batchlab.hub.weather` is further below the median
_WEIGHTS = tuple(step / 20 for step in range(21))
_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(frozen=True)
class Bound:
    """A lower bound of the makespan.

    Parameters
    ----------
    seconds
        The bound.
    binding
        The resource that it comes from.
    parts
        The bound from each resource alone: ``latency``, ``server``, ``link``, ``budget``, ``minute``, ``cpu``.
    """

    seconds: float
    binding: str
    parts: Mapping[str, float]

    def efficiency(self, makespan: float) -> float:
        """Return bound / makespan, 0 to 1."""
        return self.seconds / makespan


@dataclass(frozen=True)
class _File:
    """A file to fetch: seconds and CPU seconds of an idle server by the cheapest way, and bytes."""

    service: float
    cpu: float
    size: int


@dataclass(frozen=True)
class _Demand:
    """What a repository asks for: seconds of its tree, its files, and its archive's bytes on the wire, if any."""

    tree: float
    files: Sequence[_File]
    archive: float | None


def bound(
    hub: SimHub, config: BatchConfig | None = None, *, seed: int | None = None, patterns: Sequence[str] = MANIFESTS
) -> Bound:
    """Return a lower bound of the makespan of any strategy that reads all repositories of a hub.

    Parameters
    ----------
    hub
        What is read; what it says is held need not be fetched.
    config
        The settings that every strategy obeys; `BatchConfig.lab` unless given.
    seed
        Of the run; the hub's own unless given.
    patterns
        Globs of the wanted files.

    Notes
    -----
    *Latency*: a tree, then its slowest file. *Server*: a call that arrives as the n-th in flight takes s(n) times as
    long, and of the calls in flight the i-th oldest met at least i; so the server does at most 1/s(1) + ... + 1/s(N)
    seconds of service a second, with N the ceiling on calls in flight. *Link*: bytes over bandwidth. Archives spend
    the link to spare the server; the larger of the two is at least any weighted mean of both, and the mean is least
    where each repository takes the cheaper way (weak duality). *Budget*, *minute*, *cpu*: what the windows begun by
    a time hold, and the files that a point can bring.

    Examples
    --------
    >>> from batchlab.hub.work import Work
    >>> hub = SimHub(Work(repositories=1, files=100).world(), "no-limits")
    >>> bound(hub, BatchConfig(routes="blobs", max_concurrent_requests=1)).binding
    'server'
    """
    config = config if config is not None else BatchConfig.lab()
    truth = _Truth(hub.scenario if seed is None else hub.scenario.with_seed(seed), config)
    demands = list(_demands(hub, truth, PathFilter(patterns)))
    server, link = _server_and_link(demands, truth)
    parts = {
        "latency": max((_path(demand, truth) for demand in demands), default=0.0),
        "server": server,
        "link": link,
        "budget": _budget(demands, truth),
        "minute": _minute(demands, truth),
        "cpu": _cpu(demands, truth),
    }
    binding = max(parts, key=lambda name: parts[name])
    return Bound(parts[binding], binding, parts)


class Bounds:
    """The bounds of a study's runs, each worked out once.

    Parameters
    ----------
    hub, patterns
        As for `bound`.
    """

    def __init__(self, hub: SimHub, patterns: Sequence[str]) -> None:
        self._hub, self._patterns = hub, patterns
        self._known: dict[tuple[str, int], float] = {}

    def seconds(self, config: BatchConfig, seed: int) -> float:
        """Return the bound of runs under a configuration and seed."""
        key = (repr(config.to_dict()), seed)
        if key not in self._known:
            self._known[key] = bound(self._hub, config, seed=seed, patterns=self._patterns).seconds
        return self._known[key]


class _Truth:
    """The scenario's truth, as far as it bounds: the luckiest of its phases, and the routes that are open."""

    def __init__(self, scenario: Scenario, config: BatchConfig) -> None:
        self.scenario, self.config = scenario, config
        self.phases = [scenario.at(start) for start in (0.0, *(period.start for period in scenario.periods))]
        self.rest = [route for route in ("blobs", "contents") if route in config.routes]
        self.graphql = "graphql" in config.routes and any(phase.graphql.enabled for phase in self.phases)
        self.archives = "tarball" in config.routes and any(phase.archives.enabled for phase in self.phases)
        self.raw = "raw" in config.routes
        self.link = scenario.network.link or math.inf
        self.connection = scenario.network.connection or math.inf
        if scenario.network.gzip:  # what compression leaves is not foretold
            self.link = self.connection = math.inf

    @property
    def in_flight(self) -> int:
        """Most calls in flight."""
        return min(self.config.max_concurrent_requests, self.scenario.limits.in_flight or 100)

    @property
    def capacity(self) -> float:
        """Seconds of service that the server does in a second, at most."""
        places = range(1, self.in_flight + 1)
        return max(sum(1.0 / phase.server.slowdown(place) for place in places) for phase in self.phases)

    def rest_seconds(self, request: ApiRequest) -> float:
        """Return the seconds of a REST call's first attempt on an idle server."""
        draw = uniforms(self.scenario.seed, "weather", f"GET {request.path}", 1)
        spans = (min(service_time(phase.latency, draw), phase.latency.cap or math.inf) for phase in self.phases)
        return min(spans)

    def query_seconds(self, size: int) -> float:
        """Return the least that a file can add to a GraphQL query."""
        return min(
            math.exp(section.sigma * LUCKIEST)
            * (
                min(section.per_object, section.per_repository)
                + section.base / self.files_a_query
                + section.per_megabyte * size / 1e6
            )
            for section in (phase.graphql for phase in self.phases)
        )

    @property
    def files_a_query(self) -> int:
        """Most files in one query."""
        return min(ROUTES["graphql"].most_files, self.config.max_batch_size)


def _demands(hub: SimHub, truth: _Truth, wanted: PathFilter) -> Iterator[_Demand]:
    trees = [(repo, found.snapshot("HEAD")) for repo in hub.repositories if (found := hub.world.get(repo.full_name))]
    entries = {
        repo.full_name: [e for e in tree.entries if e.type == "blob" and wanted(e.path) and e.sha not in hub.held]
        for repo, tree in trees
        if tree is not None
    }
    # A blob that several repositories have may be read from any: it counts for none, which can only lower the bound.
    holders = Counter(sha for found in entries.values() for sha in {entry.sha for entry in found})
    for repo, tree in trees:
        if tree is None:
            continue
        own = {entry.sha: entry for entry in entries[repo.full_name] if holders[entry.sha] == 1}
        archive = None
        if truth.archives:
            everything = sum(entry.size or 0 for entry in tree.entries)
            archive = min(phase.archives.compression for phase in truth.phases) * everything
        files = [_file(repo, entry, truth) for entry in own.values()]
        yield _Demand(truth.rest_seconds(tree_request(repo, "HEAD")), files, archive)


def _file(repo: Repository, entry: TreeEntry, truth: _Truth) -> _File:
    size, limits = entry.size or 0, truth.scenario.limits
    requests = {"blobs": blob_request(repo, entry.sha), "contents": contents_request(repo, entry.path)}
    ways = [(seconds, seconds * limits.cpu_share) for seconds in (truth.rest_seconds(requests[r]) for r in truth.rest)]
    if truth.graphql:
        seconds = truth.query_seconds(size)
        ways.append((seconds, seconds * limits.graphql_cpu_share))
    if truth.raw or not ways:
        ways.append((0.0, 0.0))
    return _File(min(seconds for seconds, _ in ways), min(cpu for _, cpu in ways), size)


def _path(demand: _Demand, truth: _Truth) -> float:
    """Return the seconds of a tree and what comes after it."""
    files = max((file.service + file.size / truth.connection for file in demand.files), default=0.0)
    return demand.tree + (files if demand.archive is None else min(files, demand.archive / truth.connection))


def _server_and_link(demands: Sequence[_Demand], truth: _Truth) -> tuple[float, float]:
    """Return the bounds of both together, as a share of each: the one that weighs more has it all."""
    best = (0.0, 0.0)
    for weight in _WEIGHTS:
        server, link = weight / truth.capacity, (1.0 - weight) / truth.link
        seconds = sum(demand.tree * server + _cheaper(demand, server, link) for demand in demands)
        if seconds > max(best):
            best = (seconds, 0.0) if weight >= 0.5 else (0.0, seconds)
    return best


def _cheaper(demand: _Demand, server: float, link: float) -> float:
    files = sum(file.service for file in demand.files) * server + sum(file.size for file in demand.files) * link
    return files if demand.archive is None else min(files, demand.archive * link)


def _files_a_point(demands: Sequence[_Demand], truth: _Truth) -> float:
    """Return the most files that a point of the core budget can bring."""
    if truth.raw:
        return math.inf
    archives = max((len(demand.files) for demand in demands), default=0) if truth.archives else 0
    if truth.archives and any(phase.archives.redirect_points == 0 for phase in truth.phases):
        return math.inf
    return max(archives, 1 if truth.rest else 0)


def _suffices(demands: Sequence[_Demand], truth: _Truth, core: float, queries: float) -> bool:
    """Tell whether so many points of the two pools can bring everything."""
    files, left = sum(len(demand.files) for demand in demands), core - len(demands)
    if left < 0:
        return False
    each = _files_a_point(demands, truth)
    by_core = left * each if left and each else 0.0
    return by_core + (queries * truth.files_a_query if truth.graphql else 0.0) >= files


def _budget(demands: Sequence[_Demand], truth: _Truth) -> float:
    """Return when the hours begun hold enough points."""
    limits = truth.scenario.limits
    core = _Hours(limits.core, limits.remaining, limits.reset_in, truth)
    graphql = _Hours(limits.graphql, limits.graphql_remaining, limits.graphql_reset_in, truth)
    ends = {0.0} | {hours.begins(window) for hours in (core, graphql) for window in range(1, len(demands) + 100)}
    times = sorted(ends)
    return next((time for time in times if _suffices(demands, truth, core.by(time), graphql.by(time))), 0.0)


class _Hours:
    """The points of one pool, as windows begin."""

    def __init__(self, limit: int | None, remaining: int | None, reset_in: float, truth: _Truth) -> None:
        self._limit, self._reset_in = limit, reset_in
        self._share, self._unseen = truth.config.rate_limit_buffer, truth.in_flight
        self._first = limit if remaining is None else remaining

    def begins(self, window: int) -> float:
        """Return when a later window begins at the earliest."""
        return self._reset_in + (window - 1) * _HOUR

    def by(self, time: float) -> float:
        """Return the points that a run may have spent soon after a time."""
        if self._limit is None or self._first is None:
            return math.inf
        later = 0 if time < self._reset_in else 1 + math.floor((time - self._reset_in) / _HOUR)
        return self._usable(self._first) + later * self._usable(self._limit)

    def _usable(self, left: int) -> int:
        # Before an answer has told what is left, only the ceiling bounds the calls that leave.
        return min(left, max(1, math.floor(self._share * left), self._unseen))


def _minute(demands: Sequence[_Demand], truth: _Truth) -> float:
    """Return when the minutes begun hold enough points."""
    limits = truth.scenario.limits
    core, graphql = limits.points_per_minute or math.inf, limits.graphql_points_per_minute or math.inf
    minutes = next(n for n in count() if _suffices(demands, truth, core * (n + 1), graphql * (n + 1)))
    return minutes * _MINUTE


def _cpu(demands: Sequence[_Demand], truth: _Truth) -> float:
    """Return when the minutes begun hold enough CPU seconds."""
    limits = truth.scenario.limits
    files = 0.0 if truth.archives else sum(file.cpu for demand in demands for file in demand.files)
    seconds = files + limits.cpu_share * sum(demand.tree for demand in demands)
    return max(0, math.ceil(seconds / (limits.cpu_seconds_per_minute or math.inf)) - 1) * _MINUTE
