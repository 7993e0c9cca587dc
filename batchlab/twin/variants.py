"""Scenarios that a run leaves open: its calls tell how long each kind takes only as well as so many calls can."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from batchlab.hub.conditions import Latency
from batchlab.hub.scenario import Scenario

FAMILIES = ("rest", "graphql", "archives")
SIGMA = 0.7  # of the logarithm of service times of single calls, of servers at large
PULL = 2.0  # calls that it weighs as much as
Array = NDArray[np.float64]


def spread_of(seconds: Array, at_large: float = SIGMA) -> float:
    """Return the spread of the logarithms of service times, and that of servers at large where few are known.

    Examples
    --------
    >>> round(spread_of(np.array([0.2])), 2), round(spread_of(np.full(98, 0.2)), 2)
    (0.7, 0.1)
    """
    logs = np.log(np.maximum(seconds, 1e-6))
    squares = float(((logs - logs.mean()) ** 2).sum()) if len(logs) else 0.0
    return math.sqrt((squares + PULL * at_large**2) / (max(0, len(logs) - 1) + PULL))


def variants(scenario: Scenario, unsure: Mapping[str, float], count: int) -> list[Scenario]:
    """Return scenarios that explain a run as well as one does, spread evenly over what its calls leave open.

    A policy that chooses by what it measures chooses otherwise on some of them, as it would in another run.

    Parameters
    ----------
    scenario
        The likeliest.
    unsure
        Standard error of the logarithm of the service time, by family of endpoints; a family that is missing stays.
    count
        Scenarios, at least 1.

    Examples
    --------
    >>> slow, quick = variants(Scenario("one", latency=Latency(1.0)), {"rest": 0.5}, 2)
    >>> sorted(round(one.latency.median, 2) for one in (slow, quick))
    [0.71, 1.4]
    """
    drawn = stats.norm.ppf((np.arange(count) + 0.5) / count)
    # Each family in an order of its own, so that one is slow where another is quick.
    factors = {
        family: np.exp(unsure.get(family, 0.0) * np.random.default_rng(place).permutation(drawn))
        for place, family in enumerate(FAMILIES)
    }
    return [_scaled(scenario, *(float(factors[family][n]) for family in FAMILIES)) for n in range(count)]


def _scaled(scenario: Scenario, rest: float, graphql: float, archives: float) -> Scenario:
    queries = scenario.graphql
    terms = {
        name: graphql * getattr(queries, name) for name in ("base", "per_repository", "per_object", "per_megabyte")
    }
    return replace(
        scenario,
        latency=_slower(scenario.latency, rest),
        graphql=replace(queries, **terms),
        archives=replace(scenario.archives, latency=_slower(scenario.archives.latency, archives)),
    )


def _slower(latency: Latency, factor: float) -> Latency:
    return replace(
        latency, median=factor * latency.median, quantiles=tuple(factor * each for each in latency.quantiles)
    )
