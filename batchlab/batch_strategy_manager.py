"""Plan: which policy, which route, how many files a call, and in what order. Reads nothing, sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_models import CrossRepoBatch, FileInfo, NetworkConditions, PrioritizedFile, Repository
from batchlab.control.policies import POLICIES, Policy
from batchlab.engine.cross_repository import assumed_files, shared_blobs, shared_calls
from batchlab.patterns import PathFilter
from batchlab.resource_manager import MEGABYTE
from batchlab.routes import ROUTES, Route, WantedFile

TARGET_BYTES = 1_000_000  # of one call's answer
TARGET_SECONDS = 2.0  # of one call
USUAL_SIZE = 2_000  # bytes of a manifest whose size is not known
LOCKFILES = PathFilter(("*.lock", "*-lock.*", "*.lock.*", "go.sum", "npm-shrinkwrap.json"))
USUAL_MANIFESTS = PathFilter()
ASKED_FIRST, LOCKFILE, MANIFEST, OTHER = 100, 20, 10, 0


class RouteChoice(Protocol):
    """How files had better travel: decided by a policy's nature, or from what a run has measured."""

    def several(self, files: Sequence[WantedFile]) -> bool:
        """Return whether these files had better travel many a call."""
        ...

    def archive(self, files: Sequence[WantedFile], several: bool) -> bool:
        """Return whether they had better travel as a whole archive; ``several`` says how they would otherwise."""
        ...


@dataclass(frozen=True)
class ChoiceByPolicy:
    """The choice of a policy that does not measure.

    Parameters
    ----------
    files_a_call
        Files that one call carries under the policy.
    archives
        Whether every repository is fetched whole.
    """

    files_a_call: int
    archives: bool = False

    def several(self, files: Sequence[WantedFile]) -> bool:
        """Return whether the policy carries several files a call."""
        return self.files_a_call > 1

    def archive(self, files: Sequence[WantedFile], several: bool) -> bool:
        """Return whether the policy fetches repositories whole."""
        return self.archives


class Group(NamedTuple):
    """Files that one route brings, by their places in the list that was planned."""

    route: Route
    places: list[int]


class BatchStrategyManager:
    """Decides how a batch is made up.

    Parameters
    ----------
    config
        Settings; the documented defaults unless given.

    Examples
    --------
    >>> manager = BatchStrategyManager()
    >>> [f.path for f in manager.prioritize_files(["src/a.py", "package.json", "yarn.lock"])]
    ['yarn.lock', 'package.json', 'src/a.py']
    """

    def __init__(self, config: BatchConfig | None = None) -> None:
        self.config = config if config is not None else BatchConfig()
        self._seen: dict[tuple[str, str | None], Sequence[WantedFile]] = {}

    def policy(self, strategy: BatchStrategy | str | Policy | None = None) -> Policy:
        """Return the policy of a strategy; a policy stands for itself, None for ``default_strategy``.

        Raises
        ------
        ConfigError
            No strategy has that name.
        """
        if isinstance(strategy, Policy):
            return strategy
        return POLICIES[BatchStrategy.parse(self.config.default_strategy if strategy is None else strategy)]

    def plan(
        self, files: Sequence[WantedFile], choice: RouteChoice, unavailable: Set[str] = frozenset()
    ) -> list[Group]:
        """Decide which route brings which files of one repository.

        Parameters
        ----------
        files
            Files to fetch, of one repository.
        choice
            Whether a call had better carry several files, or a whole repository.
        unavailable
            Names of routes that are out of the question, because they failed or need a token.

        Returns
        -------
        list of Group
            Routes with the places of their files in ``files``. A file that no allowed route takes is in none.
        """
        allowed = [ROUTES[name] for name in self.config.routes if name not in unavailable]
        archives = [route for route in allowed if route.whole_repository]
        queries = any(route.most_files > 1 and not route.whole_repository for route in allowed)
        several = queries and choice.several(files)
        routes = [self._route_of(file, allowed, several) for file in files]
        # An archive that is not the better way is better than none.
        if archives and files and self._fit_into_memory(files) and (None in routes or choice.archive(files, several)):
            return [Group(archives[0], list(range(len(files))))]
        return [Group(route, [place]) for place, route in enumerate(routes) if route is not None]

    def _fit_into_memory(self, files: Sequence[WantedFile]) -> bool:
        # All that is wanted of an archive is held until its end.
        return sum(file.size for file in files) <= self.config.max_memory_usage_mb * MEGABYTE

    def _route_of(self, file: WantedFile, allowed: Sequence[Route], several: bool) -> Route | None:
        takers = [route for route in allowed if not route.whole_repository and route.takes(file)]
        large = file.size > self.config.stream_large_files_threshold
        # A call for one file is dearest through a route made for many, and the other way round.
        return min(takers, key=lambda r: (r.most_files > 1) != (several and not large), default=None)

    def calculate_optimal_batch_size(
        self,
        files: Sequence[FileInfo],
        rate_limit_remaining: int | None = None,
        network_conditions: NetworkConditions | None = None,
    ) -> int:
        """Return the files to put into one call.

        Parameters
        ----------
        files
            The files to fetch; their sizes decide how many fit into about a megabyte.
        rate_limit_remaining
            Calls left; when fewer than the files, batches grow so that the calls suffice.
        network_conditions
            Bandwidth bounds the bytes that arrive within about two seconds; the error rate shrinks a batch, because
            a failed call costs all its files.

        Returns
        -------
        int
            Between ``min_batch_size`` and ``max_batch_size``.
        """
        low, high = self.config.min_batch_size, self.config.max_batch_size
        if not files:
            return low
        size = min(self._fitting(files, network_conditions), len(files))
        if rate_limit_remaining is not None and rate_limit_remaining < len(files):
            size = max(size, -(-len(files) // max(1, rate_limit_remaining)))
        return max(low, min(high, size))

    def _fitting(self, files: Sequence[FileInfo], network: NetworkConditions | None) -> int:
        mean = sum(USUAL_SIZE if f.size is None else f.size for f in files) / len(files)
        room = float(TARGET_BYTES)
        share_of_good_calls = 1.0
        if network is not None:
            room = min(room, network.bandwidth * max(0.0, TARGET_SECONDS - network.latency))
            share_of_good_calls = 1.0 - min(1.0, network.error_rate)
        return max(1, int(room / max(1.0, mean) * share_of_good_calls))

    def saw(self, repo: Repository, files: Sequence[WantedFile]) -> None:
        """Remember what is wanted of a repository, as its tree lists it."""
        self._seen[repo.key] = files

    def identify_cross_repo_opportunities(self, repositories: Iterable[Repository | str]) -> list[CrossRepoBatch]:
        """Return what these repositories can share, and the calls that it saves. Nothing is read for it.

        Parameters
        ----------
        repositories
            Repositories, or texts such as ``owner/name``.

        Returns
        -------
        list of CrossRepoBatch
            Of repositories whose tree was read, by the coordinator that this manager belongs to: blobs that are
            equal, then GraphQL calls that carry what remains. Of the others: calls for usual manifests, marked
            ``estimated``. What the groups save adds up.
        """
        asked: dict[tuple[str, str | None], Repository] = {}
        for repo in map(Repository.parse, repositories):
            asked.setdefault(repo.key, repo)
        seen = [file for key in asked for file in self._seen.get(key, ())]
        assumed = [file for key, repo in asked.items() if key not in self._seen for file in assumed_files(repo)]
        if "graphql" not in self.config.routes:
            return shared_blobs(seen)
        route, most = ROUTES["graphql"], self.config.max_batch_size
        return [
            *shared_blobs(seen),
            *shared_calls(seen, route, most),
            *shared_calls(assumed, route, most, estimated=True),
        ]

    def prioritize_files(self, file_paths: Iterable[str], priority_files: Iterable[str] = ()) -> list[PrioritizedFile]:
        """Return the paths with their priority, the most wanted first; equals keep their order.

        Parameters
        ----------
        file_paths
            Paths from the root.
        priority_files
            Paths or base names that come before all others; those that are absent are ignored.
        """
        first = frozenset(priority_files)
        ranked = [self._rank(path, first) for path in file_paths]
        return sorted(ranked, key=lambda file: -file.priority)

    def priority_of(self, path: str, priority_files: Set[str] = frozenset()) -> int:
        """Return the priority of one path."""
        return self._rank(path, priority_files).priority

    def _rank(self, path: str, first: Set[str]) -> PrioritizedFile:
        if path in first or path.rpartition("/")[2] in first:
            return PrioritizedFile(path, ASKED_FIRST, "asked for first")
        if not self.config.enable_file_prioritization:
            return PrioritizedFile(path, OTHER, "prioritization is off")
        if LOCKFILES(path):
            return PrioritizedFile(path, LOCKFILE, "lockfile: names what is installed")
        if USUAL_MANIFESTS(path):
            return PrioritizedFile(path, MANIFEST, "manifest: names what is wanted")
        return PrioritizedFile(path, OTHER, "other")
