"""A server that bears less from a moment on, or lacks a route: fewer calls, not smaller ones, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from batchlab.batch_config import USUAL_ROUTES
from batchlab.control.budget import FIRST_CALLS
from batchlab.hub.conditions import Network, Server
from batchlab.hub.endpoint_families import Archives, Throttle
from batchlab.hub.limit_rules import Limits
from batchlab.hub.scenario import Latency, Period, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.patterns import MANIFESTS

Read = Callable[..., Any]
FAR = Latency(0.6, 0.2)  # seconds: so far that queries are the better way
SLOWER = (Period(4.0, server=Server(knee=6)),)
WORK = Work(repositories=400, files=10)
ROUTES = ("blobs", "graphql")
LAB = {
    "routes": ROUTES,
    "max_concurrent_requests": 96,
    "max_concurrent_repos": 96,
    "default_batch_size": 20,
    "max_batch_size": 100,
}


def _by_any_route(read: Read, hub: SimHub) -> Any:
    return read(hub, strategy="adaptive", patterns=MANIFESTS, **(LAB | {"routes": USUAL_ROUTES}))


def _meanwhile(calls: Any, others: Any) -> int:
    """Return how many calls were sent while others were under way."""
    return int(calls.sent.between(others.sent.min(), others.finished.max()).sum())


def test_queries_that_load_stretched_to_the_servers_clock_are_sent_again_whole_and_fewer_at_once(read: Read) -> None:
    reading = read(
        SimHub(scenario=Scenario("slower", latency=FAR, periods=SLOWER, work=WORK)),
        strategy="adaptive",
        patterns=MANIFESTS,
        **LAB,
    )
    assert len(reading.delivered) == 4000
    decisions = reading.decisions
    assert decisions.why.str.contains("ran into the server's clock").any()
    assert not decisions.why.str.contains("too much for the server").any()


def test_a_small_server_is_not_left_with_as_many_calls_as_the_run_opened_with(read: Read) -> None:
    """Of 32 queries at once all would run into this server's clock."""
    server, work = Server(knee=10, kappa=0.033), Work(repositories=85, files=40, rest=8e6)
    scenario = Scenario("retro", Latency(0.06, 0.3), network=Network(2e6, 1e6), server=server, work=work)
    reading = _by_any_route(read, SimHub(scenario=scenario))
    assert len(reading.delivered) == 3400
    assert set(reading.calls.outcome) == {"ok"}
    assert reading.calls.limit[reading.calls.sent > 5.0].max() <= 2 * server.knee


def test_slots_are_idle_at_the_end_for_less_than_a_full_query(read: Read) -> None:
    reading = _by_any_route(read, SimHub(scenario=Scenario("far", latency=FAR, work=WORK)))
    assert len(reading.delivered) == 4000
    queries = reading.calls[reading.calls.endpoint == "graphql"]
    full = queries[queries.files == queries.files.max()]
    idle_at_the_end = queries.finished.max() - queries.sent.max()
    assert idle_at_the_end < (full.finished - full.sent).median()


def test_files_that_wait_go_another_way_once_that_is_the_better_one(read: Read) -> None:
    quick = Period(2.5, latency=Latency(0.02))
    reading = read(
        SimHub(scenario=Scenario("nearer", latency=FAR, periods=(quick,), work=WORK)),
        strategy="adaptive",
        patterns=MANIFESTS,
        **LAB,
    )
    assert len(reading.delivered) == 4000
    routes = reading.decisions[reading.decisions.setting == "route"]
    assert routes.new.iloc[-1] == "one file a call"
    assert routes.old.iloc[-1] == "many files a call"
    assert "blob" in set(reading.calls.endpoint)


def test_files_that_were_to_be_archives_become_archives_again_where_the_api_collapses(read: Read) -> None:
    collapse = Period(8.0, server=Server(knee=4))
    scenario = Scenario(
        "collapse", latency=Latency(0.12, 0.2), server=Server(knee=21), network=Network(link=20e6, connection=5e6),
        periods=(collapse,), work=Work(repositories=200, files=20, rest=8e6),
    )  # fmt: skip
    reading = _by_any_route(read, SimHub(scenario=scenario))
    assert len(reading.delivered) == 4000
    archives = reading.decisions[reading.decisions.setting == "archives"]
    assert list(archives.new.drop_duplicates()) == ["file by file", "some repositories whole", "repositories whole"]
    after = reading.calls[reading.calls.sent > archives.time[archives.new == "repositories whole"].iloc[0]]
    assert (after.endpoint == "archive").any()


@pytest.mark.parametrize("seed", [0, 19])  # of 19 a single query was sent when the server was found to have none
def test_what_a_missing_route_leaves_behind_is_fetched_as_one_archive_a_repository(read: Read, seed: int) -> None:
    scenario = Scenario.load("unauthenticated").with_seed(seed)
    assert scenario.work is not None
    reading = _by_any_route(read, SimHub(scenario=scenario))
    assert len(reading.delivered) == scenario.work.repositories * scenario.work.files
    calls = reading.calls.endpoint.value_counts()
    assert calls["graphql"] <= FIRST_CALLS
    assert calls["tarball"] <= scenario.work.repositories


def test_archives_that_wait_are_given_up_once_they_are_seen_to_share_a_link(read: Read) -> None:
    """Two hundred archives of two megabytes take 200 s through this link, their files a tenth of that."""
    work = Work(repositories=200, files=20, rest=8e6)
    near = Scenario("thin", latency=Latency(0.05, 0.2), network=Network(2e6, 1e6), server=Server(knee=8), work=work)
    reading = read(
        SimHub(scenario=near), strategy="adaptive", patterns=MANIFESTS, **(LAB | {"routes": ("blobs", "tarball")})
    )
    assert len(reading.delivered) == 4000
    assert (reading.decisions.setting == "archives").any()
    assert 4 <= (reading.calls.endpoint == "archive").sum() <= 40
    assert reading.seconds < 60.0


def test_the_api_reads_some_of_the_archives_that_wait_while_it_has_nothing_else_to_do(read: Read) -> None:
    """Either way alone takes more than 33 s here: archives fill the link, and the server bears six calls."""
    reading = _by_any_route(read, SimHub(scenario=Scenario.load("low-knee")))
    assert len(reading.delivered) == 3400
    archives = reading.calls[reading.calls.endpoint == "archive"]
    others = reading.calls[reading.calls.endpoint.isin(["blob", "graphql"])]
    assert len(archives) >= 20
    assert _meanwhile(others, archives) >= 20
    assert reading.seconds < 33.4


def test_archives_bring_some_of_the_repositories_that_wait_while_their_host_has_nothing_else_to_do(read: Read) -> None:
    """The API alone takes 40 s here, and archives alone more than 100: they fill the link."""
    reading = _by_any_route(read, SimHub(scenario=Scenario.load("drift")))
    assert len(reading.delivered) == 7500
    archives = reading.calls[reading.calls.endpoint == "archive"]
    blobs = reading.calls[reading.calls.endpoint == "blob"]
    assert len(archives) >= 50
    assert _meanwhile(blobs, archives) >= 1000
    assert reading.seconds < 38.0


def test_graphql_reads_some_of_the_archives_that_wait_for_points_of_rest(read: Read) -> None:
    """Of three minutes' points, trees take half: archives alone take 200 s, and GraphQL's own minutes stay unused."""
    reading = _by_any_route(read, SimHub(scenario=Scenario.load("minute-bound")))
    assert len(reading.delivered) == 2400
    queries, archives = (reading.calls[reading.calls.endpoint == name] for name in ("graphql", "archive"))
    assert queries.sent.min() < 5.0
    assert queries.files.sum() >= 600
    assert len(archives) >= 600
    assert reading.seconds < 180.0


def test_single_files_read_some_of_what_waits_for_the_next_minute_of_graphql(read: Read) -> None:
    """Repositories are too large for archives; GraphQL alone takes six of its minutes for the files, REST eight."""
    scenario = Scenario.load("minute-bound")
    reading = _by_any_route(read, SimHub(scenario=replace(scenario, work=Work(300, 20, rest=200e6))))
    assert len(reading.delivered) == 6000
    ways = reading.calls.groupby("endpoint").files.sum()
    assert min(ways["graphql"], ways["blob"]) >= 1000
    assert reading.decisions.new.str.contains("some one file a call").sum() == 1
    assert "limited" not in set(reading.calls.outcome)
    assert reading.seconds < 300.0


@pytest.mark.parametrize("seed", range(3))
def test_where_one_call_is_served_at_once_the_archives_are_read(read: Read, seed: int) -> None:
    """Its calls alone take 54 s here: 150 trees and 750 files, 60 ms each."""
    small = Scenario(
        "small", latency=Latency(0.06, 0.3), network=Network(20e6, 5e6), server=Server(knee=1),
        work=Work(repositories=150, files=5, rest=8e6),
    )  # fmt: skip
    hub = SimHub(scenario=small, seed=seed)
    reading = _by_any_route(read, hub)
    assert len(reading.delivered) == 750
    assert (reading.calls.endpoint == "archive").sum() >= 100
    assert reading.seconds < 36.0


def test_files_that_only_an_archive_may_bring_come_as_one_though_it_is_slow(read: Read) -> None:
    work = Work(repositories=20, files=5, rest=8e6)
    slow = Scenario("slow archives", latency=Latency(0.05), network=Network(2e6, 1e6), work=work)
    reading = read(SimHub(scenario=slow), strategy="adaptive", patterns=MANIFESTS, **(LAB | {"routes": ("tarball",)}))
    assert len(reading.delivered) == 100


@pytest.mark.parametrize("seed", [0, 3, 4])
def test_queries_that_crowd_each_other_from_the_first_moment_stay_within_a_minutes_seconds(
    read: Read, seed: int
) -> None:
    rule = Limits(core=5000, graphql=5000, graphql_cpu_seconds_per_minute=60.0)
    scenario = Scenario(
        "crowded", latency=Latency(0.27, 0.6), network=Network(link=20e6, connection=5e6), server=Server(knee=5),
        limits=rule, work=Work(repositories=40, files=20, rest=8e6),
    ).with_seed(seed)  # fmt: skip
    reading = _by_any_route(read, SimHub(scenario=scenario))
    assert len(reading.delivered) == 800
    assert "graphql" in set(reading.calls.endpoint)
    assert "limited" not in set(reading.calls.outcome)


def test_queries_of_a_minute_that_is_short_do_not_crowd_a_server_that_has_become_slower(read: Read) -> None:
    """Sent all at once at the beginning of the second minute, they would spend more than its 60 s."""
    rules = Limits(core=5000, graphql=5000, remaining=613, reset_in=1146.0, graphql_cpu_seconds_per_minute=60.0)
    scenario = Scenario(
        "short minutes", latency=Latency(0.0943, 0.3), network=Network(20e6, 5e6), server=Server(knee=13),
        periods=(Period(6.7, server=Server(knee=5)),), limits=rules, work=Work(repositories=414, files=10, rest=8e6),
    )  # fmt: skip
    reading = _by_any_route(read, SimHub(scenario=scenario))
    assert len(reading.delivered) == 4140
    queries = reading.calls[reading.calls.endpoint == "graphql"]
    assert set(queries.outcome) == {"ok"}
    assert queries[queries.sent > 30.0].in_flight.max() <= 8


def _throttled(repositories: int, files: int, lockout: float) -> SimHub:
    """A host of archives that serves ten, and then none for so long."""
    return SimHub(
        scenario=Scenario(
            "throttled", latency=Latency(0.2, 0.5), network=Network(link=20e6, connection=5e6), server=Server(knee=20),
            archives=Archives(throttle=Throttle(requests=10, span=60.0, lockout=lockout)),
            work=Work(repositories, files, rest=2e6),
        )
    )  # fmt: skip


def test_files_go_another_way_while_the_host_of_archives_answers_none(read: Read) -> None:
    hub = _throttled(60, 40, lockout=1800.0)
    reading = _by_any_route(read, hub)
    assert len(reading.delivered) == 2400
    assert reading.seconds < 60.0
    assert not reading.decisions.why.str.startswith("a rate limit was met").any()


def test_files_that_only_archives_may_bring_wait_for_their_host(read: Read) -> None:
    hub = _throttled(20, 5, lockout=900.0)
    reading = read(hub, strategy="adaptive", patterns=MANIFESTS, **(LAB | {"routes": ("tarball",)}))
    assert len(reading.delivered) == 100
    assert 900.0 < reading.seconds < 3600.0


def test_a_spent_budget_says_nothing_of_how_many_calls_may_go_at_once(read: Read) -> None:
    spent = Limits(core=5000, graphql=5000, remaining=0, reset_in=100.0)
    scenario = Scenario("spent", latency=Latency(0.1, 0.4), limits=spent, work=Work(repositories=60, files=5, rest=8e6))
    reading = read(SimHub(scenario=scenario), strategy="adaptive", patterns=MANIFESTS, **(LAB | {"routes": ROUTES}))
    assert len(reading.delivered) == 300
    assert (reading.calls.outcome == "limited").any()
    assert reading.decisions[reading.decisions.setting == "concurrency limit"].new.astype(int).min() > 8
