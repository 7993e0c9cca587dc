from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.circuit_breaker import BreakerState, CircuitBreaker

STEPS = st.lists(st.tuples(st.sampled_from(["sent", "succeeded", "failed"]), st.floats(0.0, 30.0)), max_size=100)


def _down(cool_down: float = 2.0, longest: float = 60.0) -> CircuitBreaker:
    """A breaker that opened at time 0."""
    breaker = CircuitBreaker(failures=3, cool_down=cool_down, longest=longest)
    for _ in range(3):
        breaker.failed(0.0)
    return breaker


def test_it_opens_at_the_threshold_and_not_before() -> None:
    breaker = CircuitBreaker(failures=3)
    changes = [breaker.failed(0.0) for _ in range(3)]
    assert changes[:2] == [None, None]
    assert changes[2] is not None
    assert (changes[2].state, breaker.state) == (BreakerState.OPEN, BreakerState.OPEN)
    assert changes[2].why == "3 calls in a row failed: the next is tried in 2 s"


def test_failures_among_successes_never_open_it() -> None:
    breaker = CircuitBreaker(failures=3)
    for now in range(100):
        for outcome in (breaker.failed, breaker.failed, breaker.succeeded):
            assert outcome(float(now)) is None
    assert breaker.state is BreakerState.CLOSED


def test_while_closed_nothing_is_held_back() -> None:
    breaker = CircuitBreaker()
    assert (breaker.delay(5.0), breaker.sent(5.0), breaker.down_for(5.0)) == (0.0, None, 0.0)


def test_while_open_calls_wait_for_the_cool_down() -> None:
    breaker = _down(cool_down=5.0)
    assert [breaker.delay(now) for now in (0.0, 2.0, 5.0, 9.0)] == [5.0, 3.0, 0.0, 0.0]


def test_after_the_cool_down_one_trial_call_goes_and_the_others_wait() -> None:
    breaker = _down(cool_down=5.0)
    change = breaker.sent(5.0)
    assert change is not None
    assert change.state is BreakerState.HALF_OPEN
    assert breaker.delay(5.0) == 5.0


def test_a_trial_call_that_gets_through_closes_it() -> None:
    breaker = _down()
    breaker.sent(2.0)
    change = breaker.succeeded(3.0)
    assert change is not None
    assert (change.state, change.why) == (BreakerState.CLOSED, "a call got through after 3 s")
    assert breaker.delay(3.0) == 0.0


def test_a_trial_call_that_is_never_answered_is_followed_by_another() -> None:
    breaker = _down(cool_down=5.0)
    breaker.sent(5.0)
    assert breaker.delay(10.0) == 0.0


def test_each_failed_trial_doubles_the_cool_down_up_to_the_longest() -> None:
    breaker, now, waits = _down(cool_down=2.0, longest=10.0), 0.0, []
    for _ in range(5):
        waits.append(breaker.delay(now))
        now += waits[-1]
        breaker.sent(now)
        breaker.failed(now)
    assert waits == [2.0, 4.0, 8.0, 10.0, 10.0]
    assert breaker.down_for(now) == sum(waits)


def test_closing_forgets_the_cool_downs_growth_and_the_failures() -> None:
    breaker = _down(cool_down=2.0)
    breaker.sent(2.0)
    breaker.failed(2.0)
    breaker.sent(6.0)
    breaker.succeeded(6.0)
    assert breaker.failed(7.0) is None
    for _ in range(2):
        breaker.failed(7.0)
    assert breaker.delay(7.0) == 2.0


def test_a_straggler_that_fails_while_open_says_nothing_new() -> None:
    breaker = _down(cool_down=5.0)
    assert breaker.failed(3.0) is None
    assert breaker.delay(3.0) == 2.0


def test_a_straggler_that_succeeds_while_open_closes_it() -> None:
    breaker = _down()
    change = breaker.succeeded(1.0)
    assert change is not None
    assert change.state is BreakerState.CLOSED


@given(steps=STEPS, failures=st.integers(1, 5), cool_down=st.floats(0.1, 10.0), longest=st.floats(10.0, 90.0))
def test_it_never_holds_a_call_back_for_good_nor_lets_two_trials_out_within_a_cool_down(
    steps: list[tuple[str, float]], failures: int, cool_down: float, longest: float
) -> None:
    breaker, now, last_trial = CircuitBreaker(failures, cool_down, longest), 0.0, -math.inf
    for step, pause in steps:
        now += pause
        if step == "sent":
            if breaker.delay(now) > 0:
                continue
            if breaker.sent(now) is not None or breaker.state is BreakerState.HALF_OPEN:
                assert now - last_trial >= cool_down * (1 - 1e-9)
                last_trial = now
        else:
            getattr(breaker, step)(now)
            if breaker.state is BreakerState.CLOSED:
                last_trial = -math.inf
        assert 0.0 <= breaker.delay(now) <= longest + 2 * math.ulp(now + longest)  # what adding to now rounds off


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_a_flaky_network_that_delivers_still_is_left_alone(share: float) -> None:
    breaker = CircuitBreaker()
    for number in range(10_000):
        (breaker.failed if (number * 7919 % 1000) / 1000 < share else breaker.succeeded)(float(number))
    assert breaker.state is BreakerState.CLOSED
