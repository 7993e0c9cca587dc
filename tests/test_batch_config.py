from __future__ import annotations

import copy
import dataclasses
import math
import pickle
import sys
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_config import FIELDS, ROUTE_NAMES, BatchConfig, BatchStrategy
from batchlab.errors import ConfigError

DOCUMENTED = {
    "max_concurrent_requests": 10,
    "max_concurrent_repos": 3,
    "default_batch_size": 10,
    "max_batch_size": 50,
    "min_batch_size": 1,
    "rate_limit_buffer": 0.8,
    "retry_attempts": 3,
    "retry_delay_base": 1.0,
    "max_memory_usage_mb": 500,
    "stream_large_files_threshold": 1024 * 1024,
    "default_strategy": BatchStrategy.ADAPTIVE,
    "enable_cross_repo_batching": True,
    "enable_file_prioritization": True,
    "enable_performance_monitoring": True,
    "log_batch_metrics": False,
}
NUMBERS = [name for name, field in FIELDS.items() if field.metadata["kind"] in (int, float)]
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.text(max_size=8))
)


def _plausible(name: str) -> st.SearchStrategy[Any]:
    kind, bounds = FIELDS[name].metadata["kind"], FIELDS[name].metadata["range"]
    if kind is int:
        return st.integers(bounds[0], bounds[1])
    if kind is float:
        return st.floats(bounds[0], bounds[1])
    if kind is bool:
        return st.booleans()
    return st.sampled_from(BatchStrategy if kind is BatchStrategy else ROUTE_NAMES)


CHANGES = st.lists(
    st.sampled_from(sorted(FIELDS)).flatmap(lambda name: st.tuples(st.just(name), _plausible(name) | ANYTHING)),
    max_size=4,
).map(dict)


def test_the_defaults_are_the_documented_ones_and_come_first() -> None:
    settings = BatchConfig().to_dict()
    assert list(settings)[: len(DOCUMENTED)] == list(DOCUMENTED)
    assert {name: settings[name] for name in DOCUMENTED} == DOCUMENTED


def test_the_lab_is_roomy_and_may_still_be_changed() -> None:
    lab = BatchConfig.lab(max_batch_size=60)
    assert (lab.max_concurrent_requests, lab.max_concurrent_repos, lab.max_batch_size) == (96, 96, 60)


@given(st.lists(CHANGES, max_size=8))
def test_whatever_is_tried_the_configuration_stays_valid_and_changes_wholly_or_not_at_all(
    attempts: list[dict[str, Any]],
) -> None:
    config = BatchConfig()
    for changes in attempts:
        before = config.to_dict()
        try:
            config.update(**changes)
        except ConfigError:
            assert config.to_dict() == before
        untouched = before.keys() - changes.keys()
        assert {name: config.to_dict()[name] for name in untouched} == {n: before[n] for n in untouched}
        assert BatchConfig(**config.to_dict()) == config


@pytest.mark.parametrize("name", NUMBERS)
def test_both_ends_of_a_range_are_accepted_and_what_lies_beyond_is_not(name: str) -> None:
    low, high = FIELDS[name].metadata["range"]
    wide = {"min_batch_size": 1, "default_batch_size": 1, "max_batch_size": 250}
    wide |= {"default_batch_size": 250} if name == "min_batch_size" else {}
    for value in (low, high):
        assert getattr(BatchConfig(**(wide | {name: value})), name) == value
    for value in (low - 1, high + 1, 10**400, -(10**400)):
        with pytest.raises(ConfigError, match=name):
            BatchConfig(**{name: value})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["10", True, [1], 1j, math.nan, math.inf, {}])
def test_what_is_no_number_in_range_is_refused_with_name_range_and_value(name: str, value: object) -> None:
    low, high = FIELDS[name].metadata["range"]
    with pytest.raises(ConfigError) as caught:
        BatchConfig(**{name: value})  # type: ignore[arg-type]
    assert all(part in str(caught.value) for part in (name, f"{low} to {high}", repr(value)))


def test_a_whole_number_is_not_half_a_number() -> None:
    with pytest.raises(ConfigError, match="a whole number from 1 to 100"):
        BatchConfig(max_concurrent_requests=2.5)  # type: ignore[arg-type]


def test_only_a_field_that_defaults_to_none_takes_none() -> None:
    assert BatchConfig(max_wait=None).max_wait is None
    with pytest.raises(ConfigError, match="retry_delay_base"):
        BatchConfig(retry_delay_base=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [1, 0, "yes", None])
def test_a_switch_takes_only_true_and_false(value: object) -> None:
    with pytest.raises(ConfigError, match="log_batch_metrics takes True or False"):
        BatchConfig(log_batch_metrics=value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "low", "high"),
    [
        ({"min_batch_size": 11}, "min_batch_size (11)", "default_batch_size (10)"),
        ({"default_batch_size": 51}, "default_batch_size (51)", "max_batch_size (50)"),
        ({"max_batch_size": 9}, "default_batch_size (10)", "max_batch_size (9)"),
    ],
)
def test_a_broken_pair_is_refused_by_both_names(changes: dict[str, int], low: str, high: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BatchConfig().update(**changes)
    assert low in str(caught.value)
    assert high in str(caught.value)


def test_a_pair_can_be_moved_together_where_neither_could_move_alone() -> None:
    config = BatchConfig()
    config.update(min_batch_size=60, default_batch_size=80, max_batch_size=100)
    assert (config.min_batch_size, config.default_batch_size, config.max_batch_size) == (60, 80, 100)


def test_an_unknown_setting_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="did you mean 'max_batch_size'"):
        BatchConfig().update(max_batchsize=3)
    with pytest.raises(ConfigError, match="unknown setting 'colour'"):
        BatchConfig().colour = "red"  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["adaptive", "ADAPTIVE", BatchStrategy.ADAPTIVE])
def test_a_strategy_may_be_named(name: BatchStrategy | str) -> None:
    assert BatchConfig(default_strategy=name).default_strategy is BatchStrategy.ADAPTIVE  # type: ignore[arg-type]


def test_an_unknown_strategy_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="did you mean 'aggressive'") as caught:
        BatchStrategy.parse("agressive")
    assert all(strategy.value in str(caught.value) for strategy in BatchStrategy)


@pytest.mark.parametrize("routes", [["contents", "blobs"], {"blobs", "contents"}, ("blobs", "contents", "blobs")])
def test_routes_are_a_choice_without_an_order(routes: Any) -> None:
    assert BatchConfig(routes=routes).routes == ("blobs", "contents")


def test_one_route_may_be_given_by_its_name() -> None:
    assert BatchConfig(routes="blobs").routes == ("blobs",)  # type: ignore[arg-type]


@pytest.mark.parametrize("routes", [None, 5, [], "", "pigeon", ["blobs", None], b"blobs"])
def test_routes_that_are_none_are_answered_with_the_accepted_ones(routes: Any) -> None:
    with pytest.raises(ConfigError, match="accepted: blobs, contents"):
        BatchConfig(routes=routes)


def test_all_routes_but_raw_are_the_usual_ones() -> None:
    assert BatchConfig().routes == ("blobs", "contents", "graphql", "tarball")


def test_raw_is_a_route_only_where_it_is_allowed() -> None:
    config = BatchConfig(routes=("raw", "blobs"), allow_raw=True)
    assert config.routes == ("blobs", "raw")
    with pytest.raises(ConfigError, match="routes names 'raw', but allow_raw is False; set both in one update"):
        config.allow_raw = False
    assert config.allow_raw
    with pytest.raises(ConfigError, match="allow_raw"):
        BatchConfig(routes="raw")  # type: ignore[arg-type]


def test_the_description_covers_every_field() -> None:
    described = BatchConfig.describe()
    assert [record["name"] for record in described] == list(FIELDS)
    assert all(record["help"] and record["section"] and record["key"] for record in described)
    places = [(record["section"], record["key"]) for record in described]
    assert len(set(places)) == len(places)


def test_subscribers_are_told_what_changed_and_only_that() -> None:
    config, told = BatchConfig(), []
    config.subscribe(told.append)
    config.update(retry_attempts=5, max_batch_size=50)
    config.retry_attempts = 5
    config.log_batch_metrics = True
    assert told == [{"retry_attempts": (3, 5)}, {"log_batch_metrics": (False, True)}]


def test_a_refused_change_is_told_to_nobody() -> None:
    config, told = BatchConfig(), []
    config.subscribe(told.append)
    with pytest.raises(ConfigError):
        config.update(retry_attempts=5, max_batch_size=0)
    assert told == []


def test_a_subscription_ends_when_asked_and_asking_twice_is_harmless() -> None:
    config, told = BatchConfig(), []
    stop = config.subscribe(told.append)
    stop()
    stop()
    config.retry_attempts = 5
    assert told == []


def test_a_subscriber_may_change_the_configuration_again() -> None:
    config = BatchConfig()
    config.subscribe(lambda changes: config.update(max_batch_size=60) if "retry_attempts" in changes else None)
    config.retry_attempts = 5
    assert config.max_batch_size == 60


def test_a_snapshot_is_frozen_and_keeps_its_values() -> None:
    config = BatchConfig()
    snapshot = config.snapshot()
    config.retry_attempts = 5
    assert snapshot.retry_attempts == 3
    with pytest.raises(ConfigError, match="a snapshot cannot be changed"):
        snapshot.retry_attempts = 4


def test_the_same_snapshot_serves_until_something_changes() -> None:
    config = BatchConfig()
    first = config.snapshot()
    assert config.snapshot() is first
    config.retry_attempts = 5
    assert config.snapshot().retry_attempts == 5


@pytest.mark.parametrize(
    "same",
    [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c)), dataclasses.replace],
    ids=["copy", "deepcopy", "pickle", "replace"],
)
def test_subscribers_and_lock_do_not_travel(same: Any) -> None:
    config, told = BatchConfig(retry_attempts=5), []
    config.subscribe(told.append)
    twin = same(config)
    assert twin == config
    twin.retry_attempts = 6
    assert told == []
    assert config.retry_attempts == 5


def test_settings_alone_are_compared_shown_and_listed() -> None:
    config, other = BatchConfig(), BatchConfig()
    config.subscribe(lambda changes: None)
    assert config == other
    assert dataclasses.asdict(config) == config.to_dict() == other.to_dict()
    assert repr(config) == repr(other)


def test_a_copy_of_a_snapshot_may_be_changed() -> None:
    thawed = copy.copy(BatchConfig().snapshot())
    thawed.retry_attempts = 7
    assert thawed.retry_attempts == 7


def _hammer(work: list[Any]) -> list[BaseException]:
    """Run each callable a few hundred times on a thread of its own; return what they raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(len(work))

    def repeat(act: Any) -> None:
        start.wait()
        try:
            for _ in range(300):
                act()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=repeat, args=(act,)) for act in work]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(usual)
    return raised


def test_no_thread_ever_sees_half_a_change() -> None:
    """The two states share no valid mixture: every reader that copies or snapshots would fail on one."""
    config = BatchConfig()
    low = {"min_batch_size": 1, "default_batch_size": 2, "max_batch_size": 3}
    high = {"min_batch_size": 100, "default_batch_size": 200, "max_batch_size": 250}
    config.update(**low)

    def look() -> None:
        for seen in (config.snapshot().to_dict(), config.to_dict(), copy.copy(config).to_dict()):
            assert {name: seen[name] for name in low} in (low, high)

    raised = _hammer([lambda: config.update(**low), lambda: config.update(**high), look, look])
    assert raised == []


def test_changes_of_many_threads_are_all_told() -> None:
    config, told = BatchConfig(), []
    config.subscribe(told.append)

    def toggle(name: str) -> Any:
        return lambda: config.update(**{name: not getattr(config, name)})

    switches = ["log_batch_metrics", "fold_duplicates", "use_cache"]
    assert _hammer([toggle(name) for name in switches]) == []
    for name in switches:
        assert sum(name in changes for changes in told) == 300
