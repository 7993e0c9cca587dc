"""GraphQL's seconds of service a minute."""

import math

from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.service_window import ServiceWindow


def test_calls_go_until_their_guessed_seconds_fill_the_minute() -> None:
    window = ServiceWindow(6.0)
    for _ in range(3):
        assert window.delay(0.0) == 0.0
        window.sent()
    assert window.delay(0.0) == math.inf


def test_the_next_call_waits_until_the_oldest_is_a_minute_old() -> None:
    window = ServiceWindow(10.0)
    for start in (0.0, 5.0):
        window.sent()
        window.ended(start, start + 5.0)
    assert window.delay(20.0) == 40.0
    assert window.delay(60.0) == 0.0


def test_a_rule_that_does_not_exist_holds_nothing_back() -> None:
    window = ServiceWindow(math.inf)
    for _ in range(1000):
        window.sent()
    assert window.delay(0.0) == 0.0


@given(st.lists(st.floats(0.1, 5.0), min_size=1, max_size=60))
def test_one_call_after_another_never_exceeds_the_seconds_by_more_than_the_last_call(services: list[float]) -> None:
    window, now, ended = ServiceWindow(12.0), 0.0, []
    for seconds in services:
        now += window.delay(now)
        window.sent()
        window.ended(now, now + seconds)
        ended.append((now, seconds))
        now += seconds
        assert sum(s for sent, s in ended if sent > now - 60.0) <= 12.0 + max(services)
