"""Remember how many calls in flight a server has refused, and tell how many it will bear."""

from __future__ import annotations

import math
from collections import deque


class Refusals:
    """Rate limits that were met with too many calls in flight.

    Each is remembered for an hour, for twice as long after each further one. Where the first refused call was sent with
    more in flight than any good one of late, nine tenths of what was good will be borne; else half of the calls that
    are served at once.

    Attributes
    ----------
    most
        Calls in flight that are allowed while a refusal is remembered; infinite where none is.

    Examples
    --------
    >>> refusals = Refusals()
    >>> refusals.good(20)
    >>> refusals.refused(21)
    >>> refusals.bears(served=20.0)
    18
    >>> refusals.good(31)
    >>> refusals.bears(served=20.0)
    10
    """

    PROVED = 0.9  # of the calls in flight that were not refused
    OF_LATE = 256  # calls: what a server refuses by now it may have borne before
    REMEMBERED = 3600.0  # seconds

    def __init__(self) -> None:
        self.most = math.inf
        self._good: deque[int] = deque(maxlen=self.OF_LATE)
        self._refused, self._is_over = math.inf, False
        self._until, self._seconds = -math.inf, self.REMEMBERED

    def good(self, in_flight: int) -> None:
        """Take note of a call that was answered, and of how many were in flight when it was sent.

        What was good before a limit was met says nothing once calls are served again.
        """
        if self._is_over:
            self._good.clear()
            self._is_over = False
        self._good.append(in_flight)

    def refused(self, in_flight: int) -> None:
        """Take note of a call that was not, and of how many were in flight; the first need not be told first."""
        if in_flight:
            self._refused = min(self._refused, in_flight)

    @property
    def is_new_ground(self) -> bool:
        """Whether the first refused call had more in flight than any good one of late."""
        return max(self._good, default=0) < self._refused < math.inf

    def bears(self, served: float) -> int:
        """Return the calls in flight that the server will bear, of which so many are served at once."""
        return max(1, math.floor(self.PROVED * (self._refused - 1) if self.is_new_ground else served / 2))

    def remember(self, most: int, now: float) -> None:
        """Allow no more than so many in flight for a while."""
        self.most, self._is_over = most, True
        self._until, self._seconds = now + self._seconds, 2 * self._seconds

    def forget(self, now: float) -> None:
        """Allow any number again, if that while is over."""
        if now >= self._until:
            self.most = math.inf
