"""What a concurrency limit delivers: one round of calls, from when those sent under it fill the pipe."""

from __future__ import annotations

from statistics import median

from batchlab.control.concurrency import Completion


class Round:
    """Calls that end while one limit is held.

    Nothing is counted before the first completion of a call sent in the round, so that the pipe is filled to its limit,
    nor while calls of a higher limit hold more than a third of the slots.

    Parameters
    ----------
    limit
        Calls that may be in flight.
    began
        Seconds on the run's clock.
    stragglers
        Calls of a higher limit that are still under way.

    Attributes
    ----------
    delivered
        Calls that brought what was asked for.
    slowdowns
        How many times as long as on an idle server they took, where they tell.

    Examples
    --------
    >>> held = Round(limit=2, began=0.0)
    >>> for number in range(9):
    ...     held.note(Completion(sent=0.1 * number, finished=0.1 * number + 0.2, ok=True))
    >>> held.delivered, round(held.rate(now=1.0))
    (8, 10)
    """

    STRAGGLERS = 1 / 3  # share of the limit
    TURNS = 4  # times the limit: calls after which no straggler is waited for
    LOOK = 8  # calls that tell a change from chance
    FREE = 1.2  # times as long as on an idle server, up to which chance explains it
    CROWDED = 2.0  # times as long, from which there are too many
    ROOM = 1.5  # times the knee that the slowdown tells, since it is an estimate

    def __init__(self, limit: int, began: float, stragglers: int = 0) -> None:
        self.limit = limit
        self._began, self._stragglers = began, stragglers
        self._since: float | None = None
        self._sent = self._at_limit = self.delivered = 0
        self._work = 0.0
        self.slowdowns: list[float] = []

    def note(self, completion: Completion) -> None:
        """Take note of a call that has ended."""
        if self._since is not None:
            self._count(completion)
            return
        if completion.sent < self._began:
            self._stragglers -= 1
        else:
            self._sent += 1
        if self._sent and self._has_drained:
            self._since = completion.finished

    @property
    def _has_drained(self) -> bool:
        return self._stragglers <= self.STRAGGLERS * self.limit or self._sent >= self.TURNS * self.limit

    def _count(self, completion: Completion) -> None:
        self._at_limit += completion.at_limit
        if completion.ok:
            self.delivered += 1
            self._work += completion.work
            if completion.slowdown is not None:
                self.slowdowns.append(completion.slowdown)

    @property
    def tells(self) -> bool:
        """Whether the limit has set the rate, and not something else for most of the time."""
        return self._at_limit >= self.delivered / 2

    def rate(self, now: float) -> float:
        """Return the work delivered a second until now, in calls for a single file; 0 before anything is counted."""
        return 0.0 if self._since is None else self._work / max(1e-9, now - self._since)

    @property
    def slowdown(self) -> float:
        """Median of the slowdowns; 1 where no call tells."""
        return median(self.slowdowns) if self.slowdowns else 1.0

    @property
    def is_free(self) -> bool:
        """Whether calls tell, and take no longer than on an idle server."""
        return bool(self.slowdowns) and self.slowdown < self.FREE

    @property
    def _tells_anew(self) -> bool:
        """Whether a few more calls have told."""
        return bool(self.slowdowns) and len(self.slowdowns) % self.LOOK == 0

    @property
    def is_crowded(self) -> bool:
        """Whether calls take so much longer that there are too many; asked anew after each few that tell."""
        return self._tells_anew and self.slowdown >= self.CROWDED

    @property
    def crowd(self) -> float:
        """How many times as long calls take for the crowd: 1 where chance explains it."""
        return 1.0 if self.slowdown < self.FREE else self.slowdown

    @property
    def served(self) -> float:
        """Calls that were served at once, by Little's law."""
        return self.limit / max(1.0, self.slowdown)

    @property
    def lately(self) -> float:
        """Median of the last few slowdowns, told once after each few; 0 between."""
        return median(self.slowdowns[-self.LOOK :]) if self._tells_anew else 0.0
