"""The budget governor: how long a call must be held back so that no rate limit is met.

One `Budget` a rate-limit resource (``core``, ``graphql``), one `MinuteWindow` a minute rule. Times are UTC
epoch seconds for budgets, because GitHub names resets so, and seconds on the run's clock for minutes.

References
----------
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

CLOCK_SKEW = 1.0  # seconds after a reset before the new window is trusted to have begun
RESET_JITTER = 5.0  # seconds by which two answers may name the same reset differently
WINDOW = 3600.0  # seconds from one reset to the next
STALE = 2.0  # seconds for which others who use the same budget spend unseen: an answer's way here, a call's way there
FIRST_CALLS = 8  # calls sent before the first answer tells what is left


class Pacing(Enum):
    """When calls are spread over time instead of being sent as soon as there is a slot."""

    NONE = "none"
    SCARCE = "scarce"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class RateLimitHeaders:
    """GitHub's account of one resource: limit, remaining and reset (UTC epoch seconds)."""

    limit: int
    remaining: int
    reset: float
    resource: str = "core"

    @classmethod
    def parse(cls, headers: Mapping[str, str]) -> RateLimitHeaders | None:
        """Read ``x-ratelimit-*``; absent or unreadable headers mean unknown, never zero."""
        try:
            return cls(
                int(headers["x-ratelimit-limit"]),
                int(headers["x-ratelimit-remaining"]),
                float(headers["x-ratelimit-reset"]),
                headers.get("x-ratelimit-resource", "core"),
            )
        except (KeyError, ValueError):
            return None


class Budget:
    """What one run may still spend of one resource, window by window.

    Until the first answer, and again after each reset, what is left is unknown: a few calls may go then, and
    count as spent. A server that sends no rate-limit headers has no budget to keep. Whatever else spends the same
    budget shows in what is left: a margin stays for what it may spend before the next answer tells.

    Parameters
    ----------
    share
        Share of what is left when a window is first seen that the run may spend, 0 to 1.
    pacing
        Whether to spread the spending over the time to the reset.
    """

    def __init__(self, share: float, pacing: Pacing) -> None:
        self.share = share
        self.pacing = pacing
        self.left: int | None = None
        self.reset = -math.inf
        self._whole = self._limit = 0
        self._spent = 0
        self._in_flight = 0
        self._silent = False
        self._next_send = 0.0
        self._opened = self._now = 0.0

    @property
    def usable(self) -> int | None:
        """Points that the run may still spend before the reset; None while unknown."""
        if self.left is None:
            return None
        allowance = max(1, math.floor(self.share * self._whole)) if self._whole else 0
        return max(0, min(allowance - self._spent, self.left - self._in_flight - self._margin))

    @property
    def _margin(self) -> int:
        """Points that others may have spent since the latest answer, by their rate since the window was first seen."""
        others = max(0, self._whole - self._spent - (self.left or 0))
        return math.ceil(STALE * others / max(1.0, self._now - self._opened))

    @property
    def window(self) -> float:
        """Points that the run may spend of a whole window; infinite while unknown."""
        return float(max(1, math.floor(self.share * self._limit))) if self._limit else math.inf

    @property
    def silent(self) -> bool:
        """Whether the server answered without naming a budget, as one with its limits switched off does."""
        return self._silent

    def seconds_for(self, points: int, epoch: float) -> float | None:
        """Return the seconds until so many points can have been spent; None where there are enough, or none known."""
        usable = self.usable
        if usable is None or points <= usable:
            return None
        whole_windows = (points - usable - 1) // max(1, math.floor(self.share * self._limit))
        return self.reset + CLOCK_SKEW - epoch + whole_windows * WINDOW

    def sent(self, points: int, epoch: float) -> None:
        """Take note of a call on its way."""
        self._now = epoch
        usable = self.usable
        if usable:
            self._next_send = epoch + points * max(0.0, self.reset - epoch) / usable
        self._spent += points
        self._in_flight += points

    def answered(self, points: int, cost: int, headers: RateLimitHeaders | None) -> None:
        """Take note of an answer to a call that was to cost ``points`` and did cost ``cost``."""
        self._in_flight -= points
        self._spent += cost - points
        if headers is None:
            self._silent = self.left is None
        # An answer of the window before may arrive late; its reset tells (badges/shields#4590).
        elif headers.reset > self.reset + RESET_JITTER:
            self._open(headers, cost)
        elif self.left is not None and headers.reset >= self.reset - RESET_JITTER:
            self.left = min(self.left, headers.remaining)

    def lost(self, points: int) -> None:
        """Take note of a call that ended without an answer; it may have been charged."""
        self._in_flight -= points

    def _open(self, headers: RateLimitHeaders, cost: int) -> None:
        if self.left is not None:
            self._spent = self._in_flight + cost
        # Answers that told nothing may have come before this one of a call that was served earlier: they do not count.
        self._whole = headers.remaining + cost
        self.left, self.reset, self._silent, self._limit = headers.remaining, headers.reset, False, headers.limit
        self._opened = self._now

    def delay(self, points: int, demand: Callable[[], int], epoch: float) -> float:
        """Return the seconds to hold back a call of ``points`` while ``demand()`` points are still wanted.

        Infinity means: until an answer has told what is left.
        """
        self._now = epoch
        if self.left is not None and epoch >= self.reset + CLOCK_SKEW:
            self.left = None
            self._spent = self._in_flight
        usable = self.usable
        if usable is None:
            first_calls_out = self._in_flight >= FIRST_CALLS and self.pacing is not Pacing.NONE
            return math.inf if first_calls_out and not self._silent else 0.0
        if usable < points:
            return self.reset + CLOCK_SKEW - epoch
        scarce = self.pacing is not Pacing.NONE and demand() > usable
        return max(0.0, self._next_send - epoch) if scarce else 0.0


class MinuteWindow:
    """GitHub's minute rule, kept over any 60 seconds.

    Parameters
    ----------
    points
        Points allowed a minute; infinite where there is no such rule.
    spread
        True leaves equal gaps between calls instead of sending in bursts.
    """

    LENGTH = 60.0
    MARGIN = 0.05  # seconds: two calls may take different times to arrive

    def __init__(self, points: float, *, spread: bool = False) -> None:
        self.points = max(1.0, points)
        self.spread = spread
        self._sent: deque[tuple[float, int]] = deque()
        self._used = 0

    def used(self, now: float) -> int:
        """Return the points of the calls that were sent within the last minute."""
        self._forget(now)
        return self._used

    def sent(self, points: int, now: float) -> None:
        """Take note of a call on its way."""
        self._forget(now)
        self._sent.append((now, points))
        self._used += points

    def delay(self, points: int, now: float) -> float:
        """Return the seconds to hold back a call of ``points``."""
        self._forget(now)
        if self._used and self._used + points > self.points:
            return self._sent[0][0] + self.LENGTH + self.MARGIN - now
        if self.spread and self._sent:
            return max(0.0, self._sent[-1][0] + self.LENGTH / self.points - now)
        return 0.0

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0][0] + self.LENGTH + self.MARGIN <= now:
            self._used -= self._sent.popleft()[1]
