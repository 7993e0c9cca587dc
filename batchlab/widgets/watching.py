"""Watch a run until it has ended: on a thread of its own, several times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from batchlab.batch_progress_monitor import Progress
from batchlab.runs import Run, RunHandle
from batchlab.widgets.live_view import LiveView
from batchlab.widgets.watch import Watch

REDRAW = 0.2  # seconds of wall time between two pictures
Ended = Callable[[Run | BaseException], None]


class Watching:
    """A run that is watched.

    Parameters
    ----------
    handle
        The run.
    watch
        Looks at it.
    view
        Where it is shown.
    told
        Returns what the run has reported last.
    ended
        Called once with the run, or with what ended it, on the thread that watches.
    """

    def __init__(
        self, handle: RunHandle, watch: Watch, view: LiveView, told: Callable[[], Progress], ended: Ended
    ) -> None:
        self._handle, self._watch, self._view, self._told, self._ended = handle, watch, view, told, ended
        self._thread = threading.Thread(target=self._until_it_ends, name="batchlab-lab", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until nobody watches any more."""
        self._thread.join()

    def _until_it_ends(self) -> None:
        pause = REDRAW
        while not self._handle.wait(pause):
            begun = time.perf_counter()
            self._watch.show(self._view, self._told())
            pause = max(REDRAW / 4, REDRAW - (time.perf_counter() - begun))
        self._watch.show(self._view, self._told(), last=True)
        try:
            outcome: Run | BaseException = self._handle.result()
        except BaseException as error:  # for whoever waits
            outcome = error
        self._ended(outcome)
