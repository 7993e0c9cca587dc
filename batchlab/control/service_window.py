"""GitHub's CPU rules, kept from outside: seconds of service within any minute."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

FEW = 4  # calls at once that spend a minute's seconds soon enough, and do not slow one another down


class ServiceWindow:
    """Hold calls back so that their service times stay under a sum a minute.

    The server counts CPU seconds and does not tell them; GitHub's documentation calls the response time a rough
    estimate of them. A call under way counts with what it is expected to take, and the next one is guessed to take as
    long as the longest of the last ones.

    Parameters
    ----------
    seconds
        Service time allowed within 60 s.
    first
        Calls under way until one has ended, and told how far expectations can be trusted.
    together
        Calls under way while more is wanted than the minute has room for: a crowd makes each take longer, and so spends
        seconds for nothing.

    References
    ----------
    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
    """

    LENGTH = 60.0 + 0.05  # seconds: two calls may take different times to arrive
    MEMORY = 8  # calls that the guess of the next one looks back on
    FIRST = 8
    MARGIN = 1.1  # times what is expected of calls under way

    def __init__(self, seconds: float, *, first: float = FIRST, together: float = math.inf) -> None:
        self.seconds, self._first, self._together = seconds, first, together
        self._ended: deque[tuple[float, float]] = deque()
        self._spent = 0.0
        self._recent: deque[float] = deque(maxlen=self.MEMORY)
        self._expected = 0.0
        self._in_flight = 0

    def spent(self, now: float) -> float:
        """Return the seconds of the calls of the last minute that have ended."""
        self._forget(now)
        return self._spent

    def sent(self, expected: float = 0.0) -> None:
        """Take note of a call on its way that is expected to take so many seconds."""
        self._in_flight += 1
        self._expected += expected

    def ended(self, sent: float, now: float, expected: float = 0.0, *, share: float = 1.0) -> None:
        """Take note of the end of a call that was sent at ``sent``; both in seconds on the run's clock.

        ``share`` of the time between counts.
        """
        seconds = share * (now - sent)
        self._in_flight -= 1
        self._expected = self._expected - expected if self._in_flight else 0.0
        self._ended.append((sent, seconds))
        self._spent += seconds
        self._recent.append(seconds)
        self._forget(now)

    def delay(self, now: float, demand: Callable[[], int] = lambda: 1) -> float:
        """Return the seconds to hold the next call back; infinite until one under way has ended.

        ``demand`` returns the calls that everything waiting needs.
        """
        if self.seconds == math.inf:
            return 0.0
        self._forget(now)
        if self._in_flight >= self._together and self._recent and self._is_short_for(demand()):
            return math.inf
        if not self._recent and self._in_flight >= self._first:
            return math.inf
        under_way = self.MARGIN * self._expected
        following = max(self._recent, default=self.MARGIN * self._expected / max(1, self._in_flight))
        if not self._in_flight and not self._ended:
            return 0.0
        if self._spent + under_way + following <= self.seconds:
            return 0.0
        return self._ended[0][0] + self.LENGTH - now if self._ended else math.inf

    def _is_short_for(self, calls: int) -> bool:
        """Whether the minute has no room for so many beside those under way."""
        each = sum(self._recent) / len(self._recent)
        return self._spent + (self._in_flight + calls) * each > self.seconds

    def _forget(self, now: float) -> None:
        while self._ended and self._ended[0][0] + self.LENGTH <= now:
            self._spent -= self._ended.popleft()[1]
        if not self._ended:
            self._spent = 0.0
