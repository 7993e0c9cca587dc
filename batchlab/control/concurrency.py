"""Decide how many calls may be in flight: what does so, what it is told, and a limit that is fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Completion:
    """One call that has ended.

    Parameters
    ----------
    sent, finished
        Seconds on the run's clock.
    ok
        Whether it brought what was asked for.
    at_limit
        Whether it ended with the limit about reached. Otherwise something else sets the rate, such as a budget's
        pace, and the rate says nothing of the limit.
    work
        How many calls for a single file take as long as this one would on an idle server.
    slowdown
        How many times as long it took as it would there; None where that cannot be told. Of calls that failed, only
        those have one that the server ended for their time.
    in_flight
        Calls under way when it was sent, itself included; 0 where that is not known.
    beside
        Others that were under way when it ended.
    refused
        Whether a rate limit refused it.
    """

    sent: float
    finished: float
    ok: bool
    at_limit: bool = True
    work: float = 1.0
    slowdown: float | None = None
    in_flight: int = 0
    beside: int = 0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A new concurrency limit, and why."""

    limit: int
    why: str


class ConcurrencyController(Protocol):
    """What sets the concurrency limit.

    The engine asks for ``limit`` before each call and clamps it to ``max_concurrent_requests``; it tells of
    each completion and of each rate limit met.
    """

    limit: int

    def completed(self, completion: Completion) -> LimitChange | None:
        """Take note of a call that has ended; return a change of the limit, if any."""
        ...

    def throttled(self, now: float) -> LimitChange | None:
        """Take note of a rate limit that was met; return a change of the limit, if any."""
        ...

    def clamp(self, ceiling: int) -> None:
        """Take note of a new ceiling."""
        ...


class FixedLimit:
    """The same limit throughout; halved by a rate limit that was met, and regrown by one a round.

    Parameters
    ----------
    ceiling
        The limit, in calls.
    """

    def __init__(self, ceiling: int) -> None:
        self.limit = self._ceiling = ceiling
        self._since_change = 0

    def completed(self, completion: Completion) -> LimitChange | None:
        """Grow back by one for each round of calls, after a halving."""
        if self.limit >= self._ceiling or not completion.ok:
            return None
        self._since_change += 1
        if self._since_change < self.limit:
            return None
        self._since_change = 0
        self.limit += 1
        return LimitChange(self.limit, "regrows after a rate limit")

    def throttled(self, now: float) -> LimitChange | None:
        """Halve."""
        self.limit, self._since_change = max(1, self.limit // 2), 0
        return LimitChange(self.limit, "halved after a rate limit")

    def clamp(self, ceiling: int) -> None:
        """Follow a change of the ceiling at once; the same ceiling again undoes no halving."""
        if ceiling != self._ceiling:
            self.limit = self._ceiling = ceiling
