"""Account for waiting: which reason held a batch back, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """Why nothing more is sent at this instant."""

    SLOT = "queue"
    PAUSED = "paused"
    PACE = "pacing"
    LIMIT = "limit"
    NETWORK = "backoff"


@dataclass(slots=True)
class Waits:
    """Seconds by reason."""

    queue: float = 0.0
    pacing: float = 0.0
    limit: float = 0.0
    backoff: float = 0.0

    def minus(self, earlier: Waits) -> Waits:
        """Return what has passed since an earlier reading."""
        return Waits(
            self.queue - earlier.queue,
            self.pacing - earlier.pacing,
            self.limit - earlier.limit,
            self.backoff - earlier.backoff,
        )


class WaitClock:
    """Add up the time during which each reason held the queue back.

    A batch reads the clock when it becomes ready and again when it is sent; the difference is what it waited,
    by reason, and adds up to the time between.
    """

    def __init__(self, now: float) -> None:
        self._since = now
        self._reason = Reason.SLOT
        self._total = Waits()

    def turn(self, now: float, reason: Reason) -> None:
        """State that from ``now`` on ``reason`` is what holds the queue back."""
        elapsed = now - self._since
        match self._reason:
            case Reason.SLOT | Reason.PAUSED:
                self._total.queue += elapsed
            case Reason.PACE:
                self._total.pacing += elapsed
            case Reason.LIMIT:
                self._total.limit += elapsed
            case Reason.NETWORK:
                self._total.backoff += elapsed
        self._since, self._reason = now, reason

    def read(self, now: float) -> Waits:
        """Return the totals up to ``now``."""
        self.turn(now, self._reason)
        total = self._total
        return Waits(total.queue, total.pacing, total.limit, total.backoff)
