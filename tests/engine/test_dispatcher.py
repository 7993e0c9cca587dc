"""The dispatcher against the embedded GitHub, in virtual time: nothing lost, no limit broken, no wait unaccounted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlab.batch_config import BatchStrategy
from batchlab.hub.scenario import Faults, Latency, Limits, Scenario
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


@settings(max_examples=60)
@given(scenario=weather, strategy=st.sampled_from(EVERY_STRATEGY), seed=st.integers(0, 99), fold=st.booleans())
def test_every_file_is_one_row_under_any_mix_of_faults_and_limits(
    scenario: Scenario, strategy: str, seed: int, fold: bool, read: Read, town: World, town_files: Any,
    assert_balanced: Callable[..., None],
) -> None:  # fmt: skip
    hub = SimHub(town, scenario, keep_log=True)
    reading = read(hub, strategy=strategy, seed=seed, fold_duplicates=fold, use_cache=fold)
    assert_balanced(reading, town_files)
