"""How long calls of one kind take: now, and when the server was at its quickest."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

from batchlab.control.idle_server import idle_seconds

INSTANT = 1e-6  # seconds: a call of a server without latency


class Pace:
    """How long calls of one kind take: now, and when the server was at its quickest.

    Medians of 32 calls; single ones differ too much to tell load from chance. Now is what ended last. The quickest is
    told from calls that were sent one after the other: of those that end one after the other the first are the quick
    ones, so that a run that begins, or grows, would take the server to be quicker than it is. What the first of them
    take for the others that they met is left out (`idle_seconds`): a small server is never seen idle.

    Parameters
    ----------
    recalled
        Seconds on an idle server that an earlier run has learned; None where there was none.

    Attributes
    ----------
    present
        Median seconds of the latest calls; infinite before any has told its time.
    learned
        Least median of a window of this run; infinite before, too.

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
        self._windows: dict[int, list[tuple[float, int]]] = {}
        self._sent = 0
        self.present = self.learned = math.inf

    def sent(self) -> int:
        """Take note that a call is sent, and return its number."""
        self._sent += 1
        return self._sent - 1

    def note(self, number: int, seconds: float, load: float = 1.0, in_flight: int = 0) -> None:
        """Take note of what a call has taken, ``load`` times as long as on an idle server.

        It was one of so many in flight; 0 where that is not known.
        """
        seconds = max(INSTANT, seconds)
        self._beside.append(in_flight)
        self._latest.append(seconds)
        self.present = median(self._latest)
        self._end(number, seconds / load, in_flight if load == 1.0 else 0)
        if self.new:
            self.learned = self.present / load if load > 1.0 else idle_seconds(self._latest, self._beside)

    def lost(self, number: int) -> None:
        """Take note that a call has ended and tells nothing."""
        self._end(number, math.nan, 0)

    def _end(self, number: int, seconds: float, in_flight: int) -> None:
        window = self._windows.setdefault(number // self.WINDOW, [])
        window.append((seconds, in_flight))
        if len(window) == self.QUORUM:
            self._judge([taken for taken in window if not math.isnan(taken[0])])
        if len(window) == self.WINDOW:
            del self._windows[number // self.WINDOW]

    def _judge(self, taken: list[tuple[float, int]]) -> None:
        longer = [(math.inf, 1)] * (self.WINDOW - self.QUORUM)  # those that have not ended
        seconds, in_flight = zip(*(taken + longer), strict=True)
        middle = idle_seconds(seconds, in_flight) if self.new else median(seconds)
        if middle < math.inf:
            self._medians.append(middle)
            self.learned = min(self._medians)

    @property
    def heard(self) -> bool:
        """Whether any call has told its time."""
        return bool(self._latest)

    @property
    def new(self) -> bool:
        """Whether its first window is not full yet."""
        return not self._medians

    @property
    def in_flight(self) -> float:
        """Median of the calls in flight when the latest were sent; infinite where that is not known."""
        known = [in_flight for in_flight in self._beside if in_flight]
        return median(known) if known else math.inf

    @property
    def idle(self) -> float:
        """Least median of a window, of an earlier run where that was less."""
        return min(self.learned, self._recalled)

    @property
    def slowdown(self) -> float:
        """How many times as long calls take now as at their quickest, at least 1."""
        return max(1.0, self.present / self.idle) if self.heard else 1.0
