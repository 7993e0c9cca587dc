"""The conditions under which the embedded GitHub serves, read from YAML and checked.

A scenario is data; what it does to a call is decided in `batchlab.hub.service`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from batchlab.cards import card, table
from batchlab.errors import InputError
from batchlab.hub.checks import at_least, known, mapping
from batchlab.hub.conditions import Latency, Network, Server
from batchlab.hub.endpoint_families import Archives, GraphQL, RawFiles, Throttle
from batchlab.hub.faults import FAULT_KINDS, Faults
from batchlab.hub.limit_rules import Limits
from batchlab.hub.work import Work
from batchlab.package_data import data_folder

__all__ = [
    "FAULT_KINDS",
    "Archives",
    "Faults",
    "GraphQL",
    "Latency",
    "Limits",
    "Network",
    "Period",
    "RawFiles",
    "Scenario",
    "Server",
    "Throttle",
]


@dataclass(frozen=True)
class Period:
    """What holds from an instant on, until the next period begins: a drift, a brown-out.

    Parameters
    ----------
    start
        Seconds since the first call.
    latency, server, faults, graphql, archives, raw
        Sections that stand in place of the scenario's own, whole; those that are None stay the scenario's.
    """

    start: float
    latency: Latency | None = None
    server: Server | None = None
    faults: Faults | None = None
    graphql: GraphQL | None = None
    archives: Archives | None = None
    raw: RawFiles | None = None

    def __post_init__(self) -> None:
        at_least(0, self, "start")

    def changes(self) -> dict[str, Any]:
        """Return the sections that are given, by name."""
        names = (entry.name for entry in fields(self) if entry.name != "start")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


@dataclass(frozen=True, repr=False)
class Scenario:
    """The conditions of one experiment.

    Parameters
    ----------
    name
        What it is called in tables and on the command line.
    description
        One or two sentences: what it stands for and where its numbers come from.
    latency, network, server, limits, faults, graphql, archives, raw
        The sections, each with its own fields.
    periods
        What changes in the course of time, by start.
    work
        What there is to read where no world is given; None for the sample world.
    seed
        Of all its random draws.

    Examples
    --------
    >>> Scenario.load("typical").limits.core
    5000
    """

    name: str
    description: str = ""
    latency: Latency = field(default_factory=Latency)
    network: Network = field(default_factory=Network)
    server: Server = field(default_factory=Server)
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    graphql: GraphQL = field(default_factory=GraphQL)
    archives: Archives = field(default_factory=Archives)
    raw: RawFiles = field(default_factory=RawFiles)
    periods: tuple[Period, ...] = ()
    work: Work | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        starts = [period.start for period in self.periods]
        if starts != sorted(set(starts)):
            raise InputError(f"the periods start at {starts}; write them in the order of time, each start once")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the scenarios that come with the package."""
        return tuple(sorted(file.stem for file in _folder().glob("*.yaml")))

    @classmethod
    def load(cls, name_or_path: str | Path | Scenario) -> Scenario:
        """Return a scenario by name, or from a YAML file of the same form.

        Raises
        ------
        InputError
            Neither a known name nor a readable file; or the file has unknown or impossible values.
        """
        if isinstance(name_or_path, Scenario):
            return name_or_path
        path = Path(name_or_path)
        if path.suffix not in (".yaml", ".yml"):
            known(str(name_or_path), cls.names(), "scenario")
            path = _folder() / f"{name_or_path}.yaml"
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as problem:
            raise InputError(f"scenario file {path} cannot be read: {problem}") from problem
        return cls.parse(document, name=path.stem)

    @classmethod
    def parse(cls, document: Any, name: str = "unnamed") -> Scenario:
        """Return the scenario that a YAML document describes; what it leaves out keeps its default."""
        scenario: Scenario = _parsed(cls, "scenario", {"name": name} | mapping(document, "scenario"))
        return scenario

    def with_seed(self, seed: int) -> Scenario:
        """Return the same conditions under other draws."""
        return replace(self, seed=seed)

    def at(self, seconds: float) -> Scenario:
        """Return the conditions that hold so many seconds after the first call."""
        if not self.periods:
            return self
        return self._phases[bisect_right(self._starts, seconds)]

    def _repr_html_(self) -> str:
        work = (
            f"{self.work.repositories:,} repositories of {self.work.files:,} files" if self.work else "the world's own"
        )
        facts = {"description": self.description, "work": work, "periods": len(self.periods), "seed": self.seed}
        sections = ((name, getattr(self, name, None)) for name in _SECTIONS)
        conditions = {
            f"{name}: {f.name}": getattr(part, f.name) for name, part in sections if part for f in fields(part)
        }
        return card(f"Scenario {self.name}", facts, {"Conditions": table(conditions)})

    def __repr__(self) -> str:
        usual = Scenario(self.name)
        changed = [name for name in _SECTIONS if getattr(self, name, None) != getattr(usual, name, None)]
        return f"<Scenario {self.name}, seed {self.seed}: {', '.join(changed) or 'no section'} of its own>"

    @cached_property
    def _starts(self) -> list[float]:
        return [period.start for period in self.periods]

    @cached_property
    def _phases(self) -> list[Scenario]:
        return [self, *(replace(self, periods=(), **period.changes()) for period in self.periods)]


_SECTIONS: Mapping[str, type] = {
    "latency": Latency,
    "network": Network,
    "server": Server,
    "limits": Limits,
    "faults": Faults,
    "graphql": GraphQL,
    "archives": Archives,
    "raw": RawFiles,
    "throttle": Throttle,
    "work": Work,
}
_NESTING: tuple[type, ...] = (Scenario, Period, Archives, RawFiles)


def _folder() -> Path:
    return data_folder() / "scenarios"


def _parsed(kind: Callable[..., Any], what: str, document: Any) -> Any:
    """Build a section, or the scenario itself, with the sections in it."""
    values = mapping(document, what)
    names = [entry.name for entry in fields(kind)]  # type: ignore[arg-type]
    for key, value in values.items():
        known(key, names, f"field of {what}")
        if kind in _NESTING and key in _SECTIONS and value is not None:
            values[key] = _parsed(_SECTIONS[key], f"section {key!r}", value)
    if kind is Scenario:
        values["periods"] = tuple(_parsed(Period, "a period", entry) for entry in values.get("periods") or ())
    return kind(**values)
