"""GitHub's limits as ledgers: the hourly window, and the rules that look back a minute.

Ledgers take times and amounts and say yes or no; `batchlab.hub.refusals` decides what a refusal looks like.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from batchlab.hub.scenario import Limits

HOUR = 3600
MINUTE = 60.0


class PrimaryWindow:
    """Requests of one caller in a fixed window of an hour.

    The instant of the reset stays the same through the window; the next window begins with the first request
    after it.

    Parameters
    ----------
    limit
        Requests a window.
    epoch
        UTC epoch seconds at the start.
    remaining
        Requests left in the first window, None for all.
    reset_in
        Seconds to the end of the first window.

    References
    ----------
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """

    def __init__(self, limit: int, epoch: float, remaining: int | None = None, reset_in: float = HOUR) -> None:
        self.limit = limit
        self.used = 0 if remaining is None else max(0, limit - remaining)
        self.reset = math.ceil(epoch + reset_in)

    @property
    def remaining(self) -> int:
        """Requests left in the window."""
        return self.limit - self.used

    def roll(self, epoch: float) -> None:
        """Begin a new window if the present one is over."""
        if epoch >= self.reset:
            self.used = 0
            self.reset = math.ceil(epoch) + HOUR

    def spend(self, epoch: float) -> bool:
        """Take one request off what is left; say no, and take nothing, when nothing is left."""
        self.roll(epoch)
        if self.used >= self.limit:
            return False
        self.used += 1
        return True

    def refund(self) -> None:
        """Give back the request just spent: an authorized 304 is free."""
        self.used -= 1


class SlidingWindow:
    """A total that may not be exceeded within any minute.

    Parameters
    ----------
    limit
        Largest total, in whole units.

    Examples
    --------
    >>> window = SlidingWindow(1)
    >>> window.spend(0.0, 1), window.spend(59.9, 1), window.spend(60.0, 1)
    (True, False, True)
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.total = 0
        self._spent: deque[tuple[float, int]] = deque()

    def fits(self, now: float, amount: int) -> bool:
        """Tell whether an amount can be spent now."""
        while self._spent and now - self._spent[0][0] >= MINUTE:
            self.total -= self._spent.popleft()[1]
        return self.total + amount <= self.limit

    def spend(self, now: float, amount: int) -> bool:
        """Spend an amount if it fits, and tell whether it did."""
        if not self.fits(now, amount):
            return False
        self._spent.append((now, amount))
        self.total += amount
        return True


@dataclass(frozen=True, slots=True)
class SecondaryRefusal:
    """A secondary limit that said no: which one, and for how many seconds everything stays shut."""

    rule: str
    wait: float


class SecondaryLimits:
    """The rules beside the hourly window: calls in flight, points a minute, CPU seconds a minute.

    Breaking one shuts the server for `Limits.lockout` seconds. A refused call adds nothing to the totals.

    Parameters
    ----------
    limits
        The scenario's section; a rule that is None does not exist.

    References
    ----------
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._points = _window(limits.points_per_minute, 1)
        self._cpu = _window(limits.cpu_seconds_per_minute, _MICROSECONDS)
        self._shut_until = -math.inf

    def admit(self, now: float, in_flight: int, points: int, service: float) -> SecondaryRefusal | None:
        """Charge a call, or say which rule refuses it.

        Parameters
        ----------
        now
            Seconds.
        in_flight
            Calls in flight, this one included.
        points
            Points it costs.
        service
            Seconds that it will keep the server busy.
        """
        if now < self._shut_until:
            return SecondaryRefusal("lockout", self._shut_until - now)
        rule = self._broken_rule(now, in_flight, points, self._cpu_time(service))
        if rule is None:
            return None
        self._shut_until = now + self._limits.lockout
        return SecondaryRefusal(rule, self._limits.lockout)

    def _cpu_time(self, service: float) -> int:
        return round(service * self._limits.cpu_share * _MICROSECONDS)

    def _broken_rule(self, now: float, in_flight: int, points: int, cpu: int) -> str | None:
        if self._limits.in_flight is not None and in_flight > self._limits.in_flight:
            return "in_flight"
        if self._cpu and not self._cpu.fits(now, cpu):
            return "cpu"
        if self._points and not self._points.spend(now, points):
            return "points"
        if self._cpu:
            self._cpu.spend(now, cpu)
        return None


# Whole numbers keep a running total exact over millions of calls.
_MICROSECONDS = 1_000_000


def _window(limit: float | None, unit: int) -> SlidingWindow | None:
    return None if limit is None else SlidingWindow(round(limit * unit))
