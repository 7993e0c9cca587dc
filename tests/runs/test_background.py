"""What runs apart from any running loop ends with its result, its error, or an interrupt."""

from __future__ import annotations

import _thread
import asyncio
import threading
import time

import pytest

from batchlab import clock
from batchlab.runs.background import run_apart

PATIENCE = 30.0
both = pytest.mark.parametrize("virtual", [False, True])


@both
def test_its_result_comes_back_also_where_a_loop_is_running(virtual: bool) -> None:
    async def main() -> float:
        before = clock.now()
        await asyncio.sleep(0.01)
        return clock.now() - before

    async def cell() -> float:
        return run_apart(main, virtual=virtual)

    assert asyncio.run(cell()) >= 0.01


@both
def test_what_it_raises_comes_out(virtual: bool) -> None:
    async def main() -> None:
        raise LookupError("this one")

    with pytest.raises(LookupError, match="this one"):
        run_apart(main, virtual=virtual)


def test_an_interrupt_cancels_it_in_real_time() -> None:
    cancelled = threading.Event()

    def interrupt() -> None:
        time.sleep(0.05)  # by then the main thread waits
        _thread.interrupt_main()

    async def main() -> None:
        threading.Thread(target=interrupt).start()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(KeyboardInterrupt):
        run_apart(main, virtual=False)
    assert cancelled.wait(PATIENCE)
