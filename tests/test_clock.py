from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from batchlab import clock


def test_now_is_the_time_of_the_running_loop() -> None:
    async def read() -> tuple[float, float, float]:
        loop = asyncio.get_running_loop()
        return loop.time(), clock.now(), loop.time()

    before, now, after = asyncio.run(read())
    assert before <= now <= after


def test_an_ordinary_loop_keeps_the_systems_calendar_and_is_not_virtual() -> None:
    async def read() -> tuple[float, bool]:
        return clock.epoch(), clock.is_virtual()

    before = time.time()
    epoch, virtual = asyncio.run(read())
    assert before <= epoch <= time.time()
    assert not virtual


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_sleeping_for_nothing_lets_other_tasks_run(seconds: float) -> None:
    async def race() -> list[str]:
        order = ["asked"]
        asyncio.get_running_loop().call_soon(order.append, "other")
        await clock.sleep(seconds)
        return [*order, "back"]

    assert asyncio.run(race()) == ["asked", "other", "back"]


@pytest.mark.parametrize("read", [clock.now, clock.epoch, clock.is_virtual])
def test_there_is_no_time_outside_a_loop(read: Callable[[], object]) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        read()


def test_outside_a_loop_there_is_still_the_clock_that_ordinary_loops_keep() -> None:
    async def read() -> float:
        return clock.now_anywhere()

    before = clock.now_anywhere()
    inside = asyncio.run(read())
    assert before <= inside <= clock.now_anywhere()
