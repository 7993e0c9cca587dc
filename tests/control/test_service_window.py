"""GraphQL's seconds of service a minute."""

import math

from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.service_window import ServiceWindow


def test_calls_go_until_their_expected_seconds_fill_the_minute() -> None:
    window = ServiceWindow(8.0)
    for _ in range(3):
        assert window.delay(0.0) == 0.0
        window.sent(2.0)
    assert window.delay(0.0) == math.inf


def test_the_first_calls_tell_how_far_expectations_can_be_trusted_before_more_go() -> None:
    window = ServiceWindow(48.0)
    for _ in range(8):
        assert window.delay(0.0) == 0.0
        window.sent(0.1)
    assert window.delay(0.0) == math.inf
    window.ended(0.0, 3.0, 0.1)
    assert window.delay(3.0) == 0.0


def test_calls_larger_than_the_last_ones_count_with_what_they_are_expected_to_take() -> None:
    window = ServiceWindow(19.0)
    window.sent(1.0)
    window.ended(0.0, 1.0, 1.0)
    for _ in range(4):
        assert window.delay(1.0) == 0.0
        window.sent(4.0)
    assert window.delay(1.0) == ServiceWindow.LENGTH - 1.0


def test_the_next_call_waits_until_the_oldest_is_a_minute_old() -> None:
    window = ServiceWindow(10.0)
    for start in (0.0, 5.0):
        window.sent()
        window.ended(start, start + 5.0)
    assert window.delay(20.0) == ServiceWindow.LENGTH - 20.0
    assert window.delay(60.0) > 0.0  # on the server it may have arrived a little later
    assert window.delay(ServiceWindow.LENGTH) == 0.0


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


def test_what_was_spent_more_than_a_minute_ago_is_forgotten_though_nothing_was_sent_since() -> None:
    window = ServiceWindow(48.0)
    window.sent()
    window.ended(1.0, 3.0)
    assert [window.spent(3.0), window.spent(61.0), window.spent(1.0 + ServiceWindow.LENGTH)] == [2.0, 2.0, 0.0]


def test_few_calls_go_at_once_while_more_is_wanted_than_the_minute_has_room_for() -> None:
    window = ServiceWindow(48.0, together=4)
    window.sent(2.0)
    window.ended(0.0, 2.0, 2.0)
    for _ in range(4):
        assert window.delay(2.0, lambda: 100) == 0.0
        window.sent(2.0)
    assert window.delay(2.0, lambda: 100) == math.inf
    assert window.delay(2.0, lambda: 19) == 0.0  # 2 s are spent, and 8 are under way
    assert window.delay(2.0, lambda: 20) == math.inf
    window.ended(2.0, 4.0, 2.0)
    assert window.delay(4.0, lambda: 100) == 0.0
