"""GitHub's CPU rule for GraphQL, kept from outside: seconds of service within any minute."""

from __future__ import annotations

import math
from collections import deque


class ServiceWindow:
    """Hold calls back so that their service times stay under a sum a minute.

    The server counts CPU seconds and does not tell them; GitHub's documentation calls the response time a rough
    estimate of them. A call under way is guessed to take as long as the longest of the last ones.

    Parameters
    ----------
    seconds
        Service time allowed within 60 s.

    References
    ----------
    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
    """

    LENGTH = 60.0
    FIRST_GUESS = 2.0  # seconds
    MEMORY = 8  # calls that the guess looks back on

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ended: deque[tuple[float, float]] = deque()
        self._recent: deque[float] = deque(maxlen=self.MEMORY)
        self._in_flight = 0

    def sent(self) -> None:
        """Take note of a call on its way."""
        self._in_flight += 1

    def ended(self, sent: float, now: float) -> None:
        """Take note of the end of a call that was sent at ``sent``; both in seconds on the run's clock."""
        self._in_flight -= 1
        self._ended.append((sent, now - sent))
        self._recent.append(now - sent)

    def delay(self, now: float) -> float:
        """Return the seconds to hold the next call back; infinite until one under way has ended."""
        while self._ended and self._ended[0][0] + self.LENGTH <= now:
            self._ended.popleft()
        guess = max(self._recent, default=self.FIRST_GUESS)
        used = math.fsum(seconds for _, seconds in self._ended) + self._in_flight * guess
        if used == 0.0 or used + guess <= self.seconds:
            return 0.0
        return self._ended[0][0] + self.LENGTH - now if self._ended else math.inf
