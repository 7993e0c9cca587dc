"""All that holds calls back besides slots: a budget a pool, the minute rule, and one pause shared by all requests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from batchlab.batch_config import BatchConfig
from batchlab.control.budget import Budget, MinuteWindow, Pacing, RateLimitHeaders
from batchlab.control.policies import Policy
from batchlab.control.rate_limits import pause
from batchlab.control.service_window import ServiceWindow
from batchlab.control.waits import Reason
from batchlab.errors import RateLimitError

# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
POINTS_A_MINUTE = {"core": 900, "graphql": 2000}
SERVICE_SECONDS_A_MINUTE = {"graphql": 60.0}
MOST_PAUSES_IN_A_ROW = 5
NEVER = -math.inf
EVERYONE = "*"


@dataclass(frozen=True, slots=True)
class Hold:
    """What holds a lane back, and for how many seconds from now; infinite until something else happens.

    ``limit`` is the kind of rate limit that it respects: ``"primary"`` or ``"secondary"``.
    """

    reason: Reason
    seconds: float
    limit: str = "primary"


class _Pool:
    """What holds calls of one rate-limit resource back."""

    def __init__(self, name: str, policy: Policy, config: BatchConfig) -> None:
        self.budget = Budget(config.rate_limit_buffer, policy.pacing)
        share, points = policy.minute_share(config), POINTS_A_MINUTE.get(name, math.inf)
        self.minute = MinuteWindow(share * points, spread=policy.pacing is Pacing.ALWAYS)
        self.service = ServiceWindow(share * SERVICE_SECONDS_A_MINUTE.get(name, math.inf))

    def reconfigure(self, name: str, policy: Policy, config: BatchConfig) -> None:
        share = policy.minute_share(config)
        self.budget.share = config.rate_limit_buffer
        self.minute.points = share * POINTS_A_MINUTE.get(name, math.inf)
        self.service.seconds = share * SERVICE_SECONDS_A_MINUTE.get(name, math.inf)


class Governor:
    """Keeps a run inside the server's limits, and rests when one was met all the same.

    Parameters
    ----------
    policy, config
        The strategy and the settings: which share of each limit may be spent, and how it is spread.
    """

    def __init__(self, policy: Policy, config: BatchConfig) -> None:
        self._policy, self._config = policy, config
        self._pools: dict[str, _Pool] = {}
        self._pauses: dict[str, float] = {}
        self._paused_at, self._paused_by = NEVER, ""
        self._in_a_row = 0

    def reconfigure(self) -> None:
        """Follow a change of ``rate_limit_buffer``."""
        for name, pool in self._pools.items():
            pool.reconfigure(name, self._policy, self._config)

    def _pool(self, name: str) -> _Pool:
        if name not in self._pools:
            self._pools[name] = _Pool(name, self._policy, self._config)
        return self._pools[name]

    def left(self, pool: str) -> int | None:
        """Return the points left of a pool as the server last told; None while unknown."""
        return self._pool(pool).budget.left

    def hold(self, pool: str, demand: int, now: float, epoch: float) -> Hold | None:
        """Return what holds a call of this pool back, None when it may go.

        Parameters
        ----------
        pool
            The rate-limit resource.
        demand
            Points of it that everything waiting wants.
        now, epoch
            Seconds on the run's clock, and UTC epoch seconds.
        """
        rest = max(self._pauses.get(pool, now), self._pauses.get(EVERYONE, now)) - now
        if rest > 0:
            return Hold(Reason.LIMIT, rest, self._paused_by)
        keeper = self._pool(pool)
        primary = keeper.budget.delay(1, demand, epoch)
        # A server that names no budget has its limits switched off, until it proves otherwise.
        unlimited = keeper.budget.silent and self._paused_at == NEVER
        secondary = 0.0 if unlimited else max(keeper.minute.delay(1, now), keeper.service.delay(now))
        if max(primary, secondary) <= 0:
            return None
        return Hold(Reason.PACE, max(primary, secondary), "primary" if primary >= secondary else "secondary")

    def sent(self, pool: str, points: int, now: float, epoch: float) -> None:
        """Take note of a call on its way."""
        keeper = self._pool(pool)
        keeper.budget.sent(points, epoch)
        keeper.minute.sent(points, now)
        keeper.service.sent()

    def answered(self, pool: str, points: int, cost: int, headers: Mapping[str, str]) -> None:
        """Take note of an answer and what it says of the budget."""
        self._pool(pool).budget.answered(points, cost, RateLimitHeaders.parse(headers))

    def lost(self, pool: str, points: int) -> None:
        """Take note of a call that ended without an answer."""
        self._pool(pool).budget.lost(points)

    def ended(self, pool: str, sent: float, now: float) -> None:
        """Take note of the time that a call took, however it ended."""
        self._pool(pool).service.ended(sent, now)

    def succeeded(self, sent: float) -> None:
        """Take note of a good answer: to a call sent since the last pause, it tells that the limit is behind."""
        if sent > self._paused_at:
            self._in_a_row = 0

    def limited(self, pool: str, error: RateLimitError, sent: float, now: float) -> float | None:
        """Take note of a limit that was met; return the seconds of a new pause.

        A primary limit rests its own pool, a secondary one everything. None when the call had been sent before the
        pause in force began: it belongs to the same occasion.
        """
        if sent <= self._paused_at:
            return None
        self._in_a_row += 1
        self._paused_at, self._paused_by = now, error.kind
        seconds = pause(error, self._in_a_row)
        held = pool if error.kind == "primary" else EVERYONE
        self._pauses[held] = max(self._pauses.get(held, 0.0), now + seconds)
        return seconds

    @property
    def hopeless(self) -> bool:
        """Whether limits were met again after each of several pauses, with nothing delivered between them."""
        return self._in_a_row > MOST_PAUSES_IN_A_ROW
