"""Wait until nothing more comes, then act once."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Debounced:
    """An action that is carried out once its calls have ceased for a while; used from any thread.

    Parameters
    ----------
    action
        Carried out on a thread of its own, or on the caller's where there is nothing to wait for.
    seconds
        Of wall time without a call, 0 or more.
    """

    def __init__(self, action: Callable[[], None], seconds: float) -> None:
        self._action, self._seconds = action, seconds
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._closed = False

    def __call__(self) -> None:
        """Carry the action out soon, and not before."""
        if self._seconds <= 0:
            self._action()
            return
        with self._lock:
            if self._closed:
                return
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._seconds, self._action)
            self._timer.daemon = True
            self._timer.start()

    def flush(self) -> None:
        """Carry out now what was to come."""
        if self._cancel() is not None:
            self._action()

    def close(self) -> None:
        """Carry nothing out any more; no thread is left."""
        self._closed = True
        timer = self._cancel()
        if timer is not None and timer is not threading.current_thread():
            timer.join()

    def _cancel(self) -> threading.Timer | None:
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        return timer
