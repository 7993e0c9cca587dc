"""Run a coroutine in virtual time from anywhere: a script, a notebook's cell, a widget's callback.

It decides on which thread the loop runs, and sees to it that the loop is left clean.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import math
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from batchlab.errors import InputError
from batchlab.twin.garbage import collected_seldom
from batchlab.twin.loop import DEFAULT_EPOCH_OFFSET, VirtualTimeLoop

T = TypeVar("T")
HEED_INTERRUPTS = 0.1  # seconds: Python forgets one that comes just before a wait until that wait ends


def run_virtual(
    main: Callable[[], Coroutine[Any, Any, T]] | Coroutine[Any, Any, T],
    *,
    epoch_offset: float = DEFAULT_EPOCH_OFFSET,
    speed: float = math.inf,
) -> T:
    """Run a coroutine to its end on a new virtual loop, and return what it returns.

    Where an event loop is running already, as in a notebook, the virtual one gets a thread of its own, and
    this call waits for it. An interrupt cancels the coroutine and waits for its clean-up. What the coroutine
    raises comes out unchanged.

    Parameters
    ----------
    main
        A coroutine, or a function without arguments that returns one.
    epoch_offset
        UTC epoch seconds that virtual time 0 stands for.
    speed
        Virtual seconds per second of wall time, greater than 0. ``inf`` waits for nothing.

    Returns
    -------
    T
        The coroutine's result.

    Raises
    ------
    Deadlock
        When everything waits and nothing is scheduled.
    Livelock
        When the clock does not move on.
    InputError
        When `main` is neither, or `speed` is not above 0.

    Examples
    --------
    >>> async def an_hour() -> str:
    ...     await asyncio.sleep(3600)
    ...     return "done"
    >>> run_virtual(an_hour)
    'done'
    """
    coroutine = _coroutine(main)
    try:
        loop = VirtualTimeLoop(epoch_offset=epoch_offset, speed=speed)
    except InputError:
        coroutine.close()
        raise
    with collected_seldom():
        if _a_loop_is_running():
            return _run_in_own_thread(coroutine, loop)
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(coroutine)


def _coroutine(main: Callable[[], Coroutine[Any, Any, T]] | Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
    coroutine = main() if callable(main) else main
    if not inspect.iscoroutine(coroutine):
        raise InputError(
            f"main must be a coroutine, or a function without arguments that returns one, not {main!r}; "
            "define it with `async def`."
        )
    return coroutine


def _a_loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _run_in_own_thread(coroutine: Coroutine[Any, Any, T], loop: VirtualTimeLoop) -> T:
    task = loop.create_task(coroutine)  # on this thread, whose context variables it takes along
    outcome: Future[T] = Future()
    # A bare lock, free once it has ended: an interrupt could leave a future's or an event's own lock locked.
    running = threading.Lock()
    running.acquire()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop):
                result = loop.run_until_complete(task)
        except BaseException as error:
            outcome.set_exception(error)
        else:
            outcome.set_result(result)
        finally:
            running.release()

    thread = threading.Thread(target=run, name="virtual-time")
    try:
        thread.start()
        while not running.acquire(timeout=HEED_INTERRUPTS):
            pass
        return outcome.result()
    finally:
        if thread.is_alive():  # still at work after an interrupt, which may come as early as in start()
            with contextlib.suppress(RuntimeError):  # the loop has just closed
                loop.call_soon_threadsafe(task.cancel)
            thread.join()
