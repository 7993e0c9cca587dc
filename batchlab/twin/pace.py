"""How wall time follows virtual time: the speed, the waits it asks for, and the alarm that ends them early.

The only place beside `batchlab.clock` that reads wall time. Knows nothing of timers and tasks.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time

from batchlab.errors import InputError


class Pace:
    """The waits of one event loop; `wake` and `speed` may be used from any thread.

    Parameters
    ----------
    speed
        Virtual seconds per second of wall time, greater than 0; ``inf`` never waits.
    """

    def __init__(self, speed: float = math.inf) -> None:
        self.speed = speed
        self._waited_at = self.speed
        self._due = time.perf_counter()
        # A binary semaphore. A Condition could lose the call of a signal handler that runs in the waiting
        # thread just before its wait; this remembers it.
        self._alarm = threading.Lock()
        self._alarm.acquire()

    @property
    def speed(self) -> float:
        """Virtual seconds per second of wall time; a new value is followed from the next wait on."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if not speed > 0:
            raise InputError(
                f"speed must be greater than 0 (virtual seconds per second of wall time), not {speed!r}; "
                "use inf to wait for nothing."
            )
        self._speed = float(speed)

    def wake(self) -> None:
        """End the wait that is going on, or else the next one."""
        with contextlib.suppress(RuntimeError):  # it has been called already
            self._alarm.release()

    def restart(self) -> None:
        """Let the instant that virtual time has reached be due now, whatever wall time has gone by."""
        self._due = time.perf_counter()

    def rest(self, now: float) -> float:
        """Wait until woken; return the instant reached, in seconds: `now` where the speed is infinite."""
        speed, begun = self._speed, time.perf_counter()
        self._alarm.acquire()
        self.restart()
        return now if speed == math.inf else round(now + (self._due - begun) * speed, 9)

    def follow(self, now: float, until: float) -> float:
        """Wait as long as wall time takes between two virtual instants.

        A run that is late, because its own computing took longer than its speed allows, does not wait.

        Parameters
        ----------
        now
            The instant that virtual time has reached, in seconds.
        until
            The instant to wait for, in seconds, later than `now`.

        Returns
        -------
        float
            The instant reached, in seconds: `until`, or an earlier one when woken.
        """
        speed = self._speed
        if speed != self._waited_at:
            self._waited_at = speed
            self.restart()
        if speed == math.inf:
            return until
        due = self._due + (until - now) / speed
        self._sleep(due - time.perf_counter())
        wall = time.perf_counter()
        if wall >= due:
            self._due = due
            return until
        passed, self._due = wall - self._due, wall
        return min(until, round(now + passed * speed, 9))

    def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._alarm.acquire(timeout=min(seconds, threading.TIMEOUT_MAX))
