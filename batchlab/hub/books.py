"""The embedded GitHub's own count of what it served, kept apart from anything the client counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Call:
    """One call as the server saw it.

    Times are the server's seconds; ``in_flight`` counts the calls in flight when it arrived, itself included;
    ``finished`` is None while it is in flight. A connection that broke has status 0.
    """

    endpoint: str
    target: str
    arrived: float
    in_flight: int
    status: int = 0
    finished: float | None = None


@dataclass
class Books:
    """Totals over the calls of one connection, to all hosts; ``peak_in_flight`` is the API's own.

    ``core_spent`` and ``graphql_spent`` are points of the hour, ``points`` and ``graphql_points`` those of the
    minute. ``bytes_sent`` counts bodies, ``bytes_on_wire`` what the network was charged for them.

    Parameters
    ----------
    keep_log
        Whether each call is kept in ``log``, too.
    """

    keep_log: bool = False
    calls: Counter[tuple[str, int]] = field(default_factory=Counter)
    core_spent: int = 0
    graphql_spent: int = 0
    points: int = 0
    graphql_points: int = 0
    bytes_sent: int = 0
    bytes_on_wire: int = 0
    in_flight: int = 0
    peak_in_flight: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    log: list[Call] = field(default_factory=list)

    @property
    def total_calls(self) -> int:
        """All calls, whatever became of them."""
        return sum(self.calls.values())

    def arrive(self, of_api: int) -> int:
        """Count a call in, and return the calls in flight with it, of which so many are the API's."""
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, of_api)
        return self.in_flight

    def add(self, call: Call) -> None:
        """Write down a call, whatever became of it."""
        self.calls[call.endpoint, call.status] += 1
        if self.keep_log:
            self.log.append(call)

    def depart(self) -> None:
        """Count a call out."""
        self.in_flight -= 1

    def summary(self) -> dict[str, Any]:
        """Return the totals as JSON can carry them; calls are keyed ``"endpoint status"``."""
        return {
            "calls": {f"{endpoint} {status}": n for (endpoint, status), n in sorted(self.calls.items())},
            "total_calls": self.total_calls,
            "core_spent": self.core_spent,
            "graphql_spent": self.graphql_spent,
            "points": self.points,
            "graphql_points": self.graphql_points,
            "bytes_sent": self.bytes_sent,
            "bytes_on_wire": self.bytes_on_wire,
            "in_flight": self.in_flight,
            "peak_in_flight": self.peak_in_flight,
            "refused": dict(sorted(self.refused.items())),
        }
