"""What can be turned on a scenario by hand: latency, knee, budget and faults, each over a ladder of values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from batchlab.errors import InputError
from batchlab.hub.checks import known
from batchlab.hub.conditions import Latency
from batchlab.hub.endpoint_families import Archives, GraphQL
from batchlab.hub.faults import Faults
from batchlab.hub.scenario import Scenario

Value: TypeAlias = float | None
OFF = "off"  # in place of None, by which a selection means that nothing is selected
S = TypeVar("S", Latency, GraphQL)


@dataclass(frozen=True)
class Knob:
    """A number of a scenario.

    Parameters
    ----------
    label
        What it is called, with its unit.
    help
        One sentence.
    ladder
        Values to choose from, in order; None last, if it may be switched off.
    off
        What None means.
    read
        Returns the scenario's own value.
    turn
        Returns the scenario with another one.
    """

    label: str
    help: str
    ladder: tuple[Value, ...]
    off: str
    read: Callable[[Scenario], Value]
    turn: Callable[[Scenario, Any], Scenario]

    def rungs(self, value: Value) -> tuple[tuple[str, float | str], ...]:
        """Return texts and values to choose from, ``value`` among them; `OFF` stands for None."""
        numbers = {number for number in (*self.ladder, value) if number is not None}
        off = ((self.off, OFF),) * (None in self.ladder)
        return (*((f"{number:g}", number) for number in sorted(numbers)), *off)


def turned(scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
    """Return a scenario with some knobs turned.

    Parameters
    ----------
    scenario
        The conditions to begin with.
    values
        By name of knob; see `KNOBS`.

    Raises
    ------
    InputError
        There is no such knob, or its value is impossible.

    Examples
    --------
    >>> turned(Scenario("mine"), {"knee": 20}).server.slowdown(40)
    2.0
    """
    for name, value in values.items():
        known(name, KNOBS, "knob")
        if value is None and None not in KNOBS[name].ladder:
            raise InputError(f"{name} cannot be None; write a number such as {KNOBS[name].ladder[0]}")
        scenario = KNOBS[name].turn(scenario, value)
    return scenario


def _everywhere(scenario: Scenario, section: str, change: Callable[[Any], Any]) -> Scenario:
    """Return a scenario with a section changed, also where a period brings its own."""
    periods = tuple(
        dataclasses.replace(period, **{section: change(own)})
        if (own := getattr(period, section)) is not None
        else period
        for period in scenario.periods
    )
    return dataclasses.replace(scenario, periods=periods, **{section: change(getattr(scenario, section))})


def _slower(scenario: Scenario, times: float) -> Scenario:
    """Return the scenario with every latency so many times as long; what it gives up after stays."""

    def query(own: GraphQL) -> GraphQL:
        return _times(own, times, "base", "per_repository", "per_object")

    def archive(own: Archives) -> Archives:
        return dataclasses.replace(own, latency=answer(own.latency))

    def answer(own: Latency) -> Latency:
        return _times(own, times, "median", "tail_shortest", "tail_longest")

    scenario = _everywhere(_everywhere(scenario, "latency", answer), "graphql", query)
    return _everywhere(scenario, "archives", archive)


def _times(section: S, times: float, *names: str) -> S:
    return dataclasses.replace(section, **{name: getattr(section, name) * times for name in names})


def _with_errors(scenario: Scenario, rate: float) -> Scenario:
    def change(faults: Faults) -> Faults:
        families = {family: {**rates, "502": rate} for family, rates in faults.by_family.items()}
        return dataclasses.replace(faults, error_rate={**faults.error_rate, "502": rate}, by_family=families)

    return _everywhere(scenario, "faults", change)


def _budget(scenario: Scenario, points: int | None) -> Scenario:
    whole = None if points is None else int(points)
    return _with_limits(scenario, core=whole, graphql=whole, remaining=None, graphql_remaining=None)


def _left(scenario: Scenario, points: int | None) -> Scenario:
    whole = None if points is None else int(points)
    return _with_limits(scenario, remaining=whole, graphql_remaining=whole)


def _with_limits(scenario: Scenario, **changes: Any) -> Scenario:
    return dataclasses.replace(scenario, limits=dataclasses.replace(scenario.limits, **changes))


KNOBS: Mapping[str, Knob] = {
    "latency": Knob(
        "latency [times]", "Every latency of the server, as a multiple of the scenario's own.",
        (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0), "", lambda scenario: 1.0, _slower,
    ),
    "knee": Knob(
        "knee [calls]", "Calls in flight beyond which the server slows down.",
        (2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 75.0, 100.0, None), "none",
        lambda scenario: scenario.server.knee, lambda scenario, value: _everywhere(
            scenario, "server", lambda own: dataclasses.replace(own, knee=value)
        ),
    ),
    "budget": Knob(
        "budget [points/h]", "Points an hour, of REST and of GraphQL alike, all of them left at the start.",
        (60, 100, 200, 500, 1000, 2000, 5000, 15000, None), "no limit",
        lambda scenario: scenario.limits.core, _budget,
    ),
    "left": Knob(
        "left at start [points]", "What is left of each budget at the start.",
        (10, 20, 50, 100, 200, 500, 1000, 2000, None), "all of it",
        lambda scenario: scenario.limits.remaining, _left,
    ),
    "faults": Knob(
        "502 answers [share]", "Share of calls that the server answers with 502.",
        (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2), "",
        lambda scenario: scenario.faults.error_rate.get("502", 0.0), _with_errors,
    ),
}  # fmt: skip
