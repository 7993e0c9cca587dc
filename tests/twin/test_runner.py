"""Virtual time from a script, from a running loop, from a thread; and interrupts in each."""

from __future__ import annotations

import _thread
import asyncio
import contextvars
import math
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from batchlab import clock
from batchlab.errors import InputError
from batchlab.twin import Deadlock, VirtualTimeLoop, run_virtual

needs_unix_signals = pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"), reason="signals are sent to one thread on Unix only"
)


async def an_hour() -> float:
    await asyncio.sleep(3600)
    return clock.now()


def from_a_script(main: Callable[[], Coroutine[Any, Any, Any]], **settings: float) -> Any:
    return run_virtual(main, **settings)


def from_a_cell(main: Callable[[], Coroutine[Any, Any, Any]], **settings: float) -> Any:
    """Call it as a kernel does: on a running loop that leaves interrupts to Python."""

    async def cell() -> Any:
        outer = asyncio.get_running_loop()
        try:
            return run_virtual(main, **settings)
        finally:
            assert asyncio.get_running_loop() is outer

    kernel = asyncio.new_event_loop()
    try:
        return kernel.run_until_complete(cell())
    finally:
        kernel.close()


everywhere = pytest.mark.parametrize("call", [from_a_script, from_a_cell])


@everywhere
def test_an_hour_passes(call: Callable[..., float]) -> None:
    assert call(an_hour) == 3600.0


def test_a_coroutine_is_taken_as_well_as_its_function() -> None:
    assert run_virtual(an_hour()) == 3600.0


def test_a_widgets_callback_gets_its_result() -> None:
    results: list[float] = []

    async def kernel() -> None:
        clicked = asyncio.Event()

        def click() -> None:
            results.append(run_virtual(an_hour))
            clicked.set()

        asyncio.get_running_loop().call_soon(click)
        await clicked.wait()

    asyncio.run(kernel())
    assert results == [3600.0]


def test_a_thread_without_a_loop_runs_it_itself() -> None:
    threads: list[threading.Thread] = []

    async def main() -> None:
        threads.append(threading.current_thread())

    thread = threading.Thread(target=run_virtual, args=(main,))
    thread.start()
    thread.join()
    assert threads == [thread]


def test_virtual_time_nests() -> None:
    async def outer() -> tuple[float, float]:
        await asyncio.sleep(1)
        return run_virtual(an_hour), clock.now()

    assert run_virtual(outer) == (3600.0, 1.0)


@everywhere
def test_settings_reach_the_loop(call: Callable[..., Any]) -> None:
    async def main() -> float:
        return clock.epoch()

    assert call(main) == 1_767_225_600.0
    assert call(main, epoch_offset=5.0, speed=1e9) == 5.0


def test_context_variables_come_along() -> None:
    where = contextvars.ContextVar("where", default="nowhere")

    async def main() -> str:
        return where.get()

    async def cell() -> str:
        where.set("cell")
        return run_virtual(main)

    assert asyncio.run(cell()) == "cell"


@everywhere
@pytest.mark.parametrize("kind", [LookupError, KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_exceptions_come_out_unchanged(call: Callable[..., Any], kind: type[BaseException]) -> None:
    error = kind("this one")

    async def main() -> None:
        await asyncio.sleep(1)
        raise error

    with pytest.raises(kind) as caught:
        call(main)
    assert caught.value is error or kind is asyncio.CancelledError


@everywhere
def test_a_deadlock_comes_out(call: Callable[..., Any]) -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="main"):
        call(main)


def by_a_signal() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def by_a_flag() -> None:
    """Interrupt as kernels on Windows do, and as a signal does that comes just before a wait begins."""
    time.sleep(0.05)  # by then it waits
    _thread.interrupt_main()


async def computing() -> None:
    while True:  # noqa: ASYNC110  # work without an end
        await asyncio.sleep(1)


async def waiting_outside() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    with loop.external_wait():
        await asyncio.Event().wait()


async def watched() -> None:
    await asyncio.sleep(3600)


@everywhere
@needs_unix_signals
@pytest.mark.parametrize(("work", "speed"), [(computing, math.inf), (waiting_outside, math.inf), (watched, 1.0)])
def test_an_interrupt_cancels_and_waits_for_the_clean_up(
    call: Callable[..., Any], work: Callable[[], Coroutine[Any, Any, None]], speed: float
) -> None:
    _assert_cleaned(call, work, speed, by_a_signal)


@pytest.mark.parametrize("work", [computing, waiting_outside])
def test_an_interrupt_that_does_not_end_a_wait_is_heeded_all_the_same(
    work: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    _assert_cleaned(from_a_cell, work, math.inf, by_a_flag)


def _assert_cleaned(
    call: Callable[..., Any], work: Callable[[], Coroutine[Any, Any, None]], speed: float, interrupt: Callable[[], None]
) -> None:
    cleaned: list[float] = []

    async def main() -> None:
        sender = threading.Thread(target=interrupt)
        try:
            sender.start()
            await work()
        finally:
            sender.join()
            before = clock.now()
            await asyncio.sleep(1e-3)
            cleaned.append(round(clock.now() - before, 6))

    with pytest.raises(KeyboardInterrupt):
        call(main, speed=speed)
    assert cleaned == [1e-3]


@pytest.mark.parametrize("main", [42, lambda: 42])
def test_what_is_no_coroutine_is_named(main: Any) -> None:
    with pytest.raises(InputError, match=r"main must be a coroutine, .* not (42|<function)"):
        run_virtual(main)


def test_a_bad_speed_leaves_no_coroutine_behind() -> None:
    with pytest.raises(InputError, match="speed must be greater than 0"):
        run_virtual(an_hour(), speed=0)
