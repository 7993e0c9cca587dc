"""Where runs take place: on one private loop in a background thread, or on a virtual loop in a thread of its own.

No running loop is ever entered again, so that the same call works in a script, a notebook's cell and a callback.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from functools import cache
from typing import Any, TypeVar

from batchlab.twin.runner import HEED_INTERRUPTS, run_virtual

T = TypeVar("T")


@cache
def _private_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="batchlab-loop", daemon=True).start()
    return loop


def on_private_loop(main: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
    """Run a coroutine in real time on the private loop; return its future."""
    return asyncio.run_coroutine_threadsafe(main(), _private_loop())


def on_virtual_loop(main: Callable[[], Coroutine[Any, Any, T]], speed: float = math.inf) -> Future[T]:
    """Run a coroutine in virtual time in a thread of its own; return its future.

    Parameters
    ----------
    main
        Returns the coroutine.
    speed
        Virtual seconds per second of wall time; may be changed later, at the coroutine's own loop.
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            future.set_result(run_virtual(main, speed=speed))
        except BaseException as error:  # handed to whoever waits for the future
            future.set_exception(error)

    threading.Thread(target=work, name="batchlab-virtual-time", daemon=True).start()
    return future


def result_of(future: Future[T]) -> T:
    """Wait for a future and return its result; an interrupt is heeded meanwhile, whenever it comes."""
    while not wait([future], HEED_INTERRUPTS).done:
        pass
    return future.result()


def run_apart(main: Callable[[], Coroutine[Any, Any, T]], *, virtual: bool) -> T:
    """Run a coroutine to its end on either loop, and return what it returns; an interrupt cancels it in real time."""
    future = (on_virtual_loop if virtual else on_private_loop)(main)
    try:
        return result_of(future)
    except BaseException:
        future.cancel()
        raise
