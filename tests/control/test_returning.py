from __future__ import annotations

from batchlab.control.concurrency import Completion
from batchlab.control.returning import Returning


def _answers(returning: Returning, limit: int, answers: int, *, ok: bool = True) -> list[int]:
    told = [returning.next(limit, Completion(70.0, 70.1, ok=ok)) for _ in range(answers)]
    return [0 if change is None else change.limit for change in told]


def test_a_turn_of_good_answers_doubles_the_limit() -> None:
    returning = Returning()
    assert _answers(returning, 3, 3) == [0, 0, 6]
    assert _answers(returning, 6, 6) == [0, 0, 0, 0, 0, 12]


def test_failures_do_not_count() -> None:
    returning = Returning()
    assert not any(_answers(returning, 3, 10, ok=False))
    assert _answers(returning, 3, 3) == [0, 0, 6]
