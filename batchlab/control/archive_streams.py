"""Decide how many archives may come at once, and tell whether they share a link that carries no more."""

from __future__ import annotations

import math


class ArchiveStreams:
    """Begin with few archives at once, twice as many a round, and stop where the link is full.

    A round lasts until as many have come as may come at once. Where it brings less than half as much again a second as
    the best before, and archives take longer, the link that they share is full; where they take no longer, something
    else has held them back. Until then four times the rate is hoped for. Archives are large, and one that is under way
    is not given up: to begin with few is how to be wrong about the link at little cost.

    Attributes
    ----------
    limit
        Archives that may come at once.
    capacity
        Bytes a second that they can be expected to come at together; infinite while none has come.
    hope
        Times the best rate so far that this is.
    full
        Whether more of them at once would bring no more.

    Examples
    --------
    >>> free, shared = ArchiveStreams(), ArchiveStreams()
    >>> for streams in (free, shared):
    ...     for _ in range(4):
    ...         streams.came(1e6, 0.0, 1.0)
    >>> for _ in range(8):
    ...     free.came(1e6, 1.0, 2.0)
    ...     shared.came(1e6, 1.0, 3.0)
    >>> free.limit, free.capacity, shared.limit, shared.capacity
    (16, 32000000.0, 8, 4000000.0)
    """

    FIRST = 4
    FIRST_BYTES = 4e6  # that may be under way at once before any has come: so many archives, if they are small
    FOLLOWS = 1.5  # times the bytes a second that a round brings while there is room for more
    MOST = 64  # to which rounds that nothing filled may double
    LONGER = 1.3  # times the seconds of an archive in the quickest round
    HOPE = 4.0  # times the best rate

    def __init__(self) -> None:
        self.limit = self._missing = self.FIRST
        self.capacity, self.hope = math.inf, 1.0
        self.full = False
        self._since = -math.inf
        self._bytes = self._seconds = self._rate = 0.0
        self._quickest = math.inf

    def expect(self, size: float) -> None:
        """Take note of an archive of so many bytes that is to be sent for; the first ones tell how many may be."""
        if self._since == -math.inf:
            self.limit = self._missing = max(self.FIRST, int(self.FIRST_BYTES / max(1.0, size)))

    @property
    def proven(self) -> float:
        """Bytes a second that they came at together in the best round; infinite while none has come."""
        return self.capacity / self.hope

    def came(self, size: float, sent: float, now: float) -> None:
        """Take note of an archive of so many bytes that was sent for at ``sent``; times are seconds on one clock."""
        if not self._bytes:
            self._since = max(sent, self._since)  # while none was under way, none could come
        self._bytes += size
        self._seconds += now - sent
        self._missing -= 1
        if not self._missing:
            self._end_round(self._bytes / max(1e-9, now - self._since), now)

    def _end_round(self, rate: float, now: float) -> None:
        each = self._seconds / self.limit
        self._quickest = min(self._quickest, each)
        self.full = rate < self.FOLLOWS * self._rate and each > self.LONGER * self._quickest
        self._rate = max(rate, self._rate)
        self.hope = 1.0 if self.full else self.HOPE
        self.capacity = self._rate * self.hope
        self.limit = self.limit if self.full else max(self.limit, min(2 * self.limit, self.MOST))
        self._missing, self._bytes, self._seconds, self._since = self.limit, 0.0, 0.0, now
