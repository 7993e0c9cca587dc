from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_models import FileInfo, NetworkConditions
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.control.budget import Pacing
from batchlab.control.concurrency import FixedLimit
from batchlab.control.policies import POLICIES, Policy
from batchlab.errors import ConfigError

files = st.lists(st.builds(FileInfo, st.just("f"), size=st.none() | st.integers(0, 10**9)), max_size=300)
networks = st.none() | st.builds(
    NetworkConditions, latency=st.floats(0, 10), bandwidth=st.floats(1, 1e9), error_rate=st.floats(0, 1)
)


@st.composite
def configs(draw: st.DrawFn) -> BatchConfig:
    low, middle, high = sorted(draw(st.lists(st.integers(1, 250), min_size=3, max_size=3)))
    return BatchConfig(min_batch_size=low, default_batch_size=middle, max_batch_size=high)


@given(configs(), files, st.none() | st.integers(0, 5000), networks)
def test_a_batch_size_is_always_within_its_bounds(
    config: BatchConfig, asked: list[FileInfo], left: int | None, network: NetworkConditions | None
) -> None:
    size = BatchStrategyManager(config).calculate_optimal_batch_size(asked, left, network)
    assert config.min_batch_size <= size <= config.max_batch_size


@given(st.integers(1, 250), st.integers(1, 5000), networks)
def test_batches_grow_until_the_calls_left_suffice(number: int, left: int, network: NetworkConditions | None) -> None:
    manager = BatchStrategyManager(BatchConfig(default_batch_size=250, max_batch_size=250))
    size = manager.calculate_optimal_batch_size([FileInfo("f", size=1000)] * number, left, network)
    assert -(-number // size) <= max(left, 1)


@given(st.integers(1, 10**7), st.floats(0, 0.9), st.floats(0, 1.9))
def test_larger_files_more_errors_and_slower_links_never_make_batches_larger(
    size: int, errors: float, latency: float
) -> None:
    manager = BatchStrategyManager(BatchConfig(max_batch_size=250))

    def chosen(size: int, network: NetworkConditions | None) -> int:
        return manager.calculate_optimal_batch_size([FileInfo("f", size=size)] * 250, None, network)

    fast, slow = NetworkConditions(latency, 1e6), NetworkConditions(latency + 0.1, 1e5, errors)
    assert chosen(size, slow) <= chosen(size, fast) <= chosen(size, None)
    assert chosen(2 * size, fast) <= chosen(size, fast)


@given(st.lists(st.sampled_from(["src/a.py", "go.mod", "x/go.sum", "yarn.lock", "README.md", "x/b.py"])))
def test_prioritising_reorders_and_neither_adds_nor_drops(paths: list[str]) -> None:
    ranked = BatchStrategyManager().prioritize_files(paths, ["b.py", "absent.txt"])
    assert sorted(file.path for file in ranked) == sorted(paths)
    assert [file.priority for file in ranked] == sorted((file.priority for file in ranked), reverse=True)
    for priority in {file.priority for file in ranked}:
        equals = [file.path for file in ranked if file.priority == priority]
        assert equals == [path for path in paths if path in equals]


def test_what_was_asked_for_first_comes_first_then_lockfiles_then_manifests() -> None:
    paths = ["src/a.py", "go.mod", "x/go.sum", "docs/b.md"]
    ranked = BatchStrategyManager().prioritize_files(paths, ["b.md"])
    assert [file.path for file in ranked] == ["docs/b.md", "x/go.sum", "go.mod", "src/a.py"]
    assert all(file.reason for file in ranked)
    off = BatchStrategyManager(BatchConfig(enable_file_prioritization=False)).prioritize_files(paths, ["b.md"])
    assert [file.path for file in off] == ["docs/b.md", "src/a.py", "go.mod", "x/go.sum"]


def test_a_strategy_is_meant_by_value_name_or_policy() -> None:
    manager = BatchStrategyManager(BatchConfig(default_strategy="sequential"))
    own = Policy("own", lambda config: 7, FixedLimit, Pacing.NONE)
    assert manager.policy(own) is own
    assert manager.policy().name == "sequential"
    for strategy in BatchStrategy:
        assert manager.policy(strategy) is manager.policy(strategy.value.upper()) is POLICIES[strategy]
    with pytest.raises(ConfigError, match="unknown strategy 'fastest'"):
        manager.policy("fastest")
