"""The embedded GitHub in process: a hub without a network, on virtual time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from batchlab.batch_models import Repository
from batchlab.cards import card
from batchlab.errors import InputError
from batchlab.hub.addresses import Addresses
from batchlab.hub.books import Books
from batchlab.hub.scenario import Scenario
from batchlab.hub.service import DEFAULT_TOKEN, EmbeddedGitHub
from batchlab.hub.transport import HubTransport
from batchlab.hub.world import World, listed


class SimHub:
    """A GitHub to read from, in this process.

    On a virtual loop hours of its time pass in seconds. On an ordinary loop its waits take real seconds
    divided by ``speed``: none at all by default.

    Parameters
    ----------
    world
        The repositories; the scenario's work by default, and the sample world where it has none.
    scenario
        The conditions: a name, a YAML file, or a `Scenario`.
    token
        The token that the client must send.
    seed
        Of all random draws, 0 or more.
    speed
        How many times faster than real time, above 0; for ordinary loops only.
    keep_log
        Whether the books keep every call.

    Examples
    --------
    >>> SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits")
    <SimHub built: 1 repositories, scenario no-limits, seed 0>
    """

    virtual = True
    base_url = Addresses().api

    def __init__(
        self,
        world: World | None = None,
        scenario: str | Path | Scenario = "typical",
        *,
        token: str = DEFAULT_TOKEN,
        seed: int = 0,
        speed: float = math.inf,
        keep_log: bool = False,
    ) -> None:
        if not speed > 0:
            raise InputError(f"speed is {speed}; write a number above 0, or math.inf for no waits")
        self.scenario = Scenario.load(scenario).with_seed(seed)
        work = self.scenario.work if world is None else None
        self.world = world if world is not None else work.world() if work else World.sample()
        self.held = dict(work.held()) if work else {}
        self.token = token
        self.seed = seed
        self.speed = speed
        self.name = self.world.name
        self._github = EmbeddedGitHub(self.world, self.scenario, token, keep_log=keep_log)

    @classmethod
    def sample(cls, scenario: str | Path | Scenario = "typical", seed: int = 0) -> SimHub:
        """Return a hub with the sample world; the seed draws the weather, not the world."""
        return cls(World.sample(), scenario, seed=seed)

    @classmethod
    def from_git(cls, *paths: str | Path, scenario: str | Path | Scenario = "typical", seed: int = 0) -> SimHub:
        """Return a hub with git repositories on disk, each ``path`` or ``path@ref``."""
        return cls(World.from_git(paths), scenario, seed=seed)

    @classmethod
    def from_corpus(cls, folder: str | Path, scenario: str | Path | Scenario = "typical", seed: int = 0) -> SimHub:
        """Return a hub with the repositories that parquet files describe."""
        return cls(World.from_corpus(folder), scenario, seed=seed)

    @property
    def repositories(self) -> tuple[Repository, ...]:
        """The repositories that can be read here."""
        return self.world.repositories

    @property
    def books(self) -> Books:
        """The server's own count over the latest connection."""
        return self._github.books

    def connect(self, seed: int | None = None) -> HubTransport:
        """Return a transport to a GitHub without a past, so that every run starts alike.

        Parameters
        ----------
        seed
            Of this connection's draws; the hub's own by default.

        Returns
        -------
        HubTransport
            For ``httpx.AsyncClient(transport=..., base_url=hub.base_url)``; also an async context manager.
        """
        self._github = self._github.renewed(self.seed if seed is None else seed)
        return HubTransport(self._github, self.speed)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_github"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._github = EmbeddedGitHub(self.world, self.scenario, self.token)

    def subset(self, names: Iterable[str]) -> SimHub:
        """Return a hub of some of the repositories under the same conditions."""
        return SimHub(self.world.subset(names), self.scenario, token=self.token, seed=self.seed, speed=self.speed)

    def under(self, scenario: str | Path | Scenario) -> SimHub:
        """Return a hub of the same world, holding the same blobs and answers, under other conditions."""
        hub = SimHub(self.world, scenario, token=self.token, seed=self.seed, speed=self.speed)
        hub.held = dict(self.held)
        hub._github = self._github.under(hub.scenario)
        return hub

    def _repr_html_(self) -> str:
        facts = {"repositories": f"{len(self.world):,}", "scenario": self.scenario.name, "seed": self.seed}
        details = {"Repositories": listed(self.repositories)}
        return card(f"SimHub {self.name}: the embedded GitHub, in virtual time", facts, details)

    def __repr__(self) -> str:
        return f"<SimHub {self.name}: {len(self.world)} repositories, scenario {self.scenario.name}, seed {self.seed}>"
