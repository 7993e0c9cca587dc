from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.waits import Reason, WaitClock, Waits

TURNS = st.lists(st.tuples(st.floats(0.0, 1000.0), st.sampled_from(Reason)), max_size=30)


def _sum(waits: Waits) -> float:
    return waits.queue + waits.pacing + waits.limit + waits.backoff


@given(start=st.floats(0.0, 1e6), turns=TURNS)
def test_readings_add_up_to_the_time_between_them(start: float, turns: list[tuple[float, Reason]]) -> None:
    clock, now = WaitClock(start), start
    first = clock.read(start)
    for pause, reason in turns:
        before, then = clock.read(now), now
        now += pause
        clock.turn(now, reason)
        assert _sum(clock.read(now).minus(before)) == pytest.approx(now - then, abs=1e-6)
    assert _sum(clock.read(now).minus(first)) == pytest.approx(now - start, abs=1e-6)


@given(turns=TURNS)
def test_time_is_charged_to_the_reason_that_held_during_it(turns: list[tuple[float, Reason]]) -> None:
    clock = WaitClock(0.0)
    ends = list(accumulate(pause for pause, _ in turns))
    for end, (_, reason) in zip(ends, turns, strict=True):
        clock.turn(end, reason)
    held = [Reason.SLOT, *(reason for _, reason in turns)]
    waits = clock.read(ends[-1] if ends else 0.0)
    for column in ("queue", "pacing", "limit", "backoff"):
        # Who pauses a run lets its files queue.
        during = {Reason(column)} | ({Reason.PAUSED} if column == "queue" else set())
        expected = sum(pause for (pause, _), reason in zip(turns, held, strict=False) if reason in during)
        assert getattr(waits, column) == pytest.approx(expected, abs=1e-6)


def test_a_reading_is_kept_as_it_was() -> None:
    clock = WaitClock(0.0)
    early = clock.read(1.0)
    clock.read(5.0)
    assert early == Waits(queue=1.0)


def test_reading_changes_no_reason() -> None:
    clock = WaitClock(0.0)
    clock.turn(1.0, Reason.LIMIT)
    clock.read(2.0)
    assert clock.read(4.0) == Waits(queue=1.0, limit=3.0)
