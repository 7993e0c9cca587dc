"""How a run goes on after a rate limit: with few calls in flight, and twice as many after each turn of good answers."""

from __future__ import annotations

from batchlab.control.concurrency import Completion, LimitChange


class Returning:
    """Double the limit after each turn of good answers.

    If that is refused, too, the first refused call tells how many are borne; of many sent at once it would not.

    Parameters
    ----------
    since
        Second on the run's clock at which the limit was met; answers to what was sent before tell nothing.

    Attributes
    ----------
    ended
        Never: it is over where the limit may not grow.

    Examples
    --------
    >>> returning = Returning(since=10.0)
    >>> [returning.next(2, Completion(sent, sent + 0.1, ok=True)) for sent in (9.9, 70.0)]
    [None, None]
    >>> returning.next(2, Completion(70.0, 70.1, ok=True)).limit
    4
    """

    ended = False

    def __init__(self, since: float) -> None:
        self._since, self._good = since, 0

    def next(self, limit: int, answer: Completion) -> LimitChange | None:
        """Take note of an answer under a limit; return the next limit at the end of a turn."""
        self._good += answer.ok and answer.sent > self._since
        if self._good < limit:
            return None
        self._good = 0
        return LimitChange(2 * limit, "served again: lets more in")
