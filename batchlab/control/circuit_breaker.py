"""The circuit breaker: when the network is down, one trial call at a time instead of a queue full of failures.

Counts and times only; which errors speak of the network is the caller's to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class BreakerState(Enum):
    """Closed: calls go. Open: none go. Half-open: one trial call is out."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerChange:
    """The state before, the new one, and why."""

    old: BreakerState
    state: BreakerState
    why: str


class CircuitBreaker:
    """Open after failures in a row, half-open after a cool-down, close on the first success.

    Failures in a row, not a share of them, tell that the network is down: as long as some calls get through,
    retries do, and standing still would only be slower. A connection that breaks under many calls at once opens
    it too, for one cool-down; the first trial then closes it. What counts as a failure is a call without a
    usable answer; a rate limit, a missing file or a refused token is an answer, and a success here.

    Parameters
    ----------
    failures
        Failures in a row that open it, at least 1.
    cool_down
        Seconds from opening to the first trial call; doubled by each trial that fails.
    longest
        Seconds that a cool-down grows to at most.

    References
    ----------
    M. Nygard, "Release It!", 2nd edition, 2018, chapter 5; https://martinfowler.com/bliki/CircuitBreaker.html

    Examples
    --------
    >>> breaker = CircuitBreaker(failures=2, cool_down=5.0)
    >>> breaker.failed(0.0), breaker.failed(0.5).state
    (None, <BreakerState.OPEN: 'open'>)
    >>> breaker.delay(1.5)
    4.0
    """

    def __init__(self, failures: int = 10, cool_down: float = 2.0, longest: float = 60.0) -> None:
        self.state = BreakerState.CLOSED
        self._threshold = failures
        self._first_cool_down = self._cool_down = cool_down
        self._longest = longest
        self._in_a_row = 0
        self._next_trial = 0.0
        self._down_since = 0.0

    def delay(self, now: float) -> float:
        """Return the seconds to hold back a call; always finite, since a trial call may never be answered."""
        return 0.0 if self.state is BreakerState.CLOSED else max(0.0, self._next_trial - now)

    def down_for(self, now: float) -> float:
        """Return the seconds since it left the closed state; 0 while closed."""
        return 0.0 if self.state is BreakerState.CLOSED else now - self._down_since

    def sent(self, now: float) -> BreakerChange | None:
        """Take note of a call on its way; while open it is the trial call."""
        if self.state is BreakerState.CLOSED:
            return None
        self._next_trial = now + self._cool_down
        return self._turn(BreakerState.HALF_OPEN, "a trial call is sent")

    def succeeded(self, now: float) -> BreakerChange | None:
        """Take note of a call that was answered; return the change of state, if any."""
        self._in_a_row = 0
        self._cool_down = self._first_cool_down
        return self._turn(BreakerState.CLOSED, f"a call got through after {self.down_for(now):.0f} s")

    def failed(self, now: float) -> BreakerChange | None:
        """Take note of a call that was not answered; return the change of state, if any.

        While open that is a straggler, sent before, and says nothing new.
        """
        self._in_a_row += 1
        if self.state is BreakerState.CLOSED and self._in_a_row >= self._threshold:
            self._down_since = now
            return self._open(now, f"{self._in_a_row} calls in a row failed")
        if self.state is BreakerState.HALF_OPEN:
            self._cool_down = min(self._longest, 2.0 * self._cool_down)
            return self._open(now, "the trial call failed")
        return None

    def _open(self, now: float, why: str) -> BreakerChange | None:
        self._next_trial = now + self._cool_down
        return self._turn(BreakerState.OPEN, f"{why}: the next is tried in {self._cool_down:.0f} s")

    def _turn(self, state: BreakerState, why: str) -> BreakerChange | None:
        if state is self.state:
            return None
        change = BreakerChange(self.state, state, why)
        self.state = state
        return change
