"""Who is let in to the API: secondary limits, and the hour's budget of each pool."""

from __future__ import annotations

import math
from typing import Literal

from batchlab.hub import refusals
from batchlab.hub.arrival import Arrival
from batchlab.hub.books import Books
from batchlab.hub.limit_rules import Limits
from batchlab.hub.limits import HOUR, PrimaryWindow, SecondaryLimits
from batchlab.hub.messages import Answer

Pool = Literal["core", "anonymous", "graphql"]
_READ_POINTS = 1


class Admission:
    """The ledgers of one GitHub.

    Parameters
    ----------
    limits
        The scenario's section.
    books
        Where spending and refusals are counted.
    """

    def __init__(self, limits: Limits, books: Books) -> None:
        self._limits = limits
        self._books = books
        self._secondary = SecondaryLimits(limits)
        self._windows: dict[Pool, PrimaryWindow] = {}

    def window(self, pool: Pool, epoch: float) -> PrimaryWindow | None:
        """Return a pool's window as it is now, None where it has no limit."""
        window = self._windows.get(pool)
        if window is None:
            window = self._opened(pool, epoch)
            if window is None:
                return None
            self._windows[pool] = window
        window.roll(epoch)
        return window

    def _opened(self, pool: Pool, epoch: float) -> PrimaryWindow | None:
        limits = self._limits
        if pool == "graphql":
            left, reset_in, others = limits.graphql_remaining, limits.graphql_reset_in, limits.graphql_others
            if limits.graphql is None:
                return None
            return PrimaryWindow(limits.graphql, epoch, left, reset_in, others, "graphql")
        if limits.core is None:
            return None
        if pool == "anonymous":
            return PrimaryWindow(limits.anonymous, epoch, None, HOUR)
        return PrimaryWindow(limits.core, epoch, limits.remaining, limits.reset_in, limits.others)

    def secondary_refusal(
        self, arrival: Arrival, service: float, resource: Literal["core", "graphql"]
    ) -> Answer | None:
        """Charge a call to the secondary limits, or return their refusal."""
        refusal = self._secondary.admit(arrival.now, arrival.in_flight, _READ_POINTS, service, resource)
        if refusal is None:
            if resource == "core":
                self._books.points += _READ_POINTS
            else:
                self._books.graphql_points += _READ_POINTS
            return None
        self._books.refused[refusal.rule] += 1
        told = math.ceil(refusal.wait) if self._limits.retry_after else None
        return refusals.secondary_limit(told, self._limits.refusal_status)

    def spends(self, window: PrimaryWindow | None, epoch: float, points: int) -> bool:
        """Take points off a window, and tell whether there were any."""
        if window is None or window.spend(epoch, points):
            return True
        self._books.refused["primary"] += 1
        return False
