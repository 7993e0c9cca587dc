"""How a run begins, or goes on after a fall: one more call with each good answer, until they tell of a crowd."""

from __future__ import annotations

from collections import deque
from statistics import median

from batchlab.control.concurrency import Completion, LimitChange
from batchlab.control.rounds import Round


class Opening:
    """Let one more call in with each good answer, up to so many in flight; end where answers tell of a crowd.

    Parameters
    ----------
    start, most
        Calls in flight at its beginning and at its end.

    Attributes
    ----------
    ended
        Whether there is no more to let in.

    References
    ----------
    V. Jacobson, "Congestion Avoidance and Control", SIGCOMM 1988: slow start, one more with each acknowledgement.

    Examples
    --------
    >>> opening, answer = Opening(8, most=10), Completion(0.0, 0.1, ok=True, slowdown=1.0, in_flight=8)
    >>> opening.next(8, answer).limit, opening.next(9, answer).limit, opening.ended
    (9, 10, True)
    """

    def __init__(self, start: int, most: int) -> None:
        self._most = most
        self._lately: deque[tuple[float, int]] = deque(maxlen=Round.LOOK)
        self.ended = start >= most

    def next(self, limit: int, answer: Completion) -> LimitChange | None:
        """Take note of an answer; return the next limit if it is a good one under a limit that is reached."""
        if not (answer.ok and answer.at_limit):
            return None
        if answer.slowdown is not None and answer.in_flight:
            self._lately.append((answer.slowdown, answer.in_flight))
        if self._slowdown >= Round.CROWDED:
            return self._near_the_knee()
        self.ended = limit + 1 >= self._most
        return LimitChange(limit + 1, "served at once: lets one more in")

    @property
    def _slowdown(self) -> float:
        full = len(self._lately) == Round.LOOK
        return median(slowdown for slowdown, _ in self._lately) if full else 1.0

    def _near_the_knee(self) -> LimitChange:
        self.ended = True
        served = median(in_flight for _, in_flight in self._lately) / self._slowdown
        why = f"calls take {self._slowdown:.1f} times as long as idle: goes on near the knee"
        return LimitChange(max(1, round(Round.ROOM * served)), why)
