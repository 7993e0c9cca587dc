"""The newest request wins, and nothing is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable

from batchlab.widgets.latest import Latest

PATIENCE = 30.0


def _unexpected(error: Exception) -> None:
    raise AssertionError(error)


def test_of_a_burst_only_the_newest_is_worked_on() -> None:
    done: list[int] = []
    latest = Latest[int](lambda request, superseded: done.append(request), _unexpected, delay=0.2)
    for number in range(20):
        latest.submit(number)
    assert latest.wait(PATIENCE)
    assert done == [19]


def test_what_is_going_on_learns_that_it_has_been_superseded() -> None:
    begun, told = threading.Event(), []

    def work(request: str, superseded: Callable[[], bool]) -> None:
        begun.set()
        if request == "old":
            while not superseded():
                begun.wait(0.01)
        told.append((request, superseded()))

    latest = Latest[str](work, _unexpected, delay=0.0)
    latest.submit("old")
    assert begun.wait(PATIENCE)
    latest.submit("new")
    assert latest.wait(PATIENCE)
    assert told == [("old", True), ("new", False)]


def test_what_fails_is_told_and_the_next_is_worked_on() -> None:
    told: list[str] = []

    def work(request: int, superseded: Callable[[], bool]) -> None:
        told.append(str(1 // request))

    latest = Latest[int](work, lambda error: told.append(str(error)), delay=0.0)
    for number in (0, 1):
        latest.submit(number)
        assert latest.wait(PATIENCE)
    assert told == ["integer division or modulo by zero", "1"]


def test_there_is_a_thread_only_while_there_is_work() -> None:
    threads = threading.active_count()
    seen: list[int] = []
    latest = Latest[None](lambda request, superseded: seen.append(threading.active_count()), _unexpected, delay=0.0)
    latest.submit(None)
    assert latest.wait(PATIENCE)
    latest.close()
    latest.submit(None)
    assert (seen, threading.active_count()) == ([threads + 1], threads)
    assert latest.wait(0)


def test_closing_gives_up_what_is_going_on_and_what_waits() -> None:
    begun = threading.Event()
    done: list[str] = []

    def work(request: str, superseded: Callable[[], bool]) -> None:
        done.append(request)
        begun.set()
        while not superseded():
            threading.Event().wait(0.01)

    latest = Latest[str](work, _unexpected, delay=0.0)
    latest.submit("going on")
    assert begun.wait(PATIENCE)
    latest.close()
    assert done == ["going on"]
    assert latest.wait(0)
