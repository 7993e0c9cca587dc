"""How far a run is, when it will be done, and what it is waiting for: a snapshot, shown by a sink.

The bar of a terminal or notebook is one sink; any callable that takes a `Progress` is another.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from batchlab import clock
from batchlab.errors import InputError

if TYPE_CHECKING:
    from tqdm.auto import tqdm


@dataclass(frozen=True)
class Progress:
    """The state of a run at one instant.

    Parameters
    ----------
    completed
        Files delivered or failed; at the end of a run that was stopped, without those that it left unread.
    total
        Files asked for, None while unknown.
    batch_size
        Files in the batch under way, where told.
    elapsed
        Seconds since the start.
    eta
        Seconds to the end, None while unknown.
    waiting
        What the run waits for, in words; None while it is not.
    finished
        Whether the run has ended.
    """

    completed: int = 0
    total: int | None = None
    batch_size: int | None = None
    elapsed: float = 0.0
    eta: float | None = None
    waiting: str | None = None
    finished: bool = False

    @property
    def status(self) -> str:
        """What goes on now, in a few words: time past and to come, the batch, the reason for waiting."""
        eta = None if self.eta is None else f"{_clock_face(self.eta)} left"
        batch = None if self.batch_size is None else f"{self.batch_size} a batch"
        waiting = None if self.waiting is None else f"waiting: {self.waiting}"
        return ", ".join(part for part in (_clock_face(self.elapsed), eta, batch, waiting) if part)

    @property
    def summary(self) -> str:
        """One sentence for the end."""
        of_total = "" if self.total is None else f" of {self.total}"
        rate = f", {self.completed / self.elapsed:.1f} files/s" if self.elapsed > 0 else ""
        return f"{self.completed}{of_total} files in {_clock_face(self.elapsed)}{rate}"


Sink: TypeAlias = Callable[[Progress], None]


class BatchProgressMonitor:
    """Follows a run and shows it.

    Parameters
    ----------
    sink
        Called with each `Progress`, the last one ``finished``. By default a `ProgressBar` where a person can see
        it, in a terminal or a notebook, and nothing elsewhere.
    now
        Returns seconds; by default the running loop's time, or the system's outside of a loop.

    Examples
    --------
    >>> shown = []
    >>> monitor = BatchProgressMonitor(sink=shown.append, now=lambda: 0.0)
    >>> monitor.start_monitoring(total=200)
    >>> monitor.update_progress(completed=50, total=200, eta_seconds=120, waiting="core budget")
    >>> monitor.snapshot.status
    '0:00, 2:00 left, waiting: core budget'
    >>> monitor.stop_monitoring()
    >>> shown[-1].finished
    True
    """

    def __init__(self, sink: Sink | None = None, *, now: Callable[[], float] = clock.now_anywhere) -> None:
        self._sink = sink or (ProgressBar() if _someone_watches() else _show_nothing)
        self._now = now
        self._start = 0.0
        self._running = False
        self._snapshot = Progress()

    @property
    def snapshot(self) -> Progress:
        """The latest state."""
        return self._snapshot

    def start_monitoring(self, total: int | None = None) -> None:
        """Begin anew, with ``total`` files to read; None while their number is unknown."""
        self.stop_monitoring()
        self._start, self._running = self._now(), True
        self._show(Progress(total=total))

    def update_progress(
        self,
        completed: int,
        total: int | None = None,
        current_batch_size: int | None = None,
        eta_seconds: float | None = None,
        waiting: str | None = None,
    ) -> None:
        """State how far the run is; begins the monitoring where nobody did.

        Parameters
        ----------
        completed
            Files that have their row, 0 up to ``total``.
        total
            Files asked for; None keeps the number told before.
        current_batch_size
            Files in the batch under way.
        eta_seconds
            Seconds to the end as the budgets allow. The larger of this and what the count so far foretells is
            shown.
        waiting
            What the run waits for, such as ``"core budget, 35 s"``; None while it is not waiting.

        Raises
        ------
        InputError
            ``completed`` is negative or above the total.
        """
        total = self._snapshot.total if total is None else total
        if completed < 0 or (total is not None and completed > total):
            raise InputError(f"completed={completed!r} of {total!r} files; accepted: 0 up to the total")
        if not self._running:
            self.start_monitoring(total)
        elapsed = self._now() - self._start
        eta = _latest(_count_based(completed, total, elapsed), eta_seconds)
        self._show(Progress(completed, total, current_batch_size, elapsed, eta, waiting))

    def stop_monitoring(self) -> None:
        """End; the sink leaves its last line. Stopping twice is harmless."""
        if not self._running:
            return
        self._running = False
        last = self._snapshot
        self._show(Progress(last.completed, last.total, elapsed=self._now() - self._start, finished=True))

    def _show(self, progress: Progress) -> None:
        self._snapshot = progress
        self._sink(progress)


class ProgressBar:
    """A tqdm bar, in a terminal or notebook, that leaves one static line behind.

    Parameters
    ----------
    file
        Where a terminal's bar and the line are written; standard error by default.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file
        self._bar: tqdm[Any] | None = None
        self._waiting: str | None = None

    def __call__(self, progress: Progress) -> None:
        """Show one state of the run, at most ten times a second unless the reason for waiting changes."""
        bar = self._bar = self._bar if self._bar is not None else self._open(progress.total)
        if progress.finished:
            self._close(bar, progress)
            return
        if bar.total != progress.total:
            bar.reset(progress.total)
        bar.set_description_str(progress.status, refresh=False)
        bar.update(progress.completed - bar.n)
        if self._waiting != progress.waiting:
            self._waiting = progress.waiting
            bar.refresh()

    def _open(self, total: int | None) -> tqdm[Any]:
        # tqdm takes a while to import, and asks on import whether it is in a notebook.
        from tqdm.auto import tqdm

        # Its own times are the system's and its estimate knows the count alone; ours stand in the description.
        layout = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{desc}]"
        return tqdm(total=total, file=self._file, leave=False, bar_format=layout)

    def _close(self, bar: tqdm[Any], progress: Progress) -> None:
        bar.close()
        bar.write(progress.summary, file=self._file or sys.stderr)
        self._bar = self._waiting = None


def _show_nothing(progress: Progress) -> None:
    pass


def _someone_watches() -> bool:
    if sys.stderr is not None and sys.stderr.isatty():
        return True
    shell: Callable[[], Any] = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    return "IPKernelApp" in getattr(shell(), "config", {})


def _count_based(completed: int, total: int | None, elapsed: float) -> float | None:
    if total is None or completed == 0:
        return None
    return elapsed / completed * (total - completed)


def _latest(*estimates: float | None) -> float | None:
    return max((estimate for estimate in estimates if estimate is not None), default=None)


def _clock_face(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
