"""The conditions under which the embedded GitHub serves: latency, network, server, limits, faults.

A scenario is data, read from YAML and checked; what it does to a call is decided in `batchlab.hub.service`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from batchlab.errors import InputError
from batchlab.package_data import data_folder

FAULT_KINDS = ("502", "503", "reset")


@dataclass(frozen=True)
class Latency:
    """Seconds from a call's arrival to its first byte on an idle server.

    Parameters
    ----------
    median
        Median in seconds, 0 or more.
    sigma
        Standard deviation of the natural logarithm, 0 or more.
    tail_share
        Share of calls that are slow instead, 0 to 1.
    tail_shortest, tail_longest
        Range in seconds of the slow ones.
    cap
        Seconds after which the server gives up with a 504, None for never.
    """

    median: float = 0.2
    sigma: float = 0.0
    tail_share: float = 0.0
    tail_shortest: float = 1.0
    tail_longest: float = 3.0
    cap: float | None = None

    def __post_init__(self) -> None:
        _at_least(0, self, "median", "sigma", "tail_shortest")
        _share(self, "tail_share")
        _at_least(self.tail_shortest, self, "tail_longest")
        _positive(self, "cap")


@dataclass(frozen=True)
class Network:
    """Bytes per second between client and server; None stands for no bound.

    Parameters
    ----------
    link
        Of the link that all connections share.
    connection
        Of one connection.
    """

    link: float | None = None
    connection: float | None = None

    def __post_init__(self) -> None:
        _positive(self, "link", "connection")


@dataclass(frozen=True)
class Server:
    """How the server slows down under load.

    Parameters
    ----------
    knee
        Calls served at once without slowing. With n above it, service takes n / knee times as long. None for
        a server that never slows.
    kappa
        Retrograde part, 0 or more: beyond the knee service takes 1 + kappa (n - knee) times longer still.

    References
    ----------
    Gunther, "A General Theory of Computational Scalability Based on Rational Functions",
    https://arxiv.org/abs/0808.1431
    """

    knee: float | None = None
    kappa: float = 0.0

    def __post_init__(self) -> None:
        _positive(self, "knee")
        _at_least(0, self, "kappa")


@dataclass(frozen=True)
class Limits:
    """GitHub's limits; None switches one off.

    Parameters
    ----------
    core
        Requests an hour of a caller with a token. None stands for a server whose rate limiting is off: it
        sends no rate-limit headers, and ``/rate_limit`` answers 404, as on GitHub Enterprise Server.
    anonymous
        Requests an hour of callers without a token.
    remaining
        Requests left at the start, None for all of them.
    reset_in
        Seconds from the start to the end of the first window, 0 to 3600.
    in_flight
        Calls at once.
    points_per_minute
        Points within any 60 s; reading costs one a call.
    cpu_seconds_per_minute
        CPU seconds within any 60 s.
    cpu_share
        Part of the service time that is charged as CPU, 0 to 1.
    lockout
        Seconds for which a call that breaks a secondary limit shuts everything out.
    retry_after
        Whether refusals by a secondary limit say how long to wait.

    References
    ----------
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """

    core: int | None = None
    anonymous: int = 60
    remaining: int | None = None
    reset_in: float = 3600.0
    in_flight: int | None = None
    points_per_minute: int | None = None
    cpu_seconds_per_minute: float | None = None
    cpu_share: float = 0.25
    lockout: float = 60.0
    retry_after: bool = True

    def __post_init__(self) -> None:
        _positive(self, "core", "in_flight", "points_per_minute", "cpu_seconds_per_minute", "lockout")
        _at_least(0, self, "remaining", "reset_in", "anonymous")
        _share(self, "cpu_share")


@dataclass(frozen=True)
class Faults:
    """What goes wrong at random.

    Parameters
    ----------
    error_rate
        Share of calls, 0 to 1, by kind: ``"502"`` and ``"503"`` are answers, ``"reset"`` is a connection
        that breaks before the answer.
    """

    error_rate: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rates = {str(kind): share for kind, share in self.error_rate.items()}
        object.__setattr__(self, "error_rate", rates)
        for kind in rates:
            _known(kind, FAULT_KINDS, "fault")
        if any(share < 0 for share in rates.values()) or sum(rates.values()) > 1:
            raise InputError(f"error_rate is {rates}; write shares of 0 or more that add up to 1 at most")


@dataclass(frozen=True)
class Scenario:
    """The conditions of one experiment.

    Parameters
    ----------
    name
        What it is called in tables and on the command line.
    description
        One or two sentences: what it stands for and where its numbers come from.
    latency, network, server, limits, faults
        The sections, each with its own fields.
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
    seed: int = 0

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
            _known(str(name_or_path), cls.names(), "scenario")
            path = _folder() / f"{name_or_path}.yaml"
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as problem:
            raise InputError(f"scenario file {path} cannot be read: {problem}") from problem
        return cls.parse(document, name=path.stem)

    @classmethod
    def parse(cls, document: Any, name: str = "unnamed") -> Scenario:
        """Return the scenario that a YAML document describes; what it leaves out keeps its default."""
        values = {"name": name} | _mapping(document, "scenario")
        for key in values:
            _known(key, [entry.name for entry in fields(cls)], "field of a scenario")
        for section, kind in _SECTIONS.items():
            if section in values:
                values[section] = _section(kind, section, values[section])
        return cls(**values)

    def with_seed(self, seed: int) -> Scenario:
        """Return the same conditions under other draws."""
        return replace(self, seed=seed)


_Section = Latency | Network | Server | Limits | Faults
_SECTIONS: Mapping[str, type[_Section]] = {
    "latency": Latency,
    "network": Network,
    "server": Server,
    "limits": Limits,
    "faults": Faults,
}


def _folder() -> Path:
    return data_folder() / "scenarios"


def _mapping(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"the {what} is {value!r}; write a mapping of field names to values")
    return value


def _section(kind: type[_Section], section: str, value: Any) -> _Section:
    values = _mapping(value, f"section {section!r} of a scenario")
    for key in values:
        _known(key, [entry.name for entry in fields(kind)], f"field of section {section!r}")
    return kind(**values)


def _known(value: str, accepted: tuple[str, ...] | list[str], what: str) -> None:
    if value not in accepted:
        nearest = difflib.get_close_matches(str(value), accepted, 1)
        hint = f"did you mean {nearest[0]!r}? " if nearest else ""
        raise InputError(f"{value!r} is no {what}; {hint}accepted: {', '.join(accepted)}")


def _number(section: object, name: str) -> float | None:
    value = getattr(section, name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise InputError(f"{name} is {value!r}; write a number")
    return value


def _positive(section: object, *names: str) -> None:
    for name in names:
        value = _number(section, name)
        if value is not None and not value > 0:
            raise InputError(f"{name} is {value}; write a number above 0, or leave it out to switch it off")


def _at_least(least: float, section: object, *names: str) -> None:
    for name in names:
        value = _number(section, name)
        if value is not None and not value >= least:
            raise InputError(f"{name} is {value}; write a number of {least:g} or more")


def _share(section: object, name: str) -> None:
    value = _number(section, name)
    if value is None or not 0 <= value <= 1:
        raise InputError(f"{name} is {value}; write a share from 0 to 1")
