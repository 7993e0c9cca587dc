"""Time, as everything in batchlab reads it: seconds of the running event loop.

On an ordinary loop that is real time; on the virtual loop (`batchlab.twin`) the same calls read virtual
time. Nothing else in the package asks the operating system what time it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext


def now() -> float:
    """Return the running loop's time in seconds, from an arbitrary start."""
    return asyncio.get_running_loop().time()


def now_anywhere() -> float:
    """Return `now`, or outside of any loop the system's reading of the clock that ordinary loops keep."""
    try:
        return now()
    except RuntimeError:
        return time.monotonic()


def epoch() -> float:
    """Return UTC epoch seconds: the running loop's own calendar if it keeps one, else the system's."""
    calendar: Callable[[], float] = getattr(asyncio.get_running_loop(), "epoch", time.time)
    return calendar()


def is_virtual() -> bool:
    """Tell whether the running loop keeps virtual time."""
    return hasattr(asyncio.get_running_loop(), "epoch")


def external_wait() -> AbstractContextManager[None]:
    """Return a context in which another thread will go on: a virtual loop with nothing scheduled then waits for it."""
    wait: Callable[[], AbstractContextManager[None]]
    wait = getattr(asyncio.get_running_loop(), "external_wait", nullcontext)
    return wait()


async def sleep(seconds: float) -> None:
    """Wait on the running loop; zero or less only yields to other tasks."""
    await asyncio.sleep(max(0.0, seconds))
