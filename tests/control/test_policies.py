from __future__ import annotations

import pytest

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.control.budget import Pacing
from batchlab.control.concurrency import Completion
from batchlab.control.policies import POLICIES, SLOW_START


def test_every_strategy_has_its_policy_under_its_own_name() -> None:
    assert set(POLICIES) == set(BatchStrategy)
    assert all(policy.name == strategy.value for strategy, policy in POLICIES.items())


@pytest.mark.parametrize(
    ("strategy", "allowed", "ceiling"),
    [
        (BatchStrategy.SEQUENTIAL, 30, 1),
        (BatchStrategy.CONSERVATIVE, 30, 4),
        (BatchStrategy.CONSERVATIVE, 2, 2),
        (BatchStrategy.PARALLEL, 30, 30),
        (BatchStrategy.AGGRESSIVE, 30, 30),
        (BatchStrategy.ADAPTIVE, 30, 30),
    ],
)
def test_the_ceiling_is_as_documented_and_never_above_the_configured_maximum(
    strategy: BatchStrategy, allowed: int, ceiling: int
) -> None:
    policy, config = POLICIES[strategy], BatchConfig(max_concurrent_requests=allowed)
    assert policy.ceiling(config) == ceiling
    assert policy.controller(ceiling).limit <= ceiling


@pytest.mark.parametrize("strategy", [one for one in BatchStrategy if one is not BatchStrategy.ADAPTIVE])
def test_a_fixed_strategy_starts_at_its_ceiling_and_stays(strategy: BatchStrategy) -> None:
    policy = POLICIES[strategy]
    ceiling = policy.ceiling(BatchConfig())
    controller = policy.controller(ceiling)
    for number in range(100):
        controller.completed(Completion(number, number + 0.1, ok=True))
    assert controller.limit == ceiling


@pytest.mark.parametrize(("ceiling", "start"), [(96, SLOW_START), (3, 3)])
def test_adaptive_starts_small_and_never_above_its_ceiling(ceiling: int, start: int) -> None:
    assert POLICIES[BatchStrategy.ADAPTIVE].controller(ceiling).limit == start


def test_only_the_conservative_strategy_spreads_its_calls_from_the_start() -> None:
    always = [strategy for strategy, policy in POLICIES.items() if policy.pacing is Pacing.ALWAYS]
    assert always == [BatchStrategy.CONSERVATIVE]


def test_only_the_aggressive_strategy_spends_whole_minutes() -> None:
    config = BatchConfig(rate_limit_buffer=0.5)
    shares = {strategy: policy.minute_share(config) for strategy, policy in POLICIES.items()}
    assert shares.pop(BatchStrategy.AGGRESSIVE) == 1.0
    assert set(shares.values()) == {0.5}


@pytest.mark.parametrize(
    ("strategy", "files"),
    [
        (BatchStrategy.SEQUENTIAL, 1),
        (BatchStrategy.CONSERVATIVE, 10),
        (BatchStrategy.PARALLEL, 1),
        (BatchStrategy.AGGRESSIVE, 50),
        (BatchStrategy.ADAPTIVE, 10),
    ],
)
def test_a_call_starts_with_the_documented_number_of_files(strategy: BatchStrategy, files: int) -> None:
    assert POLICIES[strategy].batch_size(BatchConfig()).size == files
