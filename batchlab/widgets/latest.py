"""Do the latest thing asked for, in the background: what keeps a slider from queueing work behind work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Superseded = Callable[[], bool]


class Latest(Generic[T]):
    """Work on the newest request only, in a thread that there is as long as there is work.

    May be used from any thread.

    Parameters
    ----------
    work
        Called with a request and a function that says whether it has been superseded meanwhile: then it returns soon.
    failed
        Called with what `work` raised.
    delay
        Seconds of wall time without a newer request before work begins, so that a slider's journey is one request.
    """

    def __init__(
        self, work: Callable[[T, Superseded], None], failed: Callable[[Exception], None], delay: float
    ) -> None:
        self._work, self._failed, self._delay = work, failed, delay
        self._changed = threading.Condition()
        self._pending: list[T] = []
        self._asked = 0
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, request: T) -> None:
        """Work on this instead of what was asked before; of no effect once closed."""
        with self._changed:
            if self._closed:
                return
            self._pending = [request]
            self._asked += 1
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="batchlab-latest", daemon=True)
                self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there is no work left; return whether that came within ``timeout`` seconds of wall time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, timeout)

    def close(self) -> None:
        """Give up what is going on and wait for its end."""
        with self._changed:
            self._closed = True
            self._pending = []
            self._asked += 1
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while (taken := self._next()) is not None:
            request, number = taken
            try:
                self._work(request, lambda number=number: number != self._asked)  # type: ignore[misc]
            except Exception as error:  # shown by whoever asked
                self._failed(error)

    def _next(self) -> tuple[T, int] | None:
        with self._changed:
            while self._pending:
                asked = self._asked
                newer = self._changed.wait_for(lambda asked=asked: asked != self._asked, self._delay)  # type: ignore[misc]
                if not newer:
                    return self._pending.pop(), asked
            self._thread = None
            self._changed.notify_all()
            return None
