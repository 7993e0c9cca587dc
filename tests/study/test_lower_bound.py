"""No run of any strategy beats the bound, and each resource binds where it should."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.hub.conditions import Latency, Network, Server
from batchlab.hub.endpoint_families import Archives, GraphQL
from batchlab.hub.faults import Faults
from batchlab.hub.limit_rules import Limits
from batchlab.hub.scenario import Period, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.study.arms import arms_of
from batchlab.study.baselines import baselines
from batchlab.study.lower_bound import bound
from batchlab.study.oracle import with_work
from batchlab.study.replication import Replication

SWITCH = st.booleans()
SCENARIOS = st.builds(
    Scenario,
    name=st.just("drawn"),
    latency=st.builds(Latency, median=st.floats(0.01, 0.5), sigma=st.floats(0, 1), cap=st.sampled_from([None, 10.0])),
    network=st.builds(
        Network, link=st.sampled_from([None, 1e5, 1e7]), connection=st.sampled_from([None, 5e4, 1e6]), gzip=SWITCH
    ),
    server=st.builds(Server, knee=st.sampled_from([None, 1, 4, 32]), kappa=st.sampled_from([0.0, 0.05])),
    limits=st.builds(
        Limits,
        core=st.sampled_from([None, 30, 5000]),
        remaining=st.sampled_from([None, 20]),
        reset_in=st.sampled_from([60.0, 3600.0]),
        graphql=st.sampled_from([None, 5, 5000]),
        in_flight=st.sampled_from([None, 100]),
        points_per_minute=st.sampled_from([None, 25, 900]),
        graphql_points_per_minute=st.sampled_from([None, 5, 2000]),
        cpu_seconds_per_minute=st.sampled_from([None, 10.0, 90.0]),
    ),
    faults=st.builds(Faults, error_rate=st.sampled_from([{}, {"502": 0.05, "slow": 0.05}])),
    graphql=st.builds(GraphQL, enabled=SWITCH),
    archives=st.builds(Archives, enabled=SWITCH),
    periods=st.sampled_from([(), (Period(1.0, server=Server(knee=2)),), (Period(1.0, latency=Latency(0.01)),)]),
    seed=st.integers(0, 1000),
)
WORKS = st.builds(
    Work,
    repositories=st.integers(1, 12),
    files=st.integers(1, 12),
    median=st.sampled_from([500.0, 20_000.0]),
    rest=st.sampled_from([0.0, 1e5, 1e7]),
    shared=st.sampled_from([0.0, 0.5]),
    warm=st.sampled_from([0.0, 0.5]),
)
STRATEGIES = st.sampled_from([*arms_of(BatchStrategy, BatchConfig()), *arms_of(baselines(), BatchConfig())])


@given(SCENARIOS, WORKS, STRATEGIES, st.booleans())
@settings(max_examples=100)
def test_no_run_of_any_strategy_beats_the_bound(scenario, work, arm, lab):
    hub = SimHub(scenario=Scenario(**(vars(scenario) | {"work": work})), seed=scenario.seed)
    config = BatchConfig.lab() if lab else BatchConfig()
    arm = arms_of({"arm": arm.policy}, config)[0]
    row = Replication(0, arm, scenario.seed).row(hub)
    assert row["failed"] or row["makespan"] >= bound(hub, config).seconds - 1e-9


@pytest.mark.long
@pytest.mark.parametrize("arm", arms_of(BatchStrategy, BatchConfig.lab()), ids=lambda arm: arm.name)
@pytest.mark.parametrize("name", with_work())
def test_no_strategy_has_read_all_of_a_scenario_before_its_bound(name, arm):
    hub = SimHub(scenario=name)
    for seed in (0, 1):
        least = bound(hub, arm.config, seed=seed).seconds
        row = Replication(0, arm, seed, deadline=least - 1e-6).row(hub)
        assert row["failed"], f"all of it in {row['makespan']:.3f} s, and the bound is {least:.3f} s"


@pytest.mark.parametrize(
    ("scenario", "work", "binding"),
    [
        (Scenario("a", latency=Latency(0.2)), Work(1, 1), "latency"),
        (Scenario("b", server=Server(knee=2)), Work(10, 20), "server"),
        (Scenario("c", network=Network(link=1e4)), Work(4, 10), "link"),
        (Scenario("d", limits=Limits(core=50)), Work(10, 20), "budget"),
        (Scenario("e", limits=Limits(points_per_minute=50)), Work(10, 20), "minute"),
        (Scenario("f", limits=Limits(cpu_seconds_per_minute=5.0)), Work(10, 20), "cpu"),
    ],
)
def test_what_is_scarce_binds(scenario, work, binding):
    assert bound(SimHub(work.world(), scenario), BatchConfig.lab(routes="blobs")).binding == binding


def test_a_pure_budget_bound_run_has_its_closed_form():
    # 12 trees and 588 blobs, 100 an hour of which the run may spend 80: the eighth window begins after 7 h.
    hub = SimHub(Work(12, 49, rest=0.0).world(), Scenario("budget", latency=Latency(0.05), limits=Limits(core=100)))
    (arm,) = arms_of(["parallel"], BatchConfig(routes="blobs"))
    row = Replication(0, arm, 0).row(hub)
    assert bound(hub, arm.config).seconds == 7 * 3600
    assert 7 * 3600 < row["makespan"] < 7 * 3600 + 15
    assert row["delivered"] == 588
