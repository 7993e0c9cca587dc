"""Look at a run under way, and put what is seen on the screen; each part of its record is read once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from batchlab.batch_progress_monitor import Progress
from batchlab.control.trace import Trace
from batchlab.runs import RunHandle
from batchlab.widgets.live_picture import LivePicture
from batchlab.widgets.live_series import LiveSeries
from batchlab.widgets.live_view import LiveView
from batchlab.widgets.tables import FailedCalls


class Watch:
    """One run, watched.

    Parameters
    ----------
    handle
        The run.
    strategy, hub
        What it is called in the picture.
    """

    def __init__(self, handle: RunHandle, strategy: str, hub: str) -> None:
        self._handle = handle
        self._series, self._failed = LiveSeries(handle.trace), FailedCalls(handle.trace)
        self._picture = LivePicture(f"{strategy} reading {hub}", strategy)

    def show(self, view: LiveView, told: Progress, *, last: bool = False) -> None:
        """Show the state of this moment.

        Parameters
        ----------
        view
            Where.
        told
            What the run has reported: spaced in its own time, which may stand still, so that counts are asked for.
        last
            Whether the run has ended.
        """
        if self._handle.interrupted and not last:
            return  # files that a stop cancels are on their way into the rows
        self._series.read()
        self._failed.read()
        done, asked = self._handle.progress
        view.picture.value = self._picture.png(self._series.drawn(done), last=last)
        view.show_progress(replace(told, completed=done, total=asked or None))
        view.failures.value = self._failed.html()


@cache
def empty_picture(title: str) -> bytes:
    """Return the picture of no run, as PNG: what is on the screen does not move when one begins."""
    return LivePicture(title, "adaptive").png(LiveSeries(Trace()).drawn())
