"""looptime as the oracle: both loops give the same trace of a program whose deadlines are all different."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import looptime
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlab.twin import VirtualTimeLoop

Trace = list[tuple[float, str, str]]
Action = Callable[["World", float, str], Awaitable[object]]
Program = list[list[tuple[Action, float]]]


class Oracle(looptime.LoopTimeEventLoop, asyncio.SelectorEventLoop):
    """looptime's virtual time over asyncio's own loop."""


@dataclass
class World:
    """What the tasks of one program share, and what they did when."""

    trace: Trace = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(1))
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    event: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, name: str, what: str) -> None:
        self.trace.append((round(asyncio.get_running_loop().time(), 6), name, what))

    async def live(self, name: str, actions: list[tuple[Action, float]]) -> None:
        for action, delay in actions:
            what = action.__name__
            try:
                self.note(name, f"{what} {await action(self, delay, name)}")
            except TimeoutError:
                self.note(name, f"{what} timed out")
            except asyncio.CancelledError:
                self.note(name, f"{what} cancelled")
                raise


# Each action is bounded by a delay of its own, so that no program can deadlock.


async def sleep(world: World, delay: float, name: str) -> None:
    await asyncio.sleep(delay)


async def await_event(world: World, delay: float, name: str) -> None:
    async with asyncio.timeout(delay):
        await world.event.wait()


async def watch_event(world: World, delay: float, name: str) -> None:
    await asyncio.wait([asyncio.ensure_future(world.event.wait())], timeout=delay)


async def set_event(world: World, delay: float, name: str) -> None:
    await asyncio.sleep(delay)
    world.event.set()
    world.event.clear()


async def put(world: World, delay: float, name: str) -> None:
    await asyncio.wait_for(world.queue.put(name), delay)


async def get(world: World, delay: float, name: str) -> str:
    return await asyncio.wait_for(world.queue.get(), delay)


async def hold_slot(world: World, delay: float, name: str) -> None:
    async with world.slots:
        await asyncio.sleep(delay)


async def try_slot(world: World, delay: float, name: str) -> None:
    await asyncio.wait_for(world.slots.acquire(), delay)
    world.slots.release()


async def cancel(world: World, delay: float, name: str) -> None:
    await asyncio.sleep(delay)
    world.tasks[round(delay * 1000) % len(world.tasks)].cancel()


ACTIONS = (sleep, await_event, watch_event, set_event, put, get, hold_slot, try_slot, cancel)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Draw tasks of timed actions; powers of two have different sums, so no two deadlines can meet."""
    lives = draw(st.lists(st.lists(st.sampled_from(ACTIONS), max_size=4), min_size=1, max_size=5))
    powers = iter(draw(st.permutations(range(sum(map(len, lives))))))
    return [[(action, 2 ** next(powers) / 1000) for action in life] for life in lives]


def trace_of(program: Program, loop: Callable[[], asyncio.AbstractEventLoop]) -> Trace:
    async def main() -> Trace:
        world = World()
        for number, actions in enumerate(program):
            world.tasks.append(asyncio.create_task(world.live(f"task {number}", actions)))
        await asyncio.gather(*world.tasks, return_exceptions=True)
        world.note("main", "end")
        return world.trace

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main())


@settings(max_examples=150)
@given(programs())
def test_both_loops_give_the_same_trace(program: Program) -> None:
    assert trace_of(program, VirtualTimeLoop) == trace_of(program, Oracle)
