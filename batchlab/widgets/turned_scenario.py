"""The conditions under a hand: a scenario, and the knobs that are turned on it."""

from __future__ import annotations

from collections.abc import Mapping

from batchlab.hub.scenario import Scenario
from batchlab.widgets.scenario_knobs import turned


class TurnedScenario:
    """A scenario with some knobs turned.

    Parameters
    ----------
    base
        The conditions to begin with.

    Attributes
    ----------
    base
        The scenario without its knobs turned.
    values
        The knobs that are turned, by name.
    scenario
        The conditions in force.
    """

    def __init__(self, base: Scenario) -> None:
        self.base = self.scenario = base
        self.values: dict[str, float | None] = {}
        self._known = {base.name: base}

    def turn(self, scenario: str | Scenario | None, values: Mapping[str, float | None]) -> None:
        """Turn knobs of the scenario in force, or of another one that begins with its own values; all or none.

        Raises
        ------
        InputError
            There is no such scenario or knob, or a value is impossible; nothing has changed.
        """
        base, old = (self.base, self.values) if scenario is None else (self._named(scenario), {})
        self.scenario = turned(base, old | dict(values))
        self.base, self.values = base, old | dict(values)
        self._known[base.name] = base

    def _named(self, scenario: str | Scenario) -> Scenario:
        known = self._known.get(scenario) if isinstance(scenario, str) else None
        return known or Scenario.load(scenario)

    def __str__(self) -> str:
        return ", ".join([f"scenario {self.base.name}", *(f"{name} {value}" for name, value in self.values.items())])
