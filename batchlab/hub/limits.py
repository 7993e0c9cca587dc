"""GitHub's limits as ledgers: the hourly window, and the rules that look back a minute.

Ledgers take times and amounts and say yes or no; `batchlab.hub.refusals` decides what a refusal looks like.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

from batchlab.hub.endpoint_families import Throttle
from batchlab.hub.limit_rules import Limits

HOUR = 3600
MINUTE = 60.0


class PrimaryWindow:
    """Points of one caller in a fixed window of an hour.

    The instant of the reset stays the same through the window; the next window begins with the first request
    after it.

    Parameters
    ----------
    limit
        Points a window.
    epoch
        UTC epoch seconds at the start.
    remaining
        Points left in the first window, None for all.
    reset_in
        Seconds to the end of the first window.
    others
        Points a second that other users of the same token spend.
    resource
        GitHub's name of what is limited: ``"core"`` or ``"graphql"``.

    References
    ----------
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """

    def __init__(
        self,
        limit: int,
        epoch: float,
        remaining: int | None = None,
        reset_in: float = HOUR,
        others: float = 0.0,
        resource: str = "core",
    ) -> None:
        self.resource = resource
        self.limit = limit
        self.used = 0 if remaining is None else max(0, limit - remaining)
        self.reset = math.ceil(epoch + reset_in)
        self._others = others
        self._began = epoch
        self._spent_by_others = 0

    @property
    def remaining(self) -> int:
        """Points left in the window."""
        return self.limit - self.used

    def roll(self, epoch: float) -> None:
        """Begin a new window if the present one is over, and let the others spend up to now."""
        if epoch >= self.reset:
            self.used = self._spent_by_others = 0
            self._began = max(self.reset, math.ceil(epoch))
            self.reset = math.ceil(epoch) + HOUR
        if self._others:
            due = max(0, int(self._others * (epoch - self._began)))
            self.used = min(self.limit, self.used + due - self._spent_by_others)
            self._spent_by_others = due

    def spend(self, epoch: float, points: int = 1) -> bool:
        """Take points off what is left; say no, and take nothing, when nothing is left.

        The last query may cost more than is left: GitHub asks only whether anything is.
        """
        self.roll(epoch)
        if self.used >= self.limit:
            return False
        self.used = min(self.limit, self.used + points)
        return True

    def refund(self) -> None:
        """Give back the request just spent: an authorized 304 is free."""
        self.used -= 1


class SlidingWindow:
    """A total that may not be exceeded within any span of time.

    Parameters
    ----------
    limit
        Largest total, in whole units.
    span
        Seconds.

    Examples
    --------
    >>> window = SlidingWindow(1)
    >>> window.spend(0.0, 1), window.spend(59.9, 1), window.spend(60.0, 1)
    (True, False, True)
    """

    def __init__(self, limit: int, span: float = MINUTE) -> None:
        self.limit = limit
        self.span = span
        self.total = 0
        self._spent: deque[tuple[float, int]] = deque()

    def fits(self, now: float, amount: int) -> bool:
        """Tell whether an amount can be spent now."""
        while self._spent and now - self._spent[0][0] >= self.span:
            self.total -= self._spent.popleft()[1]
        return self.total + amount <= self.limit

    def spend(self, now: float, amount: int) -> bool:
        """Spend an amount if it fits, and tell whether it did."""
        if not self.fits(now, amount):
            return False
        self.add(now, amount)
        return True

    def add(self, now: float, amount: int) -> None:
        """Spend an amount that fits."""
        self._spent.append((now, amount))
        self.total += amount


@dataclass(frozen=True, slots=True)
class SecondaryRefusal:
    """A secondary limit that said no: which one, and for how many seconds everything stays shut."""

    rule: str
    wait: float


class SecondaryLimits:
    """The rules beside the hourly windows: calls in flight, points a minute, CPU seconds a minute.

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
        cpu = _cpu_window(limits.cpu_seconds_per_minute)
        graphql_cpu = _cpu_window(limits.graphql_cpu_seconds_per_minute)
        self._rules: dict[str, tuple[_Rule, ...]] = {
            "core": (
                *_cpu_rule("cpu", cpu, limits.cpu_share),
                *_points_rule("points", limits.points_per_minute),
            ),
            "graphql": (
                *_cpu_rule("cpu", cpu, limits.graphql_cpu_share),
                *_cpu_rule("graphql_cpu", graphql_cpu, limits.graphql_cpu_share),
                *_points_rule("graphql_points", limits.graphql_points_per_minute),
            ),
        }
        self._hidden_from: float | None = None
        self._shut_until = -math.inf

    def admit(
        self, now: float, in_flight: int, points: int, service: float, resource: Literal["core", "graphql"] = "core"
    ) -> SecondaryRefusal | None:
        """Charge a call, or say which rule refuses it.

        Parameters
        ----------
        now
            Seconds.
        in_flight
            Calls in flight, this one included.
        points
            Points a minute that it costs.
        service
            Seconds that it will keep the server busy.
        resource
            Whose rules count it.
        """
        if now < self._shut_until:
            return SecondaryRefusal("lockout", self._shut_until - now)
        charges = [(rule, rule.charge(points, service)) for rule in self._rules[resource]]
        broken = self._crowded(now, in_flight)
        for rule, amount in charges:
            if broken is None and not rule.window.fits(now, amount):
                broken = rule.name
        if broken is not None:
            self._shut_until = now + self._limits.lockout
            return SecondaryRefusal(broken, self._limits.lockout)
        for rule, amount in charges:
            rule.window.add(now, amount)
        return None

    def _crowded(self, now: float, in_flight: int) -> str | None:
        if self._hidden_from is None:
            self._hidden_from = now + self._limits.hidden_from
        if self._limits.in_flight is not None and in_flight > self._limits.in_flight:
            return "in_flight"
        hidden = self._limits.hidden_in_flight
        return "hidden_in_flight" if hidden is not None and in_flight > hidden and now >= self._hidden_from else None


class HostThrottle:
    """A host's own bound on requests; breaking it shuts the host for a while.

    Parameters
    ----------
    throttle
        The scenario's section.
    """

    def __init__(self, throttle: Throttle) -> None:
        self._lockout = throttle.lockout
        self._window = None if throttle.requests is None else SlidingWindow(throttle.requests, throttle.span)
        self._shut_until = -math.inf

    def admits(self, now: float) -> bool:
        """Count a request, and tell whether it is served."""
        if now < self._shut_until:
            return False
        if self._window is None or self._window.spend(now, 1):
            return True
        self._shut_until = now + self._lockout
        return False


# Whole numbers keep a running total exact over millions of calls.
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Rule:
    """A window, and what a call takes of it: its points, or its share of CPU."""

    name: str
    window: SlidingWindow
    cpu_share: float | None = None

    def charge(self, points: int, service: float) -> int:
        return points if self.cpu_share is None else round(service * self.cpu_share * _MICROSECONDS)


def _cpu_rule(name: str, window: SlidingWindow | None, share: float) -> tuple[_Rule, ...]:
    """Return a rule, none where its limit is off."""
    return () if window is None else (_Rule(name, window, share),)


def _points_rule(name: str, limit: int | None) -> tuple[_Rule, ...]:
    return () if limit is None else (_Rule(name, SlidingWindow(limit)),)


def _cpu_window(seconds: float | None) -> SlidingWindow | None:
    return None if seconds is None else SlidingWindow(round(seconds * _MICROSECONDS))
