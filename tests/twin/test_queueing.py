"""The loop against paper: queues whose answers are known in closed form."""

from __future__ import annotations

import asyncio
import math
import random
import statistics
from collections.abc import Callable, Coroutine
from typing import Any

from batchlab import clock
from batchlab.twin import run_virtual


def replicate(model: Callable[[random.Random], Coroutine[Any, Any, float]], times: int) -> tuple[float, float]:
    """Return the mean over replications, and four standard errors of it."""
    values = [run_virtual(model(random.Random(f"replication {number}"))) for number in range(times)]
    return statistics.fmean(values), 4 * statistics.stdev(values) / math.sqrt(times)


def test_exponential_jobs_at_a_limit_take_their_expected_makespan() -> None:
    jobs, limit, rate = 200, 10, 1.0

    async def makespan(draws: random.Random) -> float:
        slots = asyncio.Semaphore(limit)

        async def job(service: float) -> None:
            async with slots:
                await asyncio.sleep(service)

        await asyncio.gather(*(job(draws.expovariate(rate)) for _ in range(jobs)))
        return clock.now()

    # All slots work until the last jobs - limit have started; then the rest of `limit` jobs run out.
    expected = ((jobs - limit) / limit + sum(1 / k for k in range(1, limit + 1))) / rate
    assert round(expected, 2) == 21.93
    mean, tolerance = replicate(makespan, 300)
    assert tolerance < 0.03 * expected
    assert abs(mean - expected) < tolerance


def test_poisson_arrivals_wait_as_erlang_says() -> None:
    arrivals, warm_up, limit, arrival_rate, rate = 1500, 300, 4, 3.0, 1.0

    async def mean_wait(draws: random.Random) -> float:
        slots, waits = asyncio.Semaphore(limit), []

        async def job(service: float) -> None:
            arrived = clock.now()
            async with slots:
                waits.append(clock.now() - arrived)
                await asyncio.sleep(service)

        async with asyncio.TaskGroup() as group:
            for _ in range(arrivals):
                await asyncio.sleep(draws.expovariate(arrival_rate))
                group.create_task(job(draws.expovariate(rate)))
        return statistics.fmean(waits[warm_up:])

    load = arrival_rate / rate
    queued = load**limit / math.factorial(limit) * limit / (limit - load)
    erlang_c = queued / (sum(load**k / math.factorial(k) for k in range(limit)) + queued)
    expected = erlang_c / (limit * rate - arrival_rate)
    mean, tolerance = replicate(mean_wait, 60)
    assert tolerance < 0.2 * expected
    assert abs(mean - expected) < tolerance
