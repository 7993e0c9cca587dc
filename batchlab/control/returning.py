"""How a run goes on after a rate limit: with few calls in flight, and twice as many after each turn of good answers."""

from __future__ import annotations

from batchlab.control.concurrency import Completion, LimitChange


class Returning:
    """Double the limit after each turn of good answers.

    If that is refused, too, the first refused call tells how many are borne; of many sent at once it would not.

    Attributes
    ----------
    ended
        Never: it is over where the limit may not grow.

    Examples
    --------
    >>> returning, answer = Returning(), Completion(70.0, 70.1, ok=True)
    >>> returning.next(2, answer)
    >>> returning.next(2, answer).limit
    4
    """

    ended = False

    def __init__(self) -> None:
        self._good = 0

    def next(self, limit: int, answer: Completion) -> LimitChange | None:
        """Take note of an answer under a limit; return the next limit at the end of a turn."""
        self._good += answer.ok
        if self._good < limit:
            return None
        self._good = 0
        return LimitChange(2 * limit, "served again: lets more in")
