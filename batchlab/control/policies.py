"""The five strategies: each is a policy object, one point of the same engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.control.batch_size import BatchSizeController, FixedSize, LearnedSize
from batchlab.control.budget import Pacing
from batchlab.control.concurrency import ConcurrencyController, FixedLimit
from batchlab.control.rate_knee import RateKnee


def _one_file(config: BatchConfig) -> FixedSize:
    return FixedSize(1)


@dataclass(frozen=True)
class Policy:
    """What a strategy decides.

    Parameters
    ----------
    name
        As it appears in frames, tables and legends.
    ceiling
        From a configuration to the most calls in flight.
    controller
        From that ceiling to what sets the limit during the run.
    pacing
        When calls are spread over time.
    batch_size
        From a configuration to what sets the files a call, on routes that carry several.
    plans
        Whether routes are chosen by predicting the rest of the run, archives among them.
    archives
        Whether a policy that does not predict fetches every repository whole where it may.
    whole_minutes
        True spends a minute limit in full where ``rate_limit_buffer`` would keep a part of it.
    resumed
        From the ceiling and the limit that an earlier run kept to, to what sets the limit; None for a policy that
        begins with nothing that an earlier run has learned.
    """

    name: str
    ceiling: Callable[[BatchConfig], int]
    controller: Callable[[int], ConcurrencyController]
    pacing: Pacing
    batch_size: Callable[[BatchConfig], BatchSizeController] = _one_file
    plans: bool = False
    archives: bool = False
    whole_minutes: bool = False
    resumed: Callable[[int, int], ConcurrencyController] | None = None

    def limits(self, config: BatchConfig, recalled: int | None = None) -> ConcurrencyController:
        """Return what sets the limit during a run; ``recalled`` is the limit that an earlier run kept to, if any."""
        ceiling = self.ceiling(config)
        if recalled is None or self.resumed is None:
            return self.controller(ceiling)
        return self.resumed(ceiling, recalled)

    def minute_share(self, config: BatchConfig) -> float:
        """Return the share of each minute limit that a run may spend."""
        return 1.0 if self.whole_minutes else config.rate_limit_buffer


SLOW_START = 8


def _one(config: BatchConfig) -> int:
    return 1


def _up_to_four(config: BatchConfig) -> int:
    return min(4, config.max_concurrent_requests)


def _maximum(config: BatchConfig) -> int:
    return config.max_concurrent_requests


def _learned(ceiling: int) -> RateKnee:
    return RateKnee(SLOW_START, ceiling)


def _learned_before(ceiling: int, limit: int) -> RateKnee:
    # Slow start goes on from there: one look beyond, since the host may bear more by now.
    start = max(1, min(limit, ceiling))
    return RateKnee(start, ceiling, opening=start)


def _small_batches(config: BatchConfig) -> FixedSize:
    return FixedSize(config.default_batch_size)


def _largest_batches(config: BatchConfig) -> FixedSize:
    return FixedSize(config.max_batch_size)


def _learned_batches(config: BatchConfig) -> LearnedSize:
    return LearnedSize(config.default_batch_size, config.min_batch_size, config.max_batch_size)


_ALL = (
    Policy("sequential", _one, FixedLimit, Pacing.NONE, _one_file),
    Policy("conservative", _up_to_four, FixedLimit, Pacing.ALWAYS, _small_batches),
    Policy("parallel", _maximum, FixedLimit, Pacing.SCARCE, _one_file),
    Policy("aggressive", _maximum, FixedLimit, Pacing.NONE, _largest_batches, whole_minutes=True),
    Policy("adaptive", _maximum, _learned, Pacing.SCARCE, _learned_batches, plans=True, resumed=_learned_before),
)
POLICIES = {BatchStrategy(policy.name): policy for policy in _ALL}
