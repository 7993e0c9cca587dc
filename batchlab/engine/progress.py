"""Tell a progress monitor how far a reading is, when it will be done, and what holds it back."""

from __future__ import annotations

import math
from collections.abc import Callable

from batchlab.batch_progress_monitor import BatchProgressMonitor
from batchlab.control.waits import Reason
from batchlab.engine.dispatcher import Dispatcher
from batchlab.engine.governor import Hold

REPORT_EVERY = 0.25  # seconds between reports, unless what holds the reading back changes
SHORTEST_WAIT = 1.0  # seconds that are worth a word


class ProgressReport:
    """Reports to a monitor whenever the dispatcher has acted.

    Parameters
    ----------
    monitor
        Told.
    dispatcher
        Knows what is queued and what holds it back.
    progress
        Returns the files that have their row, and the files asked for.
    files_a_call
        Returns the files that a full call carries now.
    """

    def __init__(
        self,
        monitor: BatchProgressMonitor,
        dispatcher: Dispatcher,
        progress: Callable[[], tuple[int, int]],
        files_a_call: Callable[[], int],
    ) -> None:
        self._monitor, self._dispatcher = monitor, dispatcher
        self._progress, self._files_a_call = progress, files_a_call
        self._last = -math.inf
        self._held: tuple[Reason, str] | None = None

    def __call__(self, now: float) -> None:
        """Report, unless that was done just now."""
        held = self._dispatcher.held_back
        waits = held is not None and held[1].seconds >= SHORTEST_WAIT
        kind = (held[1].reason, held[0].pool) if held is not None and waits else None
        if now < self._last + REPORT_EVERY and kind == self._held:
            return
        self._last, self._held = now, kind
        waiting = in_words(held[0].pool, held[1]) if held is not None and waits else None
        self.report(waiting)

    def report(self, waiting: str | None = None) -> None:
        """Report the state of this instant."""
        done, asked = self._progress()
        eta = self._dispatcher.seconds_left()
        self._monitor.update_progress(done, asked or None, self._files_a_call(), eta, waiting)


def in_words(pool: str, hold: Hold) -> str:
    """Return what holds calls back, for a person.

    Examples
    --------
    >>> in_words("core", Hold(Reason.PACE, 35.0))
    'core budget, 35 s'
    >>> in_words("core", Hold(Reason.LIMIT, 60.0, "secondary"))
    'secondary rate limit, 60 s'
    """
    match hold.reason:
        case Reason.PAUSED:
            return "paused"
        case Reason.NETWORK:
            what = "no connection, next try"
        case Reason.LIMIT:
            what = f"{hold.limit} rate limit"
        case _:
            what = f"{pool} budget" if hold.limit == "primary" else f"{pool} minute limit"
    return f"{what}, {hold.seconds:.0f} s" if hold.seconds < math.inf else f"{what}, until it is known"
