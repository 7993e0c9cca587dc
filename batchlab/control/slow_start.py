"""Look for the knee from below: double the limit as long as the rate of delivery follows it."""

from __future__ import annotations

import math

from batchlab.control.concurrency import LimitChange
from batchlab.control.rounds import Round


class SlowStart:
    """Double the limit as long as the rate follows it by at least a fifth; end after two rounds in which it does not.

    Where calls take longer than on an idle server, the limit grows by as much less, and slow start ends near where
    they tell the knee to be: not below what was worth it, which the first round alone cannot show.

    Parameters
    ----------
    held
        Calls in flight that are known to be worth it.
    rate
        What they deliver, in calls for a single file a second; 0 where that is not known.

    Attributes
    ----------
    held
        Grows with each round that follows.
    ended
        Whether the knee is passed.

    References
    ----------
    N. Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 14 (5), 2016: start-up until the delivery
    rate stops growing.

    Examples
    --------
    >>> slow_start, told = SlowStart(held=8), Round(limit=8, began=0.0)
    >>> slow_start.judge(8, told, rate=80.0).limit, slow_start.judge(16, told, rate=160.0).limit
    (16, 32)
    >>> slow_start.judge(32, told, rate=160.0), slow_start.judge(32, told, rate=160.0).limit, slow_start.ended
    (None, 16, True)
    """

    FOLLOWS = 0.2
    MISSES = 2  # rounds
    STEP = 1.1  # times the limit below which there is no more to try

    def __init__(self, held: int, rate: float = 0.0) -> None:
        self.held, self.ended = held, False
        self._rate, self._misses = rate, 0

    def is_enough(self, limit: int, told: Round) -> bool:
        """Tell whether a round under a limit is over: after a turn, or a few calls that tell of a crowd."""
        return told.delivered >= max(Round.LOOK, limit) or told.is_crowded

    def judge(self, limit: int, told: Round, rate: float) -> LimitChange | None:
        """Take note of a round under a limit and of its rate; return the limit to go on with, if there is a reason."""
        is_first = self._rate == 0.0
        if rate >= self._rate * (1.0 + self.FOLLOWS * (limit / self.held - 1.0)):
            self._rate, self.held, self._misses = rate, limit, 0
            more = 2 * limit / told.crowd
            if more >= self.STEP * limit:
                return LimitChange(math.ceil(more), f"{rate:.0f} calls/s and growing: slow start goes on")
        self._misses += 1
        if self._misses < self.MISSES and told.slowdown < Round.CROWDED:
            return None
        return self._end(limit, told, rate, 0 if is_first else self.held)

    def _end(self, limit: int, told: Round, rate: float, proved: int) -> LimitChange:
        self.ended = True
        if told.crowd > 1.0:
            self.held = max(proved, min(limit, math.ceil(Round.FREE * limit / told.slowdown)))
        return LimitChange(self.held, f"{rate:.0f} calls/s is no more than before: the knee is passed")
