"""Every field of `BatchConfig` changes what a run does, whether it is given or changed while the run is going."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from batchlab import clock
from batchlab.batch_config import FIELDS, BatchConfig
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.cache_manager import CacheManager
from batchlab.errors import ConfigError
from batchlab.hub.endpoint_families import RawFiles
from batchlab.hub.scenario import Faults, Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World

Read = Callable[..., Any]

REPOSITORIES, EACH = 6, 10
WORLD = World.build(
    {
        f"acme/{n}": {"src/main.txt": b"main %d" % n, "zz/go.sum": b"sum %d" % n}
        | {f"src/{m:02}/go.mod": b"module shared" if m == 0 else b"module %d/%d" % (n, m) for m in range(EACH - 2)}
        for n in range(REPOSITORIES)
    }
)
LARGE = World.build({"acme/large": {f"{n}.lock": bytes([65 + n]) * 300_000 for n in range(8)}})
TREES = World.build({f"acme/{n}": {"go.mod": b"module %d" % n} for n in range(12)})
CALM = Scenario("calm", latency=Latency(median=0.1))
SLOW = Scenario("slow", latency=Latency(median=0.5))
EARLY = 0.05  # seconds after which a live change is made: the first calls are under way


def limited(**limits: Any) -> Scenario:
    return Scenario("limited", latency=Latency(median=0.1), limits=Limits(**limits))


def failing(**rates: dict[str, float]) -> Scenario:
    return Scenario("failing", latency=Latency(median=0.1), faults=Faults(by_family=rates))


@dataclass(frozen=True)
class Flip:
    """One field, two values of it, and what is to be seen of each.

    ``also`` holds for both; ``see`` reads the difference off a run.
    """

    name: str
    one: Any
    other: Any
    see: Callable[[Any], Any]
    seen: tuple[Any, Any]
    strategy: str | None = "parallel"
    world: World = WORLD
    scenario: Scenario = CALM
    also: dict[str, Any] = field(default_factory=dict)
    live: bool = True


def peak(reading: Any) -> int:
    return int(reading.books.peak_in_flight)


def most_trees_at_once(reading: Any) -> int:
    trees = [batch for batch in reading.coordinator.trace.batches if batch.route == "tree"]
    later = [tree.started for tree in trees if tree.started >= EARLY]
    return max(sum(tree.started <= time < tree.finished for tree in trees) for time in later)


def most_files_a_call(reading: Any) -> int:
    return int(reading.calls.files.max())


def most_attempts(reading: Any) -> int:
    return int(reading.calls.attempt.max())


def calls_of(endpoint: str) -> Callable[[Any], int]:
    return lambda reading: int((reading.calls.endpoint == endpoint).sum())


queries, blobs = calls_of("graphql"), calls_of("blob")


def smallest_batch(reading: Any) -> int:
    decisions = reading.decisions
    return min(map(int, decisions[decisions.setting == "files a call"].new))


def categories(reading: Any) -> set[str]:
    return set(reading.results.error_category.dropna())


def routes(reading: Any) -> set[str]:
    return set(reading.results.route.dropna())


def at_first_instants(reading: Any) -> int:
    return len([call for call in reading.books.log if call.arrived < 60.0])


def longest_backoff(reading: Any) -> bool:
    return bool(reading.results.backoff_wait.max() > 5.0)


def in_memory(reading: Any) -> int:
    return sum(record.content.in_memory for record in reading.coordinator.records)


def first_read(reading: Any) -> str:
    files = reading.results.sort_values("started", kind="stable")
    return str(files.path.iloc[0].rpartition("/")[2])


def crossing(reading: Any) -> bool:
    return bool((reading.calls[reading.calls.endpoint == "graphql"].repo == "").any())


def strategy_of(reading: Any) -> str:
    return str(reading.coordinator.get_batch_metrics()["strategy"].iloc[0])


def sampled_late(reading: Any) -> bool:
    return any(sample.time > EARLY for sample in reading.coordinator.trace.timeline)


ONLY_GRAPHQL = {"routes": ("graphql", "blobs"), "max_concurrent_repos": 6}
SPENT = limited(core=60, remaining=60, reset_in=900.0)
TOO_MUCH = failing(graphql={"502": 1.0})
LONG = limited(core=5000, remaining=0, reset_in=600.0)

FLIPS = [
    Flip("max_concurrent_requests", 2, 7, peak, (2, 7), live=False),
    Flip("max_concurrent_repos", 1, 4, most_trees_at_once, (1, 4), "parallel", TREES),
    Flip("default_batch_size", 2, 9, most_files_a_call, (2, 9), "conservative", also=ONLY_GRAPHQL),
    Flip("max_batch_size", 10, 25, most_files_a_call, (10, 25), "aggressive", also=ONLY_GRAPHQL),
    # A call that fails at once is sent again whole before it is halved: it takes two attempts a halving.
    Flip(
        "min_batch_size", 1, 4, smallest_batch, (1, 4), "adaptive", WORLD, TOO_MUCH,
        {"routes": ("graphql",), "retry_attempts": 8},
    ),
    Flip("rate_limit_buffer", 0.5, 1.0, at_first_instants, (30, 60), "aggressive", WORLD, SPENT),
    Flip("retry_attempts", 1, 3, most_attempts, (2, 4), "parallel", WORLD, failing(rest={"502": 1.0})),
    Flip("retry_delay_base", 0.1, 20.0, longest_backoff, (False, True), "parallel", WORLD, failing(rest={"502": 0.3})),
    Flip("max_memory_usage_mb", 1, 500, in_memory, (3, 8), "sequential", LARGE),
    Flip("stream_large_files_threshold", 1_000, 10**6, queries, (0, 3), "aggressive", LARGE, also=ONLY_GRAPHQL),
    Flip("default_strategy", "parallel", "sequential", strategy_of, ("parallel", "sequential"), None, live=False),
    Flip("enable_cross_repo_batching", False, True, crossing, (False, True), "aggressive", also=ONLY_GRAPHQL),
    Flip("enable_file_prioritization", False, True, first_read, ("go.mod", "go.sum"), "sequential"),
    Flip("enable_performance_monitoring", False, True, sampled_late, (False, True)),
    Flip("routes", ("contents",), ("blobs",), routes, ({"contents"}, {"blobs"})),
    Flip("max_wait", 30.0, None, categories, ({"rate_limit"}, set()), "parallel", WORLD, LONG, live=False),
    Flip("request_timeout", 0.2, 30.0, categories, ({"network"}, set()), "parallel", WORLD, SLOW),
    Flip("fold_duplicates", False, True, blobs, (60, 55), also={"use_cache": False}),
]  # fmt: skip
ELSEWHERE = {"allow_raw", "log_batch_metrics", "use_cache"}


def test_every_field_is_flipped() -> None:
    assert {flip.name for flip in FLIPS} | ELSEWHERE == set(FIELDS)


def settings_of(flip: Flip) -> dict[str, Any]:
    return {"max_concurrent_repos": 2, "max_wait": None} | flip.also


@pytest.mark.parametrize("flip", FLIPS, ids=lambda flip: flip.name)
def test_a_field_changes_what_a_run_does(flip: Flip, read: Read) -> None:
    for value, seen in zip((flip.one, flip.other), flip.seen, strict=True):
        hub = SimHub(flip.world, flip.scenario, keep_log=True)
        reading = read(hub, strategy=flip.strategy, **settings_of(flip) | {flip.name: value})
        assert flip.see(reading) == seen


@pytest.mark.parametrize("flip", [flip for flip in FLIPS if flip.live], ids=lambda flip: flip.name)
def test_a_change_during_the_run_is_obeyed_at_the_next_decision(flip: Flip, read: Read) -> None:
    for before, after, seen in ((flip.other, flip.one, flip.seen[0]), (flip.one, flip.other, flip.seen[1])):

        async def meanwhile(coordinator: BatchCoordinator, after: Any = after) -> None:
            await clock.sleep(EARLY)
            coordinator.config.update(**{flip.name: after})

        hub = SimHub(flip.world, flip.scenario, keep_log=True)
        reading = read(hub, None, flip.strategy, meanwhile=meanwhile, **settings_of(flip) | {flip.name: before})
        assert flip.see(reading) == seen


def test_what_is_read_without_the_cache_is_not_kept_either(read: Read) -> None:
    with CacheManager(":memory:") as cache:
        first, second, third = (
            read(SimHub(WORLD, CALM), cache=cache, use_cache=use_cache) for use_cache in (False, True, True)
        )
    assert first.books.calls[("blob", 200)] == second.books.calls[("blob", 200)] == 55
    assert third.books.calls[("blob", 200)] == 0


def test_raw_downloads_are_taken_where_they_are_allowed(read: Read) -> None:
    raw = {"routes": ("raw",), "allow_raw": True}
    reading = read(SimHub(WORLD, Scenario("calm", raw=RawFiles(latency=Latency(median=0.1)))), **raw)
    assert routes(reading) == {"raw"}
    with pytest.raises(ConfigError, match="allow_raw"):
        BatchConfig(routes=("raw",))


def test_metrics_are_logged_as_the_configuration_of_the_end_says(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    for before, after in ((False, True), (True, False)):

        async def meanwhile(coordinator: BatchCoordinator, after: bool = after) -> None:
            await clock.sleep(EARLY)
            coordinator.config.log_batch_metrics = after

        caplog.clear()
        with caplog.at_level(logging.INFO, logger="batchlab.batch"):
            read(SimHub(WORLD, CALM), meanwhile=meanwhile, log_batch_metrics=before)
        assert len(caplog.messages) == after


def test_a_refused_change_changes_nothing_and_says_why(read: Read) -> None:
    refused: list[str] = []

    async def meanwhile(coordinator: BatchCoordinator) -> None:
        await clock.sleep(EARLY)
        with pytest.raises(ConfigError) as error:
            coordinator.config.update(max_concurrent_requests=3, min_batch_size=20)
        refused.append(str(error.value))

    reading = read(SimHub(WORLD, CALM), meanwhile=meanwhile)
    assert refused == ["min_batch_size (20) exceeds default_batch_size (10); set both in one update()"]
    assert reading.coordinator.config.max_concurrent_requests == 10
    assert "configuration" not in set(reading.decisions.loop)
