"""Count the calls in flight against a limit that may change at any moment."""

from __future__ import annotations

import sys

ABOUT = 0.75  # share of the limit from which it counts as reached


class Limiter:
    """Slots for calls: growth is usable at once, shrinking drains.

    Parameters
    ----------
    limit
        Calls that the API may have in flight, at least 1.
    ceiling
        Calls that may be in flight whoever answers them.

    Attributes
    ----------
    in_flight, peak
        Calls in flight, and the most at once.
    elsewhere
        Those of them that another host answers, as it does archives: the limit is none of its.

    Examples
    --------
    >>> limiter = Limiter(1)
    >>> limiter.take()
    >>> limiter.free
    False
    >>> limiter.move()
    >>> limiter.free, limiter.in_force
    (True, 2)
    """

    def __init__(self, limit: int, ceiling: int = sys.maxsize) -> None:
        self.limit, self.ceiling = max(1, limit), ceiling
        self.has_shrunk = False
        self.paused = False
        self.in_flight = self.elsewhere = self.peak = 0

    @property
    def free(self) -> bool:
        """Whether one more call may be sent."""
        return self.in_flight < self.in_force

    @property
    def in_force(self) -> int:
        """Calls that may be in flight now: none while paused."""
        return 0 if self.paused else min(self.limit + self.elsewhere, self.ceiling)

    @property
    def of_api(self) -> int:
        """Calls in flight that the API answers."""
        return self.in_flight - self.elsewhere

    @property
    def is_reached(self) -> bool:
        """Whether about as many calls are in flight as the API may have."""
        return self.of_api >= ABOUT * self.limit

    def resize(self, limit: int) -> None:
        """Change the limit; calls over a lower one end by themselves."""
        self.has_shrunk |= limit < self.limit
        self.limit = max(1, limit)

    def take(self) -> None:
        """Take a slot; the caller has seen that one is free."""
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)

    def move(self) -> None:
        """Take note that a call goes on with another host."""
        self.elsewhere += 1

    def give_back(self, *, elsewhere: bool = False) -> None:
        """Give a slot back, of a call that went on with another host or of one that did not."""
        self.in_flight -= 1
        self.elsewhere -= elsewhere
