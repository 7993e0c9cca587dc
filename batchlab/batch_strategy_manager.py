"""Plan: which policy, which route, how many files a call, and in what order. Reads nothing, sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_models import FileInfo, NetworkConditions, PrioritizedFile
from batchlab.control.policies import POLICIES, Policy
from batchlab.patterns import PathFilter
from batchlab.routes import ROUTES, Route, WantedFile

TARGET_BYTES = 1_000_000  # of one call's answer
TARGET_SECONDS = 2.0  # of one call
USUAL_SIZE = 2_000  # bytes of a manifest whose size is not known
LOCKFILES = PathFilter(("*.lock", "*-lock.*", "*.lock.*", "go.sum", "npm-shrinkwrap.json"))
USUAL_MANIFESTS = PathFilter()
ASKED_FIRST, LOCKFILE, MANIFEST, OTHER = 100, 20, 10, 0


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

    def route_for(self, files: Sequence[WantedFile], by_sha: bool = False) -> Route:
        """Return the cheapest allowed route for these files: fewest points, then the order of ``config.routes``."""
        allowed = [ROUTES[name] for name in self.config.routes]
        exact = [route for route in allowed if route.by_sha] if by_sha else []
        return min(exact or allowed, key=lambda route: route.price(files).points)

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
