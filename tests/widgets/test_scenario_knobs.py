"""Each knob turns what it names, in every phase of a scenario, and leaves the rest alone."""

from __future__ import annotations

import dataclasses

import pytest

from batchlab.errors import InputError
from batchlab.hub.scenario import Scenario
from batchlab.widgets.scenario_knobs import KNOBS, OFF, turned

every_knob = pytest.mark.parametrize("name", KNOBS)
every_scenario = pytest.mark.parametrize(
    "scenario", [Scenario.load(name) for name in Scenario.names()], ids=lambda s: s.name
)


@every_knob
@every_scenario
def test_every_rung_of_every_knob_is_possible(scenario: Scenario, name: str) -> None:
    knob = KNOBS[name]
    for _, rung in knob.rungs(knob.read(scenario)):
        value = None if rung == OFF else rung
        after = turned(scenario, {name: value})
        if name != "latency":
            assert knob.read(after) == value


@every_knob
@every_scenario
def test_the_value_that_holds_is_on_the_ladder(scenario: Scenario, name: str) -> None:
    value = KNOBS[name].read(scenario)
    assert (OFF if value is None else value) in [rung for _, rung in KNOBS[name].rungs(value)]


def test_latency_slows_every_family_in_every_period() -> None:
    before = Scenario.load("drift")
    after = turned(before, {"latency": 3.0})
    for start in (0.0, *(period.start for period in before.periods)):
        old, new = before.at(start), after.at(start)
        assert new.latency.median == pytest.approx(3 * old.latency.median)
        assert new.graphql.base == pytest.approx(3 * old.graphql.base)
        assert new.archives.latency.median == pytest.approx(3 * old.archives.latency.median)
        assert (new.latency.cap, new.server) == (old.latency.cap, old.server)


def test_faults_strike_families_that_have_rates_of_their_own() -> None:
    own = Scenario.parse({"faults": {"by_family": {"graphql": {"reset": 0.01}}}})
    assert turned(own, {"faults": 0.05}).faults.rates("graphql") == {"reset": 0.01, "502": 0.05}


def test_a_budget_is_whole_at_the_start_unless_the_next_knob_says_otherwise() -> None:
    nearly_empty = Scenario.load("core-nearly-empty")
    assert nearly_empty.limits.remaining is not None
    limits = turned(nearly_empty, {"budget": 500}).limits
    assert (limits.core, limits.graphql, limits.remaining) == (500, 500, None)
    assert turned(nearly_empty, {"budget": 500, "left": 20}).limits.remaining == 20


def test_nothing_turned_is_nothing_changed() -> None:
    typical = Scenario.load("typical")
    assert turned(typical, {}) == typical
    assert dataclasses.asdict(turned(typical, {"latency": 1.0})) == dataclasses.asdict(typical)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"wind": 1.0}, "wind"),
        ({"knee": -1.0}, "knee"),
        ({"faults": 2.0}, "502"),
        ({"latency": None}, "latency cannot be None"),
        ({"faults": None}, "faults cannot be None"),
    ],
)
def test_what_is_impossible_is_refused_by_name(values: dict[str, float | None], said: str) -> None:
    with pytest.raises(InputError, match=said):
        turned(Scenario("mine"), values)
