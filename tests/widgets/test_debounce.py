"""An action waits until its calls have ceased, and leaves no thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from batchlab.widgets.debounce import Debounced

Wait = Callable[..., None]
pytestmark = pytest.mark.usefixtures("nothing_left")


def test_many_calls_are_one_action(wait_until: Wait) -> None:
    done: list[str] = []
    soon = Debounced(lambda: done.append(threading.current_thread().name), 0.02)
    for _ in range(200):
        soon()
    wait_until(lambda: done)
    assert len(done) == 1
    assert done[0] != threading.current_thread().name
    soon.close()


def test_with_nothing_to_wait_for_it_acts_at_once() -> None:
    done: list[int] = []
    soon = Debounced(lambda: done.append(1), 0.0)
    soon()
    assert done == [1]
    soon.flush()
    assert done == [1]


def test_after_its_close_nothing_is_done_any_more() -> None:
    done: list[int] = []
    soon = Debounced(lambda: done.append(1), 3600.0)
    soon()
    soon.close()
    soon()
    soon.flush()
    assert done == []


def test_an_action_may_close_it(wait_until: Wait) -> None:
    closed: list[Debounced] = []

    def close() -> None:
        soon.close()
        closed.append(soon)

    soon = Debounced(close, 0.001)
    soon()
    wait_until(lambda: closed)
