"""What a run's calls leave open is spread evenly, and no wider than they leave it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.hub.conditions import Latency
from batchlab.hub.scenario import Scenario
from batchlab.twin.variants import SIGMA, spread_of, variants

ONE = Scenario("one", latency=Latency(0.2, quantiles=(0.1, 0.2, 0.4)))


@given(st.floats(0.01, 1.0), st.integers(1, 8))
def test_variants_lie_evenly_about_the_likeliest(unsure, count):
    logs = [math.log(each.latency.median / 0.2) for each in variants(ONE, {"rest": unsure}, count)]
    assert sum(logs) == pytest.approx(0.0, abs=1e-9)
    assert max(logs) <= 2.0 * unsure


def test_quantiles_go_along_and_families_that_were_not_called_stay():
    slow = max(variants(ONE, {"rest": 0.5}, 3), key=lambda each: each.latency.median)
    assert slow.latency.quantiles == pytest.approx([slow.latency.median * factor for factor in (0.5, 1.0, 2.0)])
    assert slow.graphql == ONE.graphql
    assert slow.archives == ONE.archives


def test_families_are_not_slow_together():
    both = variants(ONE, {"rest": 0.5, "graphql": 0.5}, 4)
    assert len({round(each.latency.median / each.graphql.base, 6) for each in both}) > 1


def test_a_spread_is_that_of_servers_at_large_until_calls_tell():
    assert spread_of(np.array([0.3])) == pytest.approx(SIGMA)
    assert spread_of(np.full(100, 0.3)) < SIGMA / 5
