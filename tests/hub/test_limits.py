from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchlab.hub.limits import MINUTE, HostThrottle, PrimaryWindow, SecondaryLimits, SlidingWindow
from batchlab.hub.scenario import Limits, Throttle

_GAPS = st.lists(st.floats(0, 40), max_size=80)


def _times(gaps: list[float]) -> list[float]:
    now, times = 0.0, []
    for gap in gaps:
        now += gap
        times.append(now)
    return times


@given(st.integers(1, 5), st.lists(st.tuples(st.floats(0, 40), st.integers(1, 3)), max_size=80))
def test_no_minute_holds_more_than_the_limit(limit: int, steps: list[tuple[float, int]]) -> None:
    window = SlidingWindow(limit)
    times = _times([gap for gap, _ in steps])
    admitted = [(now, amount) for now, (_, amount) in zip(times, steps, strict=True) if window.spend(now, amount)]
    for start, _ in admitted:
        assert sum(amount for now, amount in admitted if 0 <= now - start < MINUTE) <= limit


@given(st.integers(1, 5), st.lists(st.floats(0, 2000), max_size=60))
def test_no_hourly_window_admits_more_than_the_limit(limit: int, gaps: list[float]) -> None:
    window = PrimaryWindow(limit, 0.0)
    admitted: dict[int, int] = {}
    for epoch in _times(gaps):
        if window.spend(epoch):
            admitted[window.reset] = admitted.get(window.reset, 0) + 1
        assert 0 <= window.remaining <= limit
    assert all(count <= limit for count in admitted.values())


def test_the_reset_stays_the_same_through_the_window_and_the_count_restarts_after_it() -> None:
    window = PrimaryWindow(2, 100.0, remaining=1, reset_in=10.0)
    assert (window.reset, window.used) == (110, 1)
    assert [window.spend(101.0), window.spend(109.0)] == [True, False]
    assert window.reset == 110
    assert window.spend(111.5)
    assert (window.reset, window.used) == (112 + 3600, 1)


def test_a_refund_gives_the_request_back() -> None:
    window = PrimaryWindow(1, 0.0)
    assert window.spend(0.0)
    window.refund()
    assert window.spend(0.0)


def test_the_call_over_the_limit_in_flight_is_refused() -> None:
    limits = SecondaryLimits(Limits(in_flight=3))
    assert limits.admit(0.0, 3, 1, 0.1) is None
    refusal = limits.admit(0.0, 4, 1, 0.1)
    assert refusal is not None
    assert (refusal.rule, refusal.wait) == ("in_flight", 60.0)


def test_after_a_breach_everything_is_refused_until_the_lockout_ends() -> None:
    limits = SecondaryLimits(Limits(in_flight=1, lockout=60.0))
    limits.admit(0.0, 2, 1, 0.1)
    refusal = limits.admit(20.0, 1, 1, 0.1)
    assert refusal is not None
    assert (refusal.rule, refusal.wait) == ("lockout", 40.0)
    assert limits.admit(60.0, 1, 1, 0.1) is None


@given(_GAPS, st.integers(1, 4))
def test_refused_calls_cost_nothing(gaps: list[float], limit: int) -> None:
    limits = SecondaryLimits(Limits(points_per_minute=limit, lockout=0.001))
    admitted = [now for now in _times(gaps) if limits.admit(now, 1, 1, 0.1) is None]
    for start in admitted:
        assert sum(0 <= now - start < MINUTE for now in admitted) <= limit


def test_cpu_seconds_are_a_share_of_the_service_time() -> None:
    limits = SecondaryLimits(Limits(cpu_seconds_per_minute=1.0, cpu_share=0.25))
    assert [limits.admit(0.0, 1, 1, 2.0) for _ in range(2)] == [None, None]
    refusal = limits.admit(0.0, 1, 1, 2.0)
    assert refusal is not None
    assert refusal.rule == "cpu"


def test_rules_that_are_off_never_refuse() -> None:
    limits = SecondaryLimits(Limits())
    assert all(limits.admit(0.0, 10_000, 1, 100.0) is None for _ in range(10_000))


def test_others_spend_the_budget_second_by_second_up_to_its_end() -> None:
    window = PrimaryWindow(100, 0.0, remaining=50, reset_in=60.0, others=2.0)
    assert [window.spend(second) for second in (0.0, 5.0, 10.0)] == [True] * 3
    assert window.remaining == 50 - 3 - 20
    assert not window.spend(30.0)
    assert window.remaining == 0
    window.roll(70.0)
    assert window.remaining == 100


def test_a_query_that_costs_more_than_is_left_takes_all_of_it() -> None:
    window = PrimaryWindow(10, 0.0, remaining=2, resource="graphql")
    assert window.spend(0.0, 5)
    assert (window.remaining, window.spend(0.0)) == (0, False)


def test_a_hidden_limit_strikes_from_its_hour_on() -> None:
    limits = SecondaryLimits(Limits(hidden_in_flight=30, hidden_from=20.0))
    assert limits.admit(100.0, 90, 1, 0.1) is None
    assert limits.admit(119.0, 90, 1, 0.1) is None
    assert limits.admit(120.0, 30, 1, 0.1) is None
    refusal = limits.admit(120.0, 31, 1, 0.1)
    assert refusal is not None
    assert refusal.rule == "hidden_in_flight"


def test_the_cpu_of_graphql_counts_towards_both_of_its_rules() -> None:
    limits = SecondaryLimits(Limits(cpu_seconds_per_minute=90.0, graphql_cpu_seconds_per_minute=60.0, cpu_share=1.0))
    assert limits.admit(0.0, 1, 1, 60.0, "graphql") is None
    assert limits.admit(0.0, 1, 1, 30.0, "core") is None
    refusal = limits.admit(0.0, 1, 1, 0.1, "core")
    assert refusal is not None
    assert refusal.rule == "cpu"


def test_a_throttled_host_opens_again_after_its_lockout() -> None:
    throttle = HostThrottle(Throttle(requests=1, span=10.0, lockout=100.0))
    assert [throttle.admits(now) for now in (0.0, 1.0, 50.0, 101.0)] == [True, False, False, True]
    assert all(HostThrottle(Throttle()).admits(0.0) for _ in range(1000))
