"""Let the garbage collector look seldom while simulated calls pass.

It looks for cycles after each seven hundred objects that are new, and time and again among all of the process. A run
makes millions, nearly all of which reference counting takes away: the search was a sixth of a simulated call's time.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

# A hundred thousand new objects until they are looked at; all of the process's when every second look of those before
# has left a quarter more, so that the contents of a run are let go a few runs later at the latest.
SELDOM = (100_000, 2, 2)


class _Collector:
    """The process's collector, and how many runs at once want it to look seldom."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs = 0
        self._usual = gc.get_threshold()

    def begin(self) -> None:
        with self._lock:
            if self._runs == 0:
                self._usual = gc.get_threshold()
                gc.set_threshold(*SELDOM)
            self._runs += 1

    def end(self) -> None:
        with self._lock:
            self._runs -= 1
            if self._runs == 0:
                gc.set_threshold(*self._usual)


_collector = _Collector()


@contextlib.contextmanager
def collected_seldom() -> Iterator[None]:
    """Have the collector look seldom, as it did before when the last of several runs at once has ended.

    A collector that is switched off stays off.
    """
    _collector.begin()
    try:
        yield
    finally:
        _collector.end()
