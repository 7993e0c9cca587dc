"""The dispatcher against the embedded GitHub, in virtual time: nothing lost, no limit broken, no wait unaccounted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batchlab import clock
from batchlab.batch_config import USUAL_ROUTES, BatchStrategy
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.control.budget import Pacing
from batchlab.control.concurrency import FixedLimit
from batchlab.control.policies import Policy
from batchlab.hub.scenario import Archives, Faults, Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World

Read = Callable[..., Any]
EVERY_STRATEGY = [strategy.value for strategy in BatchStrategy]


def calm(**limits: Any) -> Scenario:
    """A server of constant latency, without faults."""
    return Scenario("calm", latency=Latency(median=0.25), limits=Limits(**limits))


weather = st.builds(
    Scenario,
    name=st.just("weather"),
    latency=st.builds(Latency, median=st.sampled_from([0.0, 0.2, 1.0]), sigma=st.sampled_from([0.0, 0.7])),
    limits=st.builds(
        Limits,
        core=st.none() | st.integers(40, 5000),
        remaining=st.none() | st.integers(0, 40),
        reset_in=st.sampled_from([5.0, 600.0]),
        in_flight=st.none() | st.integers(2, 6),
        points_per_minute=st.none() | st.integers(20, 100),
        lockout=st.sampled_from([10.0, 150.0]),
        retry_after=st.booleans(),
    ),
    faults=st.builds(
        Faults, st.fixed_dictionaries({kind: st.sampled_from([0.0, 0.05, 0.3]) for kind in ("502", "503", "reset")})
    ),
)


# Almost nothing succeeds: what one route refuses goes another way, through a lane that was looked at already.
STORM = Scenario(
    "storm",
    latency=Latency(median=0.0),
    limits=Limits(core=40, in_flight=5, reset_in=5.0, lockout=10.0, retry_after=False),
    faults=Faults({"reset": 0.3, "503": 0.3, "502": 0.3}),
)


@settings(max_examples=60)
@example(scenario=STORM, strategy="adaptive", seed=48, fold=True, routes=USUAL_ROUTES)
@given(
    scenario=weather,
    strategy=st.sampled_from(EVERY_STRATEGY),
    seed=st.integers(0, 99),
    fold=st.booleans(),
    routes=st.sampled_from([("blobs", "contents"), USUAL_ROUTES]),
)
def test_every_file_is_one_row_under_any_mix_of_faults_and_limits(
    scenario: Scenario, strategy: str, seed: int, fold: bool, routes: tuple[str, ...],
    read: Read, town: World, town_files: Any, assert_balanced: Callable[..., None],
) -> None:  # fmt: skip
    hub = SimHub(town, scenario, keep_log=True)
    reading = read(hub, strategy=strategy, seed=seed, fold_duplicates=fold, use_cache=fold, routes=routes)
    assert_balanced(reading, town_files)


@settings(max_examples=25)
@given(rate=st.sampled_from([0.1, 0.4]), seed=st.integers(0, 99), strategy=st.sampled_from(EVERY_STRATEGY))
def test_processing_time_is_what_the_files_batches_took_on_the_wire(
    rate: float, seed: int, strategy: str, read: Read, build_town: Callable[..., World]
) -> None:
    scenario = Scenario("faulty", latency=Latency(sigma=0.5), faults=Faults({"502": rate, "reset": rate}))
    reading = read(SimHub(build_town(8, 2), scenario), strategy=strategy, seed=seed, patterns=["src/1/go.mod"])
    batches = [batch for batch in reading.coordinator.trace.batches if batch.route != "tree"]
    for row in reading.results[reading.results.path.notna()].itertuples():
        own = [batch for batch in batches if batch.repo == row.repo]
        assert row.attempts == len(own)
        assert row.processing_time == pytest.approx(sum(batch.finished - batch.started for batch in own))


# --- concurrency ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "ceiling"),
    [("sequential", 1), ("conservative", 4), ("parallel", 10), ("aggressive", 10), ("adaptive", 10)],
)
def test_no_call_is_sent_while_the_calls_in_flight_are_at_the_limit(
    strategy: str, ceiling: int, read: Read, town: World
) -> None:
    scenario = Scenario("noisy", latency=Latency(sigma=0.7), faults=Faults({"503": 0.1}))
    reading = read(SimHub(town, scenario, keep_log=True), strategy=strategy, seed=3)
    calls = reading.calls
    assert [call.in_flight for call in reading.books.log] == list(calls.in_flight)
    assert (calls.in_flight <= calls.limit).all()
    assert reading.books.peak_in_flight == calls.limit.max() == ceiling


def in_flight_at_once(log: list[Any], endpoint: str) -> int:
    ends = [(call.arrived, 1) for call in log if call.endpoint == endpoint]
    ends += [(call.finished, -1) for call in log if call.endpoint == endpoint]
    level = peak = 0
    for _, step in sorted(ends):
        level += step
        peak = max(peak, level)
    return peak


def test_max_concurrent_repos_bounds_the_trees_in_flight_and_nothing_else(read: Read, town: World) -> None:
    hub = SimHub(town, Scenario("noisy", latency=Latency(sigma=0.7)), keep_log=True)
    reading = read(hub, strategy="parallel", max_concurrent_repos=2)
    assert in_flight_at_once(reading.books.log, "tree") == 2
    assert reading.books.peak_in_flight == 10


def steps(decisions: Any, setting: str) -> list[tuple[float, str, str]]:
    chosen = decisions[decisions.setting == setting]
    return list(zip(chosen.time, chosen.old, chosen.new, strict=True))


def test_a_lower_ceiling_set_by_another_thread_drains_before_the_next_call_is_sent(read: Read, town: World) -> None:
    async def meanwhile(coordinator: BatchCoordinator) -> None:
        await clock.sleep(1.1)
        other = Thread(target=coordinator.config.update, kwargs={"max_concurrent_requests": 2})
        other.start()
        other.join()

    reading = read(SimHub(town, calm(), keep_log=True), meanwhile=meanwhile)
    later = [call.in_flight for call in reading.books.log if call.arrived > 1.1]
    assert later
    assert max(later) == 2
    assert steps(reading.decisions, "max_concurrent_requests") == [(1.1, "10", "2")]
    assert steps(reading.decisions, "concurrency limit") == [(1.1, "10", "2")]
    assert len(reading.delivered) == 60


@pytest.mark.parametrize("strategy", ["parallel", "aggressive", "adaptive", "conservative"])
def test_a_higher_ceiling_is_used_at_the_same_instant(strategy: str, read: Read, town: World) -> None:
    async def meanwhile(coordinator: BatchCoordinator) -> None:
        await clock.sleep(1.1)
        coordinator.config.max_concurrent_requests = 4

    reading = read(SimHub(town, calm(), keep_log=True), None, strategy, meanwhile=meanwhile, max_concurrent_requests=2)
    before = [call.in_flight for call in reading.books.log if call.arrived < 1.1]
    assert max(before) == 2
    if strategy == "adaptive":  # learns its way up
        assert reading.books.peak_in_flight == 4
    else:
        assert [call.in_flight for call in reading.books.log if call.arrived == 1.1] == [3, 4]


def test_retries_follow_the_configuration_of_the_moment(read: Read, town: World) -> None:
    async def meanwhile(coordinator: BatchCoordinator) -> None:
        await clock.sleep(0.1)
        coordinator.config.retry_attempts = 0

    broken = Scenario("down", latency=Latency(median=0.25), faults=Faults({"502": 1.0}))
    reading = read(SimHub(town, broken), meanwhile=meanwhile)
    assert set(reading.calls.attempt) == {1}
    assert set(reading.results.error_category) == {"network"}


# --- limits ---------------------------------------------------------------------------------------------


def pauses(reading: Any) -> list[tuple[float, float]]:
    return [(time, float(new.removesuffix(" s"))) for time, _, new in steps(reading.decisions, "pause")]


def arrivals(reading: Any) -> list[float]:
    return [call.arrived for call in reading.books.log]


def test_a_secondary_limit_rests_all_calls_for_as_long_as_it_asks(
    read: Read, town: World, town_files: Any, assert_balanced: Callable[..., None]
) -> None:
    reading = read(SimHub(town, calm(in_flight=6, lockout=30.0), keep_log=True))
    assert_balanced(reading, town_files)
    assert len(reading.delivered) == 60
    assert pauses(reading)
    for began, seconds in pauses(reading):
        assert seconds == 30.0
        assert not [time for time in arrivals(reading) if began < time < began + seconds]
        returning = [call.in_flight for call in reading.books.log if call.arrived == began + seconds]
        assert 1 <= len(returning) <= 5  # half of the ten that met it, so the same limit is not met again at once
    refused = reading.calls[reading.calls.outcome == "limited"]
    assert len(refused) > len(pauses(reading))  # one pause for all that met it
    assert (reading.calls.attempt == 1).all()
    assert (reading.calls.points[reading.calls.outcome == "limited"] == 0).all()
    assert (reading.results.backoff_wait == 0.0).all()
    assert reading.results.limit_wait.max() > 29.0


@pytest.mark.parametrize("strategy", EVERY_STRATEGY)
def test_a_secondary_limit_that_names_no_wait_is_given_a_minute_then_twice_that(
    strategy: str, read: Read, town: World
) -> None:
    hub = SimHub(town, calm(points_per_minute=25, lockout=150.0, retry_after=False), keep_log=True)
    reading = read(hub, strategy=strategy)
    assert [seconds for _, seconds in pauses(reading)][:2] == [60.0, 120.0]
    assert len(reading.delivered) == 60
    for began, seconds in pauses(reading):
        assert not [time for time in arrivals(reading) if began < time < began + seconds]


def test_a_spent_budget_rests_all_calls_until_a_second_after_its_reset(read: Read, town: World) -> None:
    reading = read(SimHub(town, calm(core=5000, remaining=0, reset_in=100.0), keep_log=True), strategy="aggressive")
    assert sorted(set(arrivals(reading)))[:2] == [0.0, pytest.approx(101.0, abs=1e-6)]
    assert pauses(reading) == [(0.25, 101.0)]
    assert len(reading.delivered) == 60
    assert (reading.calls.attempt == 1).all()


def windows(times: list[float], first_reset: float) -> list[int]:
    """Return the calls in each of the server's hourly windows."""
    counts, reset = [0], first_reset
    for time in times:
        if time >= reset:
            counts.append(0)
            reset = math.ceil(time - 0.001) + 3600.0  # the clock's floats end a little after whole seconds
        counts[-1] += 1
    return counts


@settings(max_examples=40)
@given(
    strategy=st.sampled_from(EVERY_STRATEGY),
    remaining=st.integers(12, 60),
    share=st.sampled_from([0.3, 0.8, 1.0]),
    reset_in=st.sampled_from([3.0, 60.0, 900.0]),
)
def test_no_window_is_charged_more_than_the_buffers_share_of_what_was_left(
    strategy: str, remaining: int, share: float, reset_in: float, read: Read, town: World
) -> None:
    hub = SimHub(town, calm(core=40, remaining=min(remaining, 40), reset_in=reset_in), keep_log=True)
    reading = read(hub, strategy=strategy, rate_limit_buffer=share)
    lefts = [min(remaining, 40), 40, 40, 40, 40, 40, 40]
    unknown = 10  # calls that may be out before the first answer tells what is left
    for charged, left in zip(windows(arrivals(reading), reset_in), lefts, strict=False):
        assert charged <= max(math.floor(share * left), min(unknown, left))
    assert reading.books.refused == {}
    assert len(reading.delivered) == 60


def test_batches_of_a_route_that_the_server_lacks_weigh_on_no_budget(
    read: Read, build_town: Callable[..., World]
) -> None:
    """Forty are planned by archive, eight sent: what the first learns must not leave the others counted as sent."""
    scenario = replace(calm(core=100, reset_in=60.0), archives=Archives(enabled=False))
    archives_first = Policy("archives first", lambda config: 8, FixedLimit, Pacing.SCARCE, plans=True)
    at_ease = {"max_concurrent_repos": 8, "routes": ("tarball", "blobs")}
    reading = read(SimHub(build_town(40, 6), scenario), strategy=archives_first, **at_ease)
    assert len(reading.delivered) == 240
    assert (reading.calls.endpoint == "tarball").sum() == 8
    assert reading.seconds == pytest.approx(2 * 3600.0 + 63.0, abs=2.0)


def test_a_server_without_limit_headers_is_not_throttled(read: Read, build_town: Callable[..., World]) -> None:
    many = build_town(20, 60)
    at_ease = {"strategy": "parallel", "max_concurrent_requests": 96, "max_concurrent_repos": 96}
    free = read(SimHub(many, calm()), **at_ease)
    named = read(SimHub(many, calm(core=50_000)), **at_ease)
    assert free.results.pacing_wait.sum() == 0.0
    assert free.seconds < 5.0
    assert named.seconds > 60.0  # the minute rule holds where limits are in force


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"core": 5000, "remaining": 0, "reset_in": 600.0}, "primary"),
        ({"core": 5000, "points_per_minute": 5, "lockout": 240.0}, "secondary"),
    ],
)
def test_max_wait_fails_what_would_wait_longer_and_says_which_limit_it_was(
    limits: dict[str, float], said: str, read: Read, town: World
) -> None:
    reading = read(SimHub(town, calm(**limits)), max_wait=60.0)
    failed = reading.results[reading.results.status == "failed"]
    assert len(failed) > 0
    assert set(failed.error_category) == {"rate_limit"}
    assert failed.error.str.contains(f"for the {said} rate limit would exceed max_wait=60 s; raise max_wait").all()
    assert reading.seconds < 60.0
    assert reading.leaked == ()


def test_limits_met_again_after_every_pause_end_the_run_instead_of_waiting_for_ever(read: Read, town: World) -> None:
    reading = read(SimHub(town, calm(points_per_minute=15, lockout=1e9, retry_after=False)))
    assert [seconds for _, seconds in pauses(reading)] == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0]
    assert reading.seconds < 60 + 120 + 240 + 480 + 960 + 10
    assert len(reading.results[reading.results.path.notna()]) + reading.results.path.isna().sum() == len(
        reading.results
    )
    assert set(reading.results.error_category.dropna()) == {"rate_limit"}


def test_a_fault_of_a_policy_ends_the_run_with_it_and_sends_nothing_more(read: Read, town: World) -> None:
    class Broken(FixedLimit):
        def clamp(self, ceiling: int) -> None:
            raise ZeroDivisionError("in a policy of one's own")

    async def meanwhile(coordinator: BatchCoordinator) -> None:
        await clock.sleep(0.6)
        coordinator.config.retry_attempts = 5

    hub = SimHub(town, calm(), keep_log=True)
    with pytest.raises(ZeroDivisionError):
        read(hub, strategy=Policy("broken", lambda config: 4, Broken, Pacing.NONE), meanwhile=meanwhile)
    assert hub.books.in_flight == 0
    assert max(call.arrived for call in hub.books.log) < 0.6
