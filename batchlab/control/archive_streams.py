"""Decide how many archives may come at once, and tell whether they share a link that carries no more."""

from __future__ import annotations

import math


class ArchiveStreams:
    """Begin with few archives at once, admit one more with each that has come, and stop where the link is full.

    A round lasts until as many have come as were let in when it began, so that it doubles them. Where it brings less
    than half as much again a second as the round before, the link that they share is full. Archives are large, and one
    that is under way is not given up: to begin with few is how to be wrong about the link at little cost.

    Examples
    --------
    >>> free, shared = ArchiveStreams(), ArchiveStreams()
    >>> for streams in (free, shared):
    ...     for _ in range(4):
    ...         streams.came(1e6, 0.0, 1.0)
    >>> for number in range(8):
    ...     free.came(1e6, 1.0, 2.0)
    ...     shared.came(1e6, 1.0, 1.25 + number / 4)
    >>> free.limit, free.link, shared.limit, round(shared.link)
    (16, inf, 16, 4000000)
    """

    FIRST = 4
    FOLLOWS = 1.5  # times the bytes a second that a round brings while there is room for more

    def __init__(self) -> None:
        self.limit = self._round = self.FIRST
        self.link = math.inf
        self._since = math.inf
        self._bytes = self._rate = 0.0

    def came(self, size: float, sent: float, now: float) -> None:
        """Take note of an archive of so many bytes that was sent for at ``sent``; both in seconds on the run's clock."""
        self._since = min(self._since, sent)
        self._bytes += size
        self._round -= 1
        self.limit += self.link == math.inf
        if not self._round:
            self._end_round(now)

    def _end_round(self, now: float) -> None:
        rate = self._bytes / max(1e-9, now - self._since)
        self.link = max(rate, self._rate) if rate < self.FOLLOWS * self._rate else math.inf
        self._rate = rate
        self._round, self._bytes, self._since = self.limit, 0.0, now
