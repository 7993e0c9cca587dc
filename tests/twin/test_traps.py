"""The known traps of virtual time, each with its cure."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import anyio
import httpx
import pytest
import tenacity
from hypothesis import given
from hypothesis import strategies as st

from batchlab import clock
from batchlab.twin import Deadlock, Livelock, OutsideWorldError, VirtualTimeLoop, run_virtual


def test_equal_sleeps_wake_in_order() -> None:
    woken: list[int] = []

    async def sleeper(number: int) -> None:
        await asyncio.sleep(1)
        woken.append(number)

    async def main() -> None:
        await asyncio.gather(*(sleeper(number) for number in range(8)))

    run_virtual(main)
    assert woken == list(range(8))


def test_a_freed_slot_goes_to_who_waited_longest() -> None:
    served: list[int] = []

    async def job(number: int, slots: asyncio.Semaphore) -> None:
        async with slots:
            await asyncio.sleep(1)
            served.append(number)

    async def main() -> None:
        slots = asyncio.Semaphore(3)
        await asyncio.gather(*(job(number, slots) for number in range(12)))

    run_virtual(main)
    assert served == list(range(12))


@pytest.mark.parametrize("start", [2e7, 1e9, 3.2e8, 1e12])
def test_late_times_do_not_spin(start: float) -> None:
    async def main() -> float:
        await asyncio.sleep(start)
        await asyncio.sleep(0.001)
        async with asyncio.timeout(10):
            await asyncio.sleep(0.5)
        return clock.now()

    assert run_virtual(main) == pytest.approx(start + 0.501)


def test_tenacity_stops_by_the_loops_clock() -> None:
    attempts: list[float] = []

    async def main() -> None:
        started = clock.now()
        # tenacity's own stop_after_delay reads the machine's clock, and would go on for ever
        patience = tenacity.AsyncRetrying(
            wait=tenacity.wait_fixed(10), stop=lambda _: clock.now() - started >= 30, reraise=True
        )
        async for attempt in patience:
            with attempt:
                attempts.append(clock.now())
                raise ConnectionError

    with pytest.raises(ConnectionError):
        run_virtual(main)
    assert attempts == [0.0, 10.0, 20.0, 30.0]


def test_latency_is_read_from_the_loops_clock() -> None:
    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(40)
            return httpx.Response(200)

    async def main() -> float:
        async with httpx.AsyncClient(transport=Slow()) as client:
            sent = clock.now()  # httpx's own `elapsed` is the machine's time
            await client.get("https://hub/")
            return clock.now() - sent

    assert run_virtual(main) == 40.0


OUTSIDE: dict[str, Callable[[asyncio.AbstractEventLoop], Coroutine[Any, Any, object]]] = {
    "run_in_executor": lambda loop: asyncio.to_thread(print),
    "set_default_executor": lambda loop: call(loop.set_default_executor, None),
    "create_connection": lambda loop: asyncio.open_connection("localhost", 1),
    "create_server": lambda loop: asyncio.start_server(print, "localhost"),
    "subprocess_exec": lambda loop: asyncio.create_subprocess_exec(sys.executable),
    "subprocess_shell": lambda loop: asyncio.create_subprocess_shell("exit"),
    "add_reader": lambda loop: call(loop.add_reader, 0, print),
    "add_writer": lambda loop: call(loop.add_writer, 1, print),
    "add_signal_handler": lambda loop: call(loop.add_signal_handler, signal.SIGINT, print),
    "getaddrinfo": lambda loop: call(loop.getaddrinfo, "localhost", 1),
}


async def call(function: Callable[..., object], *arguments: object) -> object:
    return function(*arguments)


@pytest.mark.parametrize("method", OUTSIDE)
def test_threads_sockets_and_processes_are_refused_by_name(method: str) -> None:
    async def main() -> None:
        await OUTSIDE[method](asyncio.get_running_loop())

    with pytest.raises(OutsideWorldError, match=rf"^{method}\(\) leads out of virtual time.*[Dd]o the work inline"):
        run_virtual(main)


def test_every_door_of_asyncio_is_either_virtual_or_refused() -> None:
    doors = {name for name in vars(asyncio.AbstractEventLoop) if not name.startswith("_")}
    inside = {
        *(
            "run_forever",
            "run_until_complete",
            "stop",
            "is_running",
            "is_closed",
            "close",
            "shutdown_asyncgens",
        ),
        *("shutdown_default_executor", "call_soon", "call_later", "call_at", "call_soon_threadsafe", "time"),
        *("create_future", "create_task", "set_task_factory", "get_task_factory", "get_debug", "set_debug"),
        *("get_exception_handler", "set_exception_handler", "default_exception_handler"),
        "call_exception_handler",
    }
    loop = VirtualTimeLoop()
    for name in sorted(doors - inside):
        with pytest.raises(OutsideWorldError, match=name):
            getattr(loop, name)()
    loop.close()


def test_the_loop_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "socketpair", refuse)
    run_virtual(lambda: asyncio.sleep(1))


@given(st.floats(0, 1e4), st.floats(0, 1e4))
def test_sleeping_for_the_rest_of_the_time_ends(start: float, delay: float) -> None:
    async def main() -> int:
        await asyncio.sleep(start)
        deadline, naps = clock.now() + delay, 0
        while clock.now() < deadline:
            await asyncio.sleep(deadline - clock.now())
            naps += 1
        return naps

    assert run_virtual(main) <= 2


@given(st.floats(0, 1e4), st.floats(0, 1e4, exclude_min=True))
def test_a_scope_that_sets_its_timer_again_when_early_ends(start: float, delay: float) -> None:
    async def main() -> float:
        await asyncio.sleep(start)
        with anyio.move_on_after(delay):
            await anyio.sleep_forever()
        return clock.now()

    assert run_virtual(main) == pytest.approx(start + delay, abs=3e-9)


def test_a_callback_that_wants_to_be_later_than_its_time_is_reported() -> None:
    def recheck(loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        if loop.time() <= deadline:
            loop.call_at(deadline, recheck, loop, deadline)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.call_at(5, recheck, loop, 5)
        await asyncio.sleep(10)

    with (
        asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(livelock_after=100)) as runner,
        pytest.raises(Livelock, match=r"at 5\.0* s"),
    ):
        runner.run(main())


def test_waiting_for_nothing_is_a_deadlock_at_once() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        run_virtual(main)


def test_a_run_repeats_itself_to_the_last_bit() -> None:
    async def trace() -> list[tuple[str, str, int]]:
        draws, log = random.Random(1), []
        queue: asyncio.Queue[int] = asyncio.Queue(3)

        async def produce(number: int) -> None:
            await asyncio.sleep(draws.expovariate(1))
            await queue.put(number)

        async def consume(name: str) -> None:
            while True:
                number = await queue.get()
                await asyncio.sleep(draws.expovariate(2))
                log.append((clock.now().hex(), name, number))

        consumers = [asyncio.create_task(consume(name)) for name in "abc"]
        await asyncio.gather(*(produce(number) for number in range(50)))
        await asyncio.sleep(100)
        for consumer in consumers:
            consumer.cancel()
        assert clock.epoch() == 1_767_225_600 + clock.now()
        return log

    assert run_virtual(trace) == run_virtual(trace)


def test_computing_takes_no_virtual_time() -> None:
    async def main() -> float:
        before = clock.now()
        sum(range(200_000))
        await asyncio.sleep(0)
        return clock.now() - before

    assert run_virtual(main) == 0.0


def test_a_busy_wait_is_reported() -> None:
    async def main() -> None:
        while True:  # noqa: ASYNC110  # the mistake itself
            await asyncio.sleep(0)

    with (
        asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(livelock_after=100)) as runner,
        pytest.raises(Livelock, match=r"at 0\.0* s"),
    ):
        runner.run(main())
