"""Wall time against virtual time, on a wall clock of the tests' own."""

from __future__ import annotations

import asyncio
import math
import threading
from types import SimpleNamespace

import pytest

from batchlab.errors import InputError
from batchlab.twin import VirtualTimeLoop, pace
from batchlab.twin.pace import Pace


class Wall:
    """A wall clock that moves only when slept on, oversleeps, and can cut the next sleeps short."""

    overslept = 0.001

    def __init__(self) -> None:
        self.now = 1000.0
        self.cuts: list[float] = []

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.now += self.cuts.pop(0) if self.cuts else seconds + self.overslept


def about(wall: float) -> object:
    return pytest.approx(wall, abs=2 * Wall.overslept, rel=0)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter=lambda: wall.now))
    monkeypatch.setattr(Pace, "_sleep", staticmethod(wall.sleep))
    return wall


def test_an_infinite_speed_waits_for_nothing(wall: Wall) -> None:
    assert Pace().follow(0.0, 3600.0) == 3600.0
    assert wall.now == 1000.0


def test_an_hour_at_a_hundredfold_takes_36_seconds(wall: Wall) -> None:
    watched = Pace(100.0)
    now = 0.0
    for instant in range(60, 3601, 60):
        now = watched.follow(now, float(instant))
    assert now == 3600.0
    assert wall.now == about(1036.0)


def test_computing_is_made_up_for(wall: Wall) -> None:
    watched = Pace(10.0)
    watched.follow(0.0, 100.0)
    wall.now += 5.0
    watched.follow(100.0, 200.0)
    assert wall.now == about(1020.0)


def test_a_late_run_does_not_wait(wall: Wall) -> None:
    watched = Pace(10.0)
    wall.now += 50.0
    assert watched.follow(0.0, 100.0) == 100.0
    assert wall.now == 1050.0


def test_what_went_by_before_a_restart_is_not_made_up_for(wall: Wall) -> None:
    watched = Pace(10.0)
    wall.now += 50.0
    watched.restart()
    watched.follow(0.0, 100.0)
    assert wall.now == about(1060.0)


def test_a_rest_is_not_made_up_for(wall: Wall) -> None:
    watched = Pace(10.0)
    wall.now += 50.0
    watched.wake()
    assert watched.rest(0.0) == 0.0
    watched.follow(0.0, 100.0)
    assert wall.now == about(1060.0)


@pytest.mark.parametrize(("speed", "reached"), [(10.0, 57.0), (math.inf, 7.0)])
def test_a_rest_lasts_as_long_in_virtual_time(wall: Wall, speed: float, reached: float) -> None:
    def woken(timeout: float = 0.0) -> None:
        wall.now += 5.0

    watched = Pace(speed)
    watched._alarm = SimpleNamespace(acquire=woken)  # type: ignore[assignment]
    assert watched.rest(7.0) == reached


def test_between_two_runs_of_a_loop_nothing_is_due(wall: Wall) -> None:
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(speed=10.0)) as runner:
        runner.run(asyncio.sleep(100))
        wall.now += 500.0
        runner.run(asyncio.sleep(100))
    assert wall.now == about(1520.0)


def test_a_new_speed_ends_the_wait_that_is_going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = Pace._sleep

    def change_then_sleep(self: Pace, seconds: float) -> None:
        thread = threading.Thread(target=setattr, args=(loop, "speed", math.inf))
        thread.start()
        thread.join()
        sleep(self, seconds)

    loop = VirtualTimeLoop(speed=1.0)
    monkeypatch.setattr(Pace, "_sleep", change_then_sleep)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(asyncio.sleep(3600))
        assert loop.time() == 3600.0


def test_a_woken_wait_stops_between_the_instants(wall: Wall) -> None:
    watched = Pace(10.0)
    wall.cuts = [4.0]
    assert watched.follow(0.0, 100.0) == pytest.approx(40.0)
    assert watched.follow(40.0, 100.0) == 100.0
    assert wall.now == about(1010.0)


def test_a_new_speed_counts_from_its_own_start(wall: Wall) -> None:
    watched = Pace(10.0)
    wall.cuts = [4.0]
    reached = watched.follow(0.0, 100.0)
    watched.speed = 1.0
    assert watched.follow(reached, 100.0) == 100.0
    assert wall.now == about(1004.0 + 60.0)


def test_slowing_down_from_infinity_owes_nothing(wall: Wall) -> None:
    watched = Pace()
    watched.follow(0.0, 1e6)
    wall.now += 500.0
    watched.speed = 10.0
    watched.follow(1e6, 1e6 + 100.0)
    assert wall.now == about(1510.0)


def test_a_call_before_the_wait_is_remembered_once() -> None:
    waiting = Pace()
    waiting.wake()
    waiting.wake()
    waiting.rest(0.0)  # returns, or this test would hang


def test_the_speed_says_what_it_accepts() -> None:
    with pytest.raises(InputError, match=r"greater than 0 .*not -2; use inf"):
        Pace().speed = -2
