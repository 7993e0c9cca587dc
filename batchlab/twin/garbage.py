"""Let the garbage collector look seldom while simulated calls pass.

It looks for cycles after each seven hundred objects that are new, and time and again among all of the process. A run
makes millions, nearly all of which reference counting takes away: the search was a sixth of a simulated call's time.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

NEW_OBJECTS = 100_000  # that there must be more than before, until the collector looks at them


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
                gc.freeze()  # what exists already is not looked at
                gc.set_threshold(NEW_OBJECTS, *self._usual[1:])
            self._runs += 1

    def end(self) -> None:
        with self._lock:
            self._runs -= 1
            if self._runs == 0:
                gc.set_threshold(*self._usual)
                gc.unfreeze()


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
