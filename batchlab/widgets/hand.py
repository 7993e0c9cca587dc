"""Tell a control that a hand has turned from one that is made to show what holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Hand:
    """Whose change of a control it is; from any thread.

    A control tells of its change on the thread that made it, so that only this one needs to know.

    Examples
    --------
    >>> hand = Hand()
    >>> with hand.following():
    ...     hand.follows
    True
    >>> hand.follows
    False
    """

    def __init__(self) -> None:
        self._thread = threading.local()

    @property
    def follows(self) -> bool:
        """Whether this thread makes controls show what holds just now: no hand is at work, then."""
        return bool(getattr(self._thread, "follows", False))

    @contextmanager
    def following(self) -> Iterator[None]:
        """Make controls show what holds, without that being taken for a hand, which would set it back."""
        before, self._thread.follows = self.follows, True
        try:
            yield
        finally:
            self._thread.follows = before
