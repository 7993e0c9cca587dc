"""Decide how many files one call carries: a fixed number, or one learned from how long calls take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SizeChange:
    """A new batch size, and why."""

    size: int
    why: str


class BatchSizeController(Protocol):
    """What sets the number of files a call."""

    size: int

    def delivered(self, files: int, seconds: float) -> SizeChange | None:
        """Take note of a call that brought its files; return a change of the size, if any."""
        ...

    def failed(self, files: int) -> SizeChange | None:
        """Take note of a call that was too much for the server; return a change of the size, if any."""
        ...

    def clamp(self, low: int, high: int) -> None:
        """Take note of new bounds."""
        ...


class FixedSize:
    """The same size throughout.

    Parameters
    ----------
    size
        Files a call.
    """

    def __init__(self, size: int) -> None:
        self.size = self._wanted = size

    def delivered(self, files: int, seconds: float) -> SizeChange | None:
        """Change nothing."""
        return None

    def failed(self, files: int) -> SizeChange | None:
        """Change nothing: the batch itself is split."""
        return None

    def clamp(self, low: int, high: int) -> None:
        """Stay within the bounds."""
        self.size = max(low, min(self._wanted, high))


class LearnedSize:
    """Grow by a quarter while calls stay short, halve when one fails, and remember what failed.

    Parameters
    ----------
    start, low, high
        First size, and bounds, in files.

    Notes
    -----
    GitHub ends a GraphQL query after 10 s; a batch that takes about two seconds keeps away from that and still
    spreads the price of the call over many files. Halving on failure and remembering the size that failed follows
    what crawlers do in practice (Renovate halves its page size on server errors and remembers it for a day).
    """

    LONG = 2.0  # seconds of service beyond which a batch does not grow
    TOO_LONG = 5.0  # seconds beyond which it shrinks before it fails
    GROWTH = 1.25

    def __init__(self, start: int, low: int, high: int) -> None:
        self.size = start
        self._low, self._high = low, high
        self._failed_at = math.inf

    def delivered(self, files: int, seconds: float) -> SizeChange | None:
        """Grow after a short call of full size, shrink by as much after a very long one: load may have stretched it."""
        if seconds > self.TOO_LONG and files <= self.size:
            return self._set(int(self.size / self.GROWTH), f"a call of {files} files took {seconds:.1f} s")
        if seconds > self.LONG or files < self.size:
            return None
        return self._set(math.ceil(self.size * self.GROWTH), f"a call of {files} files took only {seconds:.1f} s")

    def failed(self, files: int) -> SizeChange | None:
        """Halve, and stay below what failed."""
        self._failed_at = min(self._failed_at, files)
        return self._set(files // 2, f"a call of {files} files was too much for the server")

    def clamp(self, low: int, high: int) -> None:
        """Stay within the bounds."""
        self._low, self._high = low, high
        self.size = max(low, min(self.size, high))

    def _set(self, size: int, why: str) -> SizeChange | None:
        below_failure = max(1, math.ceil(self._failed_at) - 1) if self._failed_at < math.inf else self._high
        size = max(self._low, min(size, self._high, below_failure))
        if size == self.size:
            return None
        self.size = size
        return SizeChange(size, why)
