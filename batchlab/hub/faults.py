"""What goes wrong at random: kinds, rates by family of endpoints, and bursts.

Whether a fault strikes is drawn by the identity of the request; see `batchlab.hub.weather`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from batchlab.errors import InputError
from batchlab.hub.checks import at_least, known, positive, share

FAULT_KINDS = ("502", "503", "reset", "truncated", "html", "slow", "429", "secondary", "secondary-silent")
FAMILIES = ("rest", "graphql", "archives", "raw")


@dataclass(frozen=True)
class Faults:
    """What goes wrong at random.

    Parameters
    ----------
    error_rate
        Share of calls, 0 to 1, by kind. ``"502"`` and ``"503"`` are answers; ``"reset"`` is a connection that
        breaks before the answer, ``"truncated"`` one that breaks in the middle of the body; ``"html"`` is an
        error page with status 200; ``"slow"`` takes ``slow_factor`` times as long; ``"429"`` and
        ``"secondary"`` are refusals that say how long to wait, ``"secondary-silent"`` is one that does not.
    by_family
        Rates of one family of endpoints instead: ``"rest"``, ``"graphql"``, ``"archives"`` or ``"raw"``.
    slow_factor
        Times as long, 1 or more.
    retry_after
        Seconds that refusals ask to wait.
    burst_share, burst_length, burst_rate
        Time falls into slots of ``burst_length`` seconds, and in this share of them, drawn by slot,
        ``burst_rate`` holds in place of the rates above.
    """

    error_rate: Mapping[str, float] = field(default_factory=dict)
    by_family: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    slow_factor: float = 10.0
    retry_after: float = 60.0
    burst_share: float = 0.0
    burst_length: float = 10.0
    burst_rate: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "error_rate", _rates(self.error_rate, "error_rate"))
        object.__setattr__(self, "burst_rate", _rates(self.burst_rate, "burst_rate"))
        for family in self.by_family:
            known(family, FAMILIES, "family of endpoints")
        families = {name: _rates(rates, f"error_rate of {name}") for name, rates in self.by_family.items()}
        object.__setattr__(self, "by_family", families)
        at_least(1, self, "slow_factor")
        positive(self, "retry_after", "burst_length")
        share(self, "burst_share")

    def rates(self, family: str) -> Mapping[str, float]:
        """Return the rates of a family outside bursts."""
        return self.by_family.get(family, self.error_rate)


def _rates(rates: Mapping[str, float], what: str) -> Mapping[str, float]:
    plain = {str(kind): value for kind, value in rates.items()}
    for kind in plain:
        known(kind, FAULT_KINDS, "fault")
    if any(value < 0 for value in plain.values()) or sum(plain.values()) > 1:
        raise InputError(f"{what} is {plain}; write shares of 0 or more that add up to 1 at most")
    return plain
