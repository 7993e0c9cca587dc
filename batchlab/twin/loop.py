"""An event loop whose clock jumps to the next timer instead of waiting for it.

It decides what runs at which virtual instant. It opens no file, starts no thread and knows nothing of GitHub.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any, TypeVarTuple, Unpack

from batchlab.errors import InputError
from batchlab.twin.outside import NoOutsideWorld
from batchlab.twin.pace import Pace
from batchlab.twin.stalls import Deadlock, Livelock

Ts = TypeVarTuple("Ts")

DEFAULT_EPOCH_OFFSET = 1_767_225_600.0
"""UTC epoch seconds of virtual time 0: 2026-01-01T00:00:00Z, whatever the machine's own clock says."""

_FEW_TIMERS = 100  # up to which cancelled ones may stay

# Beyond 2**53 ns (104 days) adjacent floats lie further apart than a nanosecond.
_LAST_NANOSECOND = 2.0**53 / 1e9


class _Timer(asyncio.TimerHandle):
    """A timer; those of the loop lie in a heap, behind their deadline and the order of scheduling."""

    _scheduled: bool


class VirtualTimeLoop(NoOutsideWorld):
    """An asyncio event loop in virtual time, for ``asyncio.Runner(loop_factory=...)``.

    Time starts at 0 and is counted in nanoseconds, to which deadlines are rounded up. What is due at one
    instant runs in the order of scheduling, so a program that draws its randomness from seeds repeats itself
    exactly. Computing takes no virtual time. Other threads may use `call_soon_threadsafe`, `external_wait`
    and `speed`.

    Parameters
    ----------
    epoch_offset
        UTC epoch seconds that virtual time 0 stands for.
    speed
        Virtual seconds per second of wall time, greater than 0. ``inf`` waits for nothing.
    livelock_after
        Turns of the loop allowed at one instant, before `Livelock` is raised.

    Raises
    ------
    Deadlock
        By the call that runs the loop, when nothing can ever happen again.
    Livelock
        By the call that runs the loop, when its clock does not move on.

    Examples
    --------
    >>> async def an_hour() -> float:
    ...     await asyncio.sleep(3600)
    ...     return asyncio.get_running_loop().time()
    >>> with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
    ...     runner.run(an_hour())
    3600.0
    """

    # Names of asyncio.BaseEventLoop, the same in all versions from 3.11 on.
    _ready: deque[asyncio.Handle]
    _scheduled: list[tuple[float, int, _Timer]]
    _timer_cancelled_count: int
    _stopping: bool
    _debug: bool
    _check_closed: Callable[[], None]
    _check_thread: Callable[[], None]
    _check_callback: Callable[[object, str], None]
    _closed = True  # for one that a refused speed leaves unopened

    def __init__(
        self,
        *,
        epoch_offset: float = DEFAULT_EPOCH_OFFSET,
        speed: float = math.inf,
        livelock_after: int = 1_000_000,
    ) -> None:
        self._pace = Pace(speed)
        super().__init__()
        self._epoch_offset = epoch_offset
        self._livelock_after = livelock_after
        self._sequence = itertools.count()
        self._external_waits = 0
        self._external_waits_lock = threading.Lock()
        self._reach(0.0)

    def time(self) -> float:
        """Return virtual time in seconds, from 0."""
        return self._now

    def epoch(self) -> float:
        """Return the UTC epoch seconds that the present instant stands for."""
        return self._epoch_offset + self._now

    @property
    def speed(self) -> float:
        """Virtual seconds per second of wall time; may be set from any thread while the loop runs."""
        return self._pace.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._pace.speed = speed
        self._pace.wake()

    @contextmanager
    def external_wait(self) -> Iterator[None]:
        """Tell the loop, for as long as the context lasts, that another thread will wake it.

        Timers go on. With none left the loop waits for `call_soon_threadsafe`, instead of raising `Deadlock`; its
        clock follows wall time meanwhile, and stands still where its speed is infinite.
        """
        self._count_external_wait(+1)
        try:
            yield
        finally:
            self._count_external_wait(-1)
            self._pace.wake()

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call back after a delay in seconds; any delay above 0, however small, moves the clock."""
        when = self._now + delay
        if when == self._now and delay > 0:
            when = math.nextafter(when, math.inf)
        return self.call_at(when, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call back at a virtual instant in seconds, rounded up to nanoseconds; ``inf`` is never."""
        self._check_closed()
        if self._debug:
            self._check_thread()
            self._check_callback(callback, "call_at")
        when = _rounded_up(when, self._now)
        timer = _Timer(when, callback, args, self, context)
        timer._scheduled = True
        heapq.heappush(self._scheduled, (when, next(self._sequence), timer))
        return timer

    def run_forever(self) -> None:
        """Run until `stop` is called; wall time that went by since an earlier run is not made up for."""
        self._pace.restart()
        super().run_forever()

    def _run_once(self) -> None:
        """Move to the next instant if nothing is left to do at this one, and do what is due.

        In place of asyncio's own turn, which looks for files, too.
        """
        timers, ready = self._scheduled, self._ready
        if ready or self._stopping:
            self._count_turn()
        else:
            self._move_on()
        while timers and timers[0][0] <= self._now:
            timer = heapq.heappop(timers)[-1]
            timer._scheduled = False
            ready.append(timer)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _move_on(self) -> None:
        self._forget_cancelled()
        when = self._scheduled[0][0] if self._scheduled else math.inf
        if when <= self._now:
            self._count_turn()
        elif when < math.inf:
            self._reach(self._pace.follow(self._now, when))
        elif not self._ready:  # not filled by another thread in the meantime
            self._wait_for_outside()

    def _forget_cancelled(self) -> None:
        """Take cancelled timers out where they come first, or are the most; none may move the clock."""
        timers = self._scheduled
        if self._timer_cancelled_count * 2 > len(timers) > _FEW_TIMERS:
            timers[:] = [item for item in timers if not item[-1].cancelled()]
            heapq.heapify(timers)
            self._timer_cancelled_count = 0
        while timers and timers[0][-1].cancelled():
            self._timer_cancelled_count -= 1
            heapq.heappop(timers)

    def _reach(self, when: float) -> None:
        self._now = when
        self._turns = 0

    def _count_turn(self) -> None:
        self._turns += 1
        if self._turns > self._livelock_after:
            self._turns = 0  # clean-up gets as many
            raise Livelock(self._now, self._livelock_after)

    def _wait_for_outside(self) -> None:
        if not self._external_waits:
            raise Deadlock(self._now, _names(asyncio.all_tasks(self)))
        self._reach(self._pace.rest(self._now))

    def _count_external_wait(self, change: int) -> None:
        with self._external_waits_lock:
            self._external_waits += change

    def _write_to_self(self) -> None:
        """Wake the loop: `call_soon_threadsafe` calls this where other loops write to a pipe."""
        self._pace.wake()


def _rounded_up(when: float, now: float) -> float:
    """Round a deadline up to nanoseconds, so that 0.1 + 0.2 is 0.3, and what is later than now stays so."""
    if now < when < _LAST_NANOSECOND:
        nanoseconds = when * 1e9
        # The sum of two floats may be off by some units in its last place: that is noise, not a deadline.
        rounded = math.ceil(nanoseconds - 4 * math.ulp(nanoseconds)) / 1e9
        return rounded if rounded > now else max(round(now + 1e-9, 9), math.nextafter(now, math.inf))
    if math.isnan(when):
        raise InputError("a timer's deadline must be a number of seconds or inf, not nan; check its delay.")
    return when


def _names(tasks: set[asyncio.Task[Any]]) -> tuple[str, ...]:
    by_number = sorted(tasks, key=lambda task: (len(task.get_name()), task.get_name()))
    return tuple(f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', '?')})" for task in by_number)
