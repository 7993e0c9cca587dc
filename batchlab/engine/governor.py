"""All that holds calls back besides slots: a budget a pool, the minute rule, and one pause shared by all requests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from batchlab.batch_config import BatchConfig
from batchlab.control.budget import Budget, MinuteWindow, Pacing, RateLimitHeaders
from batchlab.control.policies import Policy
from batchlab.control.rate_limits import pause
from batchlab.control.waits import Reason
from batchlab.errors import RateLimitError

MOST_PAUSES_IN_A_ROW = 5
NEVER = -math.inf


@dataclass(frozen=True, slots=True)
class Hold:
    """What holds a lane back, and for how many seconds from now; infinite until something else happens.

    ``limit`` is the kind of rate limit that it respects: ``"primary"`` or ``"secondary"``.
    """

    reason: Reason
    seconds: float
    limit: str = "primary"


class Governor:
    """Keeps a run inside the server's limits, and rests when one was met all the same.

    Parameters
    ----------
    policy, config
        The strategy and the settings: which share of each limit may be spent, and how it is spread.
    """

    def __init__(self, policy: Policy, config: BatchConfig) -> None:
        self._policy = policy
        self._share = config.rate_limit_buffer
        self._budgets: dict[str, Budget] = {}
        self._minute = MinuteWindow(policy.minute_points(config), spread=policy.pacing is Pacing.ALWAYS)
        self._pauses: dict[str, float] = {}
        self._paused_at, self._paused_by = NEVER, ""
        self._in_a_row = 0

    def reconfigure(self, config: BatchConfig) -> None:
        """Follow a change of ``rate_limit_buffer``."""
        self._share = config.rate_limit_buffer
        for budget in self._budgets.values():
            budget.share = self._share
        self._minute.points = self._policy.minute_points(config)

    def _budget(self, pool: str) -> Budget:
        if pool not in self._budgets:
            self._budgets[pool] = Budget(self._share, self._policy.pacing)
        return self._budgets[pool]

    def left(self, pool: str) -> int | None:
        """Return the points left of a pool as the server last told; None while unknown."""
        return self._budget(pool).left

    def hold(self, pool: str, demand: int, now: float, epoch: float) -> Hold | None:
        """Return what holds a call of this pool back, None when it may go."""
        rest = self._pauses.get(pool, now) - now
        if rest > 0:
            return Hold(Reason.LIMIT, rest, self._paused_by)
        budget = self._budget(pool)
        primary = budget.delay(1, demand, epoch)
        # A server that names no budget has its limits switched off, until it proves otherwise.
        unlimited = budget.silent and self._paused_at == NEVER
        secondary = 0.0 if unlimited else self._minute.delay(1, now)
        if max(primary, secondary) <= 0:
            return None
        return Hold(Reason.PACE, max(primary, secondary), "primary" if primary >= secondary else "secondary")

    def sent(self, pool: str, points: int, now: float, epoch: float) -> None:
        """Take note of a call on its way."""
        self._budget(pool).sent(points, epoch)
        self._minute.sent(points, now)

    def answered(self, pool: str, points: int, cost: int, headers: Mapping[str, str]) -> None:
        """Take note of an answer and what it says of the budget."""
        self._budget(pool).answered(points, cost, RateLimitHeaders.parse(headers))

    def lost(self, pool: str, points: int) -> None:
        """Take note of a call that ended without an answer."""
        self._budget(pool).lost(points)

    def succeeded(self, sent: float) -> None:
        """Take note of a good answer: to a call sent since the last pause, it tells that the limit is behind."""
        if sent > self._paused_at:
            self._in_a_row = 0

    def limited(self, pool: str, error: RateLimitError, sent: float, now: float) -> float | None:
        """Take note of a limit that was met; return the seconds of a new pause.

        None when the call had been sent before the pause in force began: it belongs to the same occasion.
        """
        if sent <= self._paused_at:
            return None
        self._in_a_row += 1
        self._paused_at, self._paused_by = now, error.kind
        seconds = pause(error, self._in_a_row)
        for held in {pool} if error.kind == "primary" else {pool, *self._budgets}:
            self._pauses[held] = max(self._pauses.get(held, 0.0), now + seconds)
        return seconds

    @property
    def hopeless(self) -> bool:
        """Whether limits were met again after each of several pauses, with nothing delivered between them."""
        return self._in_a_row > MOST_PAUSES_IN_A_ROW
