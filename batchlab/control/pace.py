"""How long calls of one kind take: now, and when the server was at its quickest."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

INSTANT = 1e-6  # seconds: a call of a server without latency


class Pace:
    """How long calls of one kind take: now, and when the server was at its quickest.

    Medians of 32 calls; single ones differ too much to tell load from chance. Now is what ended last. The quickest is
    told from calls that were sent one after the other: of those that end one after the other the first are the quick
    ones, so that a run that begins, or grows, would take the server to be quicker than it is.

    Parameters
    ----------
    recalled
        Seconds on an idle server that an earlier run has learned; None where there was none.

    Examples
    --------
    >>> pace = Pace()
    >>> for seconds in [0.1] * 32 + [0.3] * 32:
    ...     pace.note(pace.sent(), seconds)
    >>> pace.idle, round(pace.slowdown, 2)
    (0.1, 3.0)
    """

    WINDOW = 32  # calls
    QUORUM = 28  # of them: the slowest are not waited for
    MEMORY = 250  # windows: what was quick long ago may have been another network

    def __init__(self, recalled: float | None = None) -> None:
        self._recalled = math.inf if recalled is None else recalled
        self._latest: deque[float] = deque(maxlen=self.WINDOW)
        self._medians: deque[float] = deque(maxlen=self.MEMORY)
        self._beside: deque[int] = deque(maxlen=self.WINDOW)
        self._windows: dict[int, list[float]] = {}
        self._sent, self._load = 0, 1.0

    def sent(self) -> int:
        """Take note that a call is sent, and return its number."""
        self._sent += 1
        return self._sent - 1

    def note(self, number: int, seconds: float, load: float = 1.0, in_flight: int = 0) -> None:
        """Take note of what a call has taken, ``load`` times as long as on an idle server.

        It was one of so many in flight; 0 where that is not known.
        """
        seconds = max(INSTANT, seconds)
        if in_flight:
            self._beside.append(in_flight)
        self._latest.append(seconds)
        self._load = load
        self._end(number, seconds / load)

    def lost(self, number: int) -> None:
        """Take note that a call has ended and tells nothing."""
        self._end(number, math.nan)

    def _end(self, number: int, seconds: float) -> None:
        window = self._windows.setdefault(number // self.WINDOW, [])
        window.append(seconds)
        if len(window) == self.QUORUM:
            self._judge([taken for taken in window if not math.isnan(taken)])
        if len(window) == self.WINDOW:
            del self._windows[number // self.WINDOW]

    def _judge(self, taken: list[float]) -> None:
        longer = [math.inf] * (self.WINDOW - self.QUORUM)  # those that have not ended
        middle = median(taken + longer)
        if middle < math.inf:
            self._medians.append(middle)

    @property
    def heard(self) -> bool:
        """Whether any call has told its time."""
        return bool(self._latest)

    @property
    def new(self) -> bool:
        """Whether its first window is not full yet."""
        return not self._medians

    @property
    def present(self) -> float:
        """Median of the latest calls."""
        return median(self._latest)

    @property
    def in_flight(self) -> float:
        """Median of the calls in flight when the latest were sent; infinite where that is not known."""
        return median(self._beside) if self._beside else math.inf

    @property
    def idle(self) -> float:
        """Least median of a window, of an earlier run where that was less."""
        return min(self.learned, self._recalled)

    @property
    def learned(self) -> float:
        """Least median of a window of this run."""
        return min(self._medians) if self._medians else self.present / self._load

    @property
    def slowdown(self) -> float:
        """How many times as long calls take now as at their quickest, at least 1."""
        return max(1.0, self.present / self.idle) if self.heard else 1.0
