"""What a laboratory reads from: the hub that it was given, or the embedded GitHub with another world or scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from batchlab.batch_models import Repository
from batchlab.errors import InputError
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.hub.world_spec import WorldSpec
from batchlab.hubs import Hub

BY_SCENARIO = "the scenario's own"
WORLDS: Mapping[str, Callable[[], World | None]] = {
    "sample": World.sample,
    BY_SCENARIO: lambda: None,
    "30 repositories of 40 files": lambda: WorldSpec.generated(30, 40, 2_000).build(),
    "300 repositories of 20 files": lambda: WorldSpec.generated(300, 20, 2_000).build(),
}


class Conditions:
    """The worlds and scenarios that may be chosen, and the hub of each choice.

    Parameters
    ----------
    hub
        What is read from unless another choice is made.
    repositories
        What to read there; all of it unless given. Of another world everything is read.
    """

    def __init__(self, hub: Hub, repositories: Iterable[Repository | str] | Repository | str | None = None) -> None:
        self._given, self._repositories = hub, repositories
        self.world = hub.name
        self.scenario = hub.scenario.name if isinstance(hub, (SimHub, LoopbackHub)) else "the network's own"
        self.changeable = isinstance(hub, SimHub)
        self.worlds: tuple[str, ...] = (self.world,)
        self.scenarios: tuple[str, ...] = (self.scenario,)
        if self.changeable:
            self.worlds = tuple(dict.fromkeys((self.world, *WORLDS)))
            self.scenarios = tuple(dict.fromkeys((self.scenario, *Scenario.names())))

    def hub_of(self, world: str, scenario: str) -> Hub:
        """Return the hub with that world and scenario: the given one where it has them.

        Raises
        ------
        InputError
            There is no such world or scenario to choose.
        """
        for name, choice, accepted in (("world", world, self.worlds), ("scenario", scenario, self.scenarios)):
            if choice not in accepted:
                raise InputError(f"{name}={choice!r} cannot be chosen; accepted: {', '.join(accepted)}")
        given = self._given
        if not isinstance(given, SimHub) or (world, scenario) == (self.world, self.scenario):
            return given
        conditions = given.scenario if scenario == self.scenario else scenario
        if world == self.world:
            return given.under(conditions)
        return SimHub(WORLDS[world](), conditions, token=given.token, seed=given.seed, speed=given.speed)

    def repositories_of(self, world: str) -> Iterable[Repository | str] | Repository | str | None:
        """Return what to read there; None for everything."""
        return self._repositories if world == self.world else None
