from __future__ import annotations

import pytest

from batchlab.control.concurrency import Completion
from batchlab.control.probing import Probing
from batchlab.control.rounds import Round


def _told(limit: int, slowdown: float | None = None) -> Round:
    told = Round(limit, began=0.0)
    for _ in range(1 + Round.LOOK):
        told.note(Completion(0.0, 0.1, ok=True, slowdown=slowdown))
    return told


def _next(probing: Probing, limit: int, rate: float, slowdown: float | None = None, before: float | None = None) -> int:
    """Return the limit to go on with; ``before`` is the slowdown of the round before."""
    change = probing.judge(limit, _told(limit, slowdown), _told(limit, before), rate)
    return limit if change is None else change.limit


def _held_until_a_probe(probing: Probing, slowdown: float | None = None) -> tuple[int, int]:
    """Return the rounds held at 100 calls/s, and the limit that is tried then."""
    for rounds in range(1, 100):
        if (limit := _next(probing, probing.held, 100.0, slowdown, slowdown)) != probing.held:
            return rounds, limit
    raise AssertionError("it never probes")


def test_three_rounds_are_held_and_then_a_fifth_less_is_tried() -> None:
    assert _held_until_a_probe(Probing(held=20)) == (3, 16)


@pytest.mark.parametrize(("rate", "kept"), [(95.3, 16), (95.0, 20)])
def test_less_is_kept_unless_it_costs_a_twentieth(rate: float, kept: int) -> None:
    probing = Probing(held=20)
    _held_until_a_probe(probing)
    assert _next(probing, 16, rate) == probing.held == kept


def test_once_less_was_too_little_the_next_three_probes_try_a_quarter_more() -> None:
    probing = Probing(held=20)
    _held_until_a_probe(probing)
    _next(probing, 16, 50.0)
    tried = []
    for _ in range(4):
        tried.append(_held_until_a_probe(probing)[1])
        _next(probing, tried[-1], 100.0)
    assert tried == [25, 25, 25, 16]


def test_of_one_call_in_flight_there_is_no_less_and_more_is_tried() -> None:
    assert _held_until_a_probe(Probing(held=1)) == (3, 2)


def test_more_is_kept_if_it_brings_a_twentieth() -> None:
    for rate, kept in ((104.9, 20), (105.1, 25)):
        probing = Probing(held=20)
        _held_until_a_probe(probing)
        _next(probing, 16, 50.0)
        _held_until_a_probe(probing)
        assert _next(probing, 25, rate) == probing.held == kept
        assert not probing.finds_room  # calls tell nothing of room here


def test_patience_doubles_with_each_probe_taken_back_up_to_sixteen_rounds_where_calls_tell_of_changes() -> None:
    probing, waited = Probing(held=20), []
    for _ in range(7):
        rounds, limit = _held_until_a_probe(probing, slowdown=1.5)
        waited.append(rounds)
        _next(probing, limit, 50.0, 1.5)
    assert waited == [3, 3, 4, 8, 16, 16, 16]


def test_where_calls_take_no_longer_than_idle_more_is_tried_at_once_and_may_be_much_more() -> None:
    probing = Probing(held=20)
    assert _held_until_a_probe(probing, slowdown=1.0) == (1, 25)
    assert _next(probing, 25, 125.0, slowdown=1.0) == probing.held == 25
    assert probing.finds_room


def test_a_crowd_is_probed_at_once_as_far_down_as_it_tells_and_may_cost_more() -> None:
    for rate, kept in ((88.0, 10), (86.0, 20)):
        probing = Probing(held=20)
        assert _held_until_a_probe(probing, slowdown=3.0) == (1, 10)
        assert _next(probing, 10, rate, 1.5) == probing.held == kept


def test_a_slowness_that_fewer_calls_did_not_cure_is_no_crowd_until_it_is_half_as_slow_again() -> None:
    probing = Probing(held=20)
    _held_until_a_probe(probing, slowdown=3.0)
    _next(probing, 10, 50.0, slowdown=3.0)
    assert _held_until_a_probe(probing, slowdown=4.4) == (3, 25)
    _next(probing, 25, 100.0, slowdown=4.4)
    assert _held_until_a_probe(probing, slowdown=4.6) == (1, 6)


def test_a_server_that_turns_slow_within_a_round_is_noticed_once() -> None:
    probing, slow, quick = Probing(held=20), _told(20, slowdown=3.0), _told(20, slowdown=1.0)
    assert not probing.notices(20, quick, before=quick)
    assert not probing.notices(20, slow, before=slow)  # it was so before
    assert not probing.notices(25, slow, before=quick)  # a probe may be the reason
    assert probing.notices(20, slow, before=quick)
    assert not probing.notices(20, slow, before=quick)


def _patient() -> Probing:
    """Return one of which three probes were taken back."""
    probing = Probing(held=20)
    for _ in range(3):
        _, limit = _held_until_a_probe(probing, slowdown=1.5)
        _next(probing, limit, 50.0, 1.5)
    return probing


def test_a_server_that_became_idle_is_probed_at_once_again() -> None:
    assert _next(_patient(), 20, 100.0, slowdown=1.0, before=1.5) == 25


def test_the_crowd_of_a_probe_that_was_taken_back_is_no_reason_for_the_next_one() -> None:
    probing = _patient()
    assert probing.judge(20, _told(20, slowdown=1.0), _told(25, slowdown=1.5), 100.0) is None
