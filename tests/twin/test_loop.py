"""The virtual loop as an asyncio loop: time, ties, threads, stalls, and what asyncio builds on it."""

from __future__ import annotations

import asyncio
import gc
import math
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab import clock
from batchlab.errors import InputError
from batchlab.twin import DEFAULT_EPOCH_OFFSET, Deadlock, Livelock, VirtualTimeLoop

T = TypeVar("T")
milliseconds = st.integers(1, 10_000_000)


def run(main: Callable[[], Coroutine[Any, Any, T]], **settings: Any) -> T:
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(**settings)) as runner:
        return runner.run(main())


def in_thread(loop: VirtualTimeLoop, callback: Callable[[], object]) -> threading.Thread:
    """Start a thread that schedules a callback, as a widget does."""
    thread = threading.Thread(target=loop.call_soon_threadsafe, args=(callback,))
    thread.start()
    return thread


def this_loop() -> VirtualTimeLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    return loop


async def busy() -> None:
    while True:  # noqa: ASYNC110  # the mistake itself
        await asyncio.sleep(0)


async def never() -> None:
    await asyncio.get_running_loop().create_future()


class TestTime:
    def test_starts_at_zero_and_jumps_to_the_next_timer(self) -> None:
        async def main() -> list[float]:
            start = clock.now()
            await asyncio.sleep(3600)
            return [start, clock.now()]

        assert run(main) == [0.0, 3600.0]

    def test_the_calendar_starts_in_2026_whatever_the_machine_says(self) -> None:
        async def main() -> float:
            await clock.sleep(1.5)
            assert clock.is_virtual()
            return clock.epoch()

        assert run(main) == DEFAULT_EPOCH_OFFSET + 1.5
        assert run(main, epoch_offset=1000.0) == 1001.5

    @given(st.lists(milliseconds, min_size=1, max_size=50))
    def test_milliseconds_add_up_without_drift(self, delays: list[int]) -> None:
        async def main() -> float:
            for delay in delays:
                await asyncio.sleep(delay / 1000)
            return clock.now()

        assert run(main) == sum(delays) / 1000

    @given(st.floats(0, 1e15), st.floats(0, 1e6, exclude_min=True))
    def test_every_positive_delay_moves_the_clock_at_any_time(self, start: float, delay: float) -> None:
        async def main() -> None:
            await asyncio.sleep(start)
            before = clock.now()
            await asyncio.sleep(delay)
            assert before < clock.now()
            assert clock.now() >= before + delay - 8 * math.ulp(clock.now())

        run(main)

    def test_deadlines_are_rounded_up_to_nanoseconds(self) -> None:
        async def main() -> float:
            await asyncio.sleep(0.1234567891)
            return clock.now()

        assert run(main) == 0.123456790

    def test_a_past_deadline_is_due_at_once(self) -> None:
        async def main() -> float:
            await asyncio.sleep(5)
            due = asyncio.Event()
            asyncio.get_running_loop().call_at(1, due.set)
            asyncio.get_running_loop().call_later(-1, due.set)
            await due.wait()
            return clock.now()

        assert run(main) == 5.0

    def test_a_deadline_must_be_a_number(self) -> None:
        async def main() -> None:
            asyncio.get_running_loop().call_later(math.nan, print)

        with pytest.raises(InputError, match="not nan"):
            run(main)

    def test_infinity_is_never(self) -> None:
        async def main() -> float:
            forever = asyncio.create_task(asyncio.sleep(math.inf))
            await asyncio.sleep(10)
            forever.cancel()
            return clock.now()

        assert run(main) == 10.0
        with pytest.raises(Deadlock):
            run(lambda: asyncio.sleep(math.inf))

    def test_a_second_run_continues_where_the_first_stopped(self) -> None:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(asyncio.sleep(2))
            runner.run(asyncio.sleep(3))
            assert runner.get_loop().time() == 5.0

    def test_cancelled_timers_do_not_move_the_clock(self) -> None:
        async def main() -> float:
            loop = asyncio.get_running_loop()
            timers = [loop.call_later(1000 + number, print) for number in range(500)]
            for timer in timers:
                timer.cancel()
            await asyncio.sleep(1)
            return clock.now()

        assert run(main) == 1.0


@given(st.lists(st.integers(0, 4), max_size=60))
def test_ties_run_in_scheduling_order(delays: list[int]) -> None:
    order: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for number, delay in enumerate(delays):
            loop.call_later(delay, order.append, number)
        await asyncio.sleep(5)

    run(main)
    assert order == sorted(range(len(delays)), key=delays.__getitem__)


class TestDeadlock:
    def test_names_the_time_and_the_tasks_that_wait(self) -> None:
        async def main() -> None:
            await asyncio.sleep(12.5)
            async with asyncio.TaskGroup() as group:
                group.create_task(never(), name="worker-10")
                group.create_task(never(), name="worker-9")

        with pytest.raises(Deadlock, match=r"deadlock at 12\.5\d* s .*external_wait") as error:
            run(main)
        assert error.value.time == 12.5
        workers = [task for task in error.value.tasks if task.startswith("worker")]
        assert workers == ["worker-9 (never)", "worker-10 (never)"]
        assert len(error.value.tasks) == 3
        assert all(name in str(error.value) for name in error.value.tasks)

    def test_of_many_tasks_the_first_are_shown(self) -> None:
        async def main() -> None:
            await asyncio.gather(*(never() for _ in range(40)))

        with pytest.raises(Deadlock, match="and 31 more") as error:
            run(main)
        assert len(error.value.tasks) == 41

    def test_a_bare_future_deadlocks_without_tasks(self) -> None:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            loop = runner.get_loop()
            with pytest.raises(Deadlock, match="wait: none"):
                loop.run_until_complete(loop.create_future())

    def test_tasks_are_cancelled_and_cleaned_up_without_a_word(self, caplog: pytest.LogCaptureFixture) -> None:
        cleaned: list[float] = []

        async def main() -> None:
            try:
                await never()
            finally:
                await asyncio.sleep(2)  # clean-up may take time
                cleaned.append(clock.now())

        with pytest.raises(Deadlock):
            run(main)
        gc.collect()
        assert cleaned == [2.0]
        assert caplog.messages == []

    def test_a_clean_up_that_waits_for_ever_is_a_deadlock_too(self) -> None:
        async def main() -> None:
            try:
                await never()
            finally:
                await asyncio.get_running_loop().create_future()

        loop = VirtualTimeLoop()
        task = loop.create_task(main())
        with pytest.raises(Deadlock):
            loop.run_until_complete(task)
        task.cancel()
        with pytest.raises(Deadlock):
            loop.run_until_complete(task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()


class TestLivelock:
    def test_names_the_time_and_leaves_room_for_clean_up(self, caplog: pytest.LogCaptureFixture) -> None:
        cleaned: list[float] = []

        async def main() -> None:
            await asyncio.sleep(7)
            try:
                await busy()
            finally:
                await asyncio.sleep(1)
                cleaned.append(clock.now())

        with pytest.raises(Livelock, match=r"livelock at 7\.0* s .*: 50 turns"):
            run(main, livelock_after=50)
        assert cleaned == [8.0]
        assert caplog.messages == []

    def test_many_tasks_at_one_instant_are_no_livelock(self) -> None:
        async def main() -> None:
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(1000)))

        run(main, livelock_after=50)

    def test_turns_are_counted_an_instant(self) -> None:
        async def main() -> None:
            for _ in range(100):
                await asyncio.sleep(0)
                await asyncio.sleep(0.1)

        run(main, livelock_after=10)


class TestOtherThreads:
    def test_an_external_wait_is_ended_by_another_thread(self) -> None:
        async def main() -> float:
            resumed = asyncio.Event()
            with this_loop().external_wait():
                thread = in_thread(this_loop(), resumed.set)
                await resumed.wait()
            thread.join()
            return clock.now()

        assert run(main) == 0.0

    def test_timers_go_on_during_an_external_wait(self) -> None:
        async def main() -> float:
            with this_loop().external_wait():
                await asyncio.sleep(5)
            return clock.now()

        assert run(main) == 5.0

    def test_when_the_last_external_wait_ends_a_deadlock_is_one(self) -> None:
        async def main() -> None:
            loop = this_loop()
            released = threading.Event()

            def hold() -> None:
                with loop.external_wait():
                    loop.call_soon_threadsafe(held.set)
                    released.wait()

            held = asyncio.Event()
            with loop.external_wait():
                thread = threading.Thread(target=hold)
                thread.start()
                await held.wait()
            released.set()
            try:
                await never()
            finally:
                thread.join()

        with pytest.raises(Deadlock):
            run(main)

    def test_no_wake_up_is_lost(self) -> None:
        rounds = 2000

        async def main() -> int:
            loop, echoes = this_loop(), 0
            asked = threading.Semaphore(0)
            answered = asyncio.Semaphore(0)

            def echo() -> None:
                for _ in range(rounds):
                    asked.acquire()
                    loop.call_soon_threadsafe(answered.release)

            thread = threading.Thread(target=echo)
            thread.start()
            with loop.external_wait():
                for _ in range(rounds):
                    asked.release()
                    await answered.acquire()
                    echoes += 1
            thread.join()
            return echoes

        assert run(main) == rounds

    def test_a_watched_wait_is_woken_at_the_instant_it_has_reached(self) -> None:
        async def main() -> float:
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(3600, stop.set)
            thread = in_thread(this_loop(), stop.set)
            await stop.wait()
            thread.join()
            return clock.now()

        assert 0.0 <= run(main, speed=1.0) < 3600.0

    def test_the_speed_can_be_raised_during_a_wait(self) -> None:
        async def main() -> float:
            thread = threading.Thread(target=setattr, args=(this_loop(), "speed", math.inf))
            thread.start()
            await asyncio.sleep(1e6)
            thread.join()
            assert this_loop().speed == math.inf
            return clock.now()

        assert run(main, speed=1.0) == 1e6

    @pytest.mark.parametrize("speed", [0, -1, math.nan])
    def test_the_speed_must_be_positive(self, speed: float) -> None:
        with pytest.raises(InputError, match=f"greater than 0 .*not {speed}"):
            VirtualTimeLoop(speed=speed)


class TestAsyncio:
    def test_timeouts(self) -> None:
        async def main() -> list[float]:
            times = []
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(3):
                    await never()
            times.append(clock.now())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(never(), 4)
            times.append(clock.now())
            async with asyncio.timeout(100):
                await asyncio.sleep(1)
            return [*times, clock.now()]

        assert run(main) == [3.0, 7.0, 8.0]

    def test_a_task_group_cancels_the_others(self) -> None:
        async def fail() -> None:
            await asyncio.sleep(2)
            raise LookupError

        async def main() -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(asyncio.sleep(100))
                    group.create_task(fail())
            except* LookupError:
                failed_at.append(clock.now())

        failed_at: list[float] = []
        run(main)
        assert failed_at == [2.0]

    def test_async_generators_left_open_are_closed(self) -> None:
        closed: list[float] = []

        async def ticks() -> AsyncIterator[float]:
            try:
                while True:
                    await asyncio.sleep(1)
                    yield clock.now()
            finally:
                await asyncio.sleep(1)
                closed.append(clock.now())

        async def main() -> None:
            abandoned = ticks()
            await anext(abandoned)
            del abandoned  # closed by the collector, through call_soon_threadsafe
            gc.collect()
            await asyncio.sleep(10)
            kept.append(ticks())
            await anext(kept[0])

        kept: list[AsyncIterator[float]] = []
        run(main)
        assert closed == [2.0, 13.0]

    def test_debug_mode_works_and_checks_callbacks(self) -> None:
        async def main() -> None:
            await asyncio.sleep(1)
            with pytest.raises(TypeError, match="coroutines cannot be used with call_at"):
                asyncio.get_running_loop().call_later(1, never)

        with asyncio.Runner(loop_factory=VirtualTimeLoop, debug=True) as runner:
            runner.run(main())

    def test_a_closed_loop_takes_no_timers(self) -> None:
        loop = VirtualTimeLoop()
        loop.close()
        with pytest.raises(RuntimeError, match="closed"):
            loop.call_later(1, print)

    def test_httpx_with_a_transport_of_ones_own(self) -> None:
        class Slow(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                await asyncio.sleep(0.08)
                return httpx.Response(200, json={"path": request.url.path})

        async def main() -> float:
            async with httpx.AsyncClient(transport=Slow(), base_url="https://hub") as client:
                answers = await asyncio.gather(*(client.get(f"/{number}") for number in range(20)))
            assert [answer.json()["path"] for answer in answers] == [f"/{number}" for number in range(20)]
            return clock.now()

        assert run(main) == 0.08
