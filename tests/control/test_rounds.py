from __future__ import annotations

import pytest

from batchlab.control.concurrency import Completion
from batchlab.control.rounds import Round


def _ended(sent: float, finished: float, *, ok: bool = True, **told: float | bool) -> Completion:
    return Completion(sent, finished, ok, **told)  # type: ignore[arg-type]


def test_nothing_counts_before_a_call_of_the_round_has_filled_the_pipe() -> None:
    held = Round(4, began=10.0)
    for _ in range(100):
        held.note(_ended(9.9, 10.1))
    assert (held.delivered, held.rate(11.0)) == (0, 0.0)
    for finished in (10.2, 10.3, 10.4):
        held.note(_ended(10.0, finished))
    assert held.delivered == 2
    assert held.rate(10.4) == pytest.approx(10.0)


def test_stragglers_of_a_higher_limit_are_waited_for_until_they_hold_a_third() -> None:
    held = Round(6, began=1.0, stragglers=4)
    held.note(_ended(1.0, 1.1))
    held.note(_ended(0.5, 1.2))
    held.note(_ended(1.0, 1.3))
    assert held.delivered == 0
    held.note(_ended(0.5, 1.4))
    held.note(_ended(1.0, 1.5))
    assert held.delivered == 1


def test_stragglers_are_not_waited_for_for_ever() -> None:
    held = Round(3, began=1.0, stragglers=3)
    for _ in range(Round.TURNS * 3 + 5):
        held.note(_ended(1.0, 1.1))
    assert held.delivered == 5


def test_calls_that_failed_deliver_nothing_and_work_weighs() -> None:
    held = Round(2, began=0.0)
    held.note(_ended(0.0, 1.0))
    held.note(_ended(0.0, 2.0, ok=False))
    held.note(_ended(0.0, 2.0, work=3.0))
    assert held.delivered == 1
    assert held.rate(3.0) == pytest.approx(1.5)


@pytest.mark.parametrize(("reached", "tells"), [(1, False), (2, True)])
def test_a_round_tells_of_its_limit_if_that_was_reached_half_of_the_time(reached: int, tells: bool) -> None:
    held = Round(2, began=0.0)
    for number in range(5):
        held.note(_ended(0.0, 1.0, at_limit=number <= reached))
    assert held.tells == tells


def test_slowness_is_told_after_each_few_calls_and_by_the_last_of_them() -> None:
    held, told = Round(2, began=0.0), []
    assert held.slowdown == 1.0
    for number in range(1 + 2 * Round.LOOK):
        held.note(_ended(0.0, 1.0, slowdown=1.0 if number <= Round.LOOK else 3.0))
        told.append(held.lately)
    assert [value for value in told if value] == [1.0, 3.0]
    assert held.slowdown == 2.0
