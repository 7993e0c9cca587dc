"""The five strategies: each is a policy object, one point of the same engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.control.budget import Pacing
from batchlab.control.concurrency import ConcurrencyController, FixedLimit, RateKnee

REST_POINTS_A_MINUTE = 900  # https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api


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
    whole_minutes
        True spends a minute limit in full where ``rate_limit_buffer`` would keep a part of it.
    """

    name: str
    ceiling: Callable[[BatchConfig], int]
    controller: Callable[[int], ConcurrencyController]
    pacing: Pacing
    whole_minutes: bool = False

    def minute_points(self, config: BatchConfig) -> int:
        """Return the REST points that a run may send within a minute."""
        share = 1.0 if self.whole_minutes else config.rate_limit_buffer
        return max(1, int(share * REST_POINTS_A_MINUTE))


SLOW_START = 8


def _one(config: BatchConfig) -> int:
    return 1


def _up_to_four(config: BatchConfig) -> int:
    return min(4, config.max_concurrent_requests)


def _maximum(config: BatchConfig) -> int:
    return config.max_concurrent_requests


def _learned(ceiling: int) -> RateKnee:
    return RateKnee(SLOW_START, ceiling)


POLICIES = {
    BatchStrategy.SEQUENTIAL: Policy("sequential", _one, FixedLimit, Pacing.NONE),
    BatchStrategy.CONSERVATIVE: Policy("conservative", _up_to_four, FixedLimit, Pacing.ALWAYS),
    BatchStrategy.PARALLEL: Policy("parallel", _maximum, FixedLimit, Pacing.SCARCE),
    BatchStrategy.AGGRESSIVE: Policy("aggressive", _maximum, FixedLimit, Pacing.NONE, whole_minutes=True),
    BatchStrategy.ADAPTIVE: Policy("adaptive", _maximum, _learned, Pacing.SCARCE),
}
