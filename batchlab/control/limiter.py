"""Count the calls in flight against a limit that may change at any moment."""

from __future__ import annotations


class Limiter:
    """Slots for calls: growth is usable at once, shrinking drains.

    Parameters
    ----------
    limit
        Calls that may be in flight, at least 1.
    """

    def __init__(self, limit: int) -> None:
        self.limit = max(1, limit)
        self.has_shrunk = False
        self.paused = False
        self.in_flight = 0
        self.peak = 0

    @property
    def free(self) -> bool:
        """Whether one more call may be sent."""
        return self.in_flight < self.in_force

    @property
    def in_force(self) -> int:
        """Calls that may be in flight now: none while paused."""
        return 0 if self.paused else self.limit

    def resize(self, limit: int) -> None:
        """Change the limit; calls over a lower one end by themselves."""
        self.has_shrunk |= limit < self.limit
        self.limit = max(1, limit)

    def take(self) -> None:
        """Take a slot; the caller has seen that one is free."""
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)

    def give_back(self) -> None:
        """Give a slot back."""
        self.in_flight -= 1
