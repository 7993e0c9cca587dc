"""What ADAPTIVE is measured against: fixed limits, AIMD, Gradient2, and the static arms that oracles are chosen from.

Baselines share ADAPTIVE's plan, batch size and pacing, so that a table shows what the concurrency loop is worth; a
static arm learns nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.control.batch_size import FixedSize
from batchlab.control.budget import Pacing
from batchlab.control.concurrency import Completion, FixedLimit, LimitChange
from batchlab.control.policies import POLICIES, Policy
from batchlab.study.arms import Arm

# Netflix's defaults of both: limits start at 20 and stay between 20 and 200.
_INITIAL, _LEAST, _MOST = 20, 20, 200


class Aimd:
    """Add one to the limit after each call, and take a tenth off after one that failed or took over five seconds.

    Parameters
    ----------
    ceiling
        Highest limit, in calls.

    References
    ----------
    Netflix concurrency-limits, AIMDLimit: https://github.com/Netflix/concurrency-limits
    """

    BACKOFF = 0.9
    TIMEOUT = 5.0  # seconds

    def __init__(self, ceiling: int) -> None:
        self._ceiling = ceiling
        self.limit = min(_INITIAL, ceiling)

    def completed(self, completion: Completion) -> LimitChange | None:
        """Add one, or take a tenth off."""
        if not completion.ok or completion.finished - completion.sent > self.TIMEOUT:
            return self._set(int(self.limit * self.BACKOFF), "a call failed or took over 5 s")
        return self._set(self.limit + 1, "a call went well")

    def throttled(self, now: float) -> LimitChange | None:
        """Take a tenth off."""
        return self._set(int(self.limit * self.BACKOFF), "a rate limit was met")

    def clamp(self, ceiling: int) -> None:
        """Follow a change of the ceiling."""
        self._ceiling = ceiling
        self.limit = min(self.limit, ceiling)

    def _set(self, limit: int, why: str) -> LimitChange | None:
        limit = int(_within(limit, self._ceiling))
        if limit == self.limit:
            return None
        self.limit = limit
        return LimitChange(limit, why)


class Gradient2:
    """Shrink the limit by as much as the present latency exceeds its long average, and leave room for a queue of 4.

    Parameters
    ----------
    ceiling
        Highest limit, in calls.

    References
    ----------
    Netflix concurrency-limits, Gradient2Limit: https://github.com/Netflix/concurrency-limits
    """

    TOLERANCE = 1.5
    QUEUE = 4
    SMOOTHING = 0.2
    WINDOW, WARM_UP = 600, 10  # samples of the long average

    def __init__(self, ceiling: int) -> None:
        self._ceiling = ceiling
        self.limit = min(_INITIAL, ceiling)
        self._estimate = float(self.limit)
        self._long = 0.0
        self._samples = 0

    def completed(self, completion: Completion) -> LimitChange | None:
        """Compare a call's latency with the long average."""
        short = completion.finished - completion.sent
        if short <= 0.0:
            return None
        average = self._average(short)
        if average / short > 2.0:
            self._long *= 0.95
        gradient = max(0.5, min(1.0, self.TOLERANCE * average / short))
        wanted = self._estimate * gradient + self.QUEUE
        return self._set(self._estimate * (1 - self.SMOOTHING) + wanted * self.SMOOTHING)

    def _average(self, sample: float) -> float:
        self._samples += 1
        weight = 1 / self._samples if self._samples <= self.WARM_UP else 2 / (self.WINDOW + 1)
        self._long += (sample - self._long) * weight
        return self._long

    def throttled(self, now: float) -> LimitChange | None:
        """Change nothing: it reacts to latency alone."""
        return None

    def clamp(self, ceiling: int) -> None:
        """Follow a change of the ceiling."""
        self._ceiling = ceiling
        self._set(self._estimate)

    def _set(self, estimate: float) -> LimitChange | None:
        self._estimate = _within(estimate, self._ceiling)
        before, self.limit = self.limit, int(self._estimate)
        return None if self.limit == before else LimitChange(self.limit, "latency against its long average")


def _within(limit: float, ceiling: int) -> float:
    return min(max(limit, _LEAST), _MOST, ceiling)


@dataclass(frozen=True)
class AtMost:
    """The ceiling of a policy that has one of its own."""

    calls: int

    def __call__(self, config: BatchConfig) -> int:
        """Return the ceiling under a configuration."""
        return min(self.calls, config.max_concurrent_requests)


@dataclass(frozen=True)
class FilesACall:
    """The batch size of a policy that has one of its own."""

    files: int

    def __call__(self, config: BatchConfig) -> FixedSize:
        """Return the controller under a configuration."""
        return FixedSize(self.files)


def baselines() -> list[Policy]:
    """Return fixed limits of 8, 16, 32 and 64, AIMD and Gradient2.

    Examples
    --------
    >>> [policy.name for policy in baselines()]
    ['fixed-8', 'fixed-16', 'fixed-32', 'fixed-64', 'aimd', 'gradient2']
    """
    like = replace(POLICIES[BatchStrategy.ADAPTIVE], resumed=None)
    fixed = [
        replace(like, name=f"fixed-{calls}", ceiling=AtMost(calls), controller=FixedLimit) for calls in (8, 16, 32, 64)
    ]
    return [*fixed, replace(like, name="aimd", controller=Aimd), replace(like, name="gradient2", controller=Gradient2)]


CONCURRENCIES = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
BATCH_SIZES = (5, 10, 25, 50, 100)


def static_arm(concurrency: int, route: str, files: int, config: BatchConfig) -> Arm:
    """Return an arm that keeps one limit, one route and one batch size throughout.

    Parameters
    ----------
    concurrency
        Calls in flight.
    route
        A route's name; what it cannot bring goes by blobs.
    files
        Files a call.
    config
        Everything else.
    """
    name = f"{route}-{files}-c{concurrency}" if files > 1 else f"{route}-c{concurrency}"
    policy = Policy(
        name,
        AtMost(concurrency),
        FixedLimit,
        Pacing.SCARCE,
        FilesACall(files),
        archives=route == "tarball",
    )
    return Arm(name, policy, BatchConfig(**(config.to_dict() | {"routes": (route, "blobs")})))


def static_arms(
    config: BatchConfig,
    concurrencies: Sequence[int] = CONCURRENCIES,
    batch_sizes: Iterable[int] = BATCH_SIZES,
) -> list[Arm]:
    """Return the grid of static arms, concurrency x (route, batch size), within a configuration's bounds."""
    ways = [("blobs", 1), *(("graphql", files) for files in batch_sizes), ("tarball", 1)]
    allowed = [(route, files) for route, files in ways if route in config.routes and files <= config.max_batch_size]
    limits = [calls for calls in concurrencies if calls <= config.max_concurrent_requests]
    return [static_arm(calls, route, files, config) for (route, files), calls in product(allowed, limits)]
