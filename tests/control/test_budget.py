from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, count, cycle, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchlab.control.budget import (
    CLOCK_SKEW,
    FIRST_CALLS,
    Budget,
    MinuteWindow,
    Pacing,
    RateLimitHeaders,
)

HOUR = 3600.0
START = 1_800_000_000.0
PACED = [Pacing.SCARCE, Pacing.ALWAYS]


def _told(remaining: int, reset: float = START + HOUR, limit: int = 5000) -> RateLimitHeaders:
    return RateLimitHeaders(limit, remaining, reset)


def _opened(remaining: int, share: float = 1.0, pacing: Pacing = Pacing.SCARCE) -> Budget:
    """A budget whose first call cost nothing and told what is left."""
    budget = Budget(share, pacing)
    budget.sent(1, START)
    budget.answered(1, 0, _told(remaining))
    return budget


def test_headers_are_read_with_their_resource() -> None:
    headers = {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "4999",
        "x-ratelimit-reset": "1800003600",
        "x-ratelimit-resource": "graphql",
    }
    assert RateLimitHeaders.parse(headers) == RateLimitHeaders(5000, 4999, START + HOUR, "graphql")


@pytest.mark.parametrize("missing", ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"])
@pytest.mark.parametrize("value", [None, "", "soon", "4 999"])
def test_headers_that_are_absent_or_unreadable_mean_unknown_and_never_zero(missing: str, value: str | None) -> None:
    headers = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "5", "x-ratelimit-reset": "1800003600"}
    del headers[missing]
    if value is not None:
        headers[missing] = value
    assert RateLimitHeaders.parse(headers) is None


@pytest.mark.parametrize("pacing", PACED)
def test_a_few_calls_may_go_before_the_first_answer_and_then_none(pacing: Pacing) -> None:
    budget = Budget(1.0, pacing)
    for _ in range(FIRST_CALLS):
        assert budget.delay(1, lambda: 1000, START) == 0.0
        budget.sent(1, START)
    assert budget.delay(1, lambda: 1000, START) == math.inf
    assert budget.usable is None


def test_without_pacing_no_first_answer_is_waited_for() -> None:
    budget = Budget(1.0, Pacing.NONE)
    for _ in range(10 * FIRST_CALLS):
        assert budget.delay(1, lambda: 1000, START) == 0.0
        budget.sent(1, START)


def test_a_server_that_tells_nothing_has_no_budget_to_keep() -> None:
    budget = Budget(0.5, Pacing.SCARCE)
    budget.sent(1, START)
    budget.answered(1, 1, None)
    for _ in range(10 * FIRST_CALLS):
        assert budget.delay(1, lambda: 1000, START) == 0.0
        budget.sent(1, START)


def test_a_call_that_was_lost_makes_room_for_another_first_call() -> None:
    budget = Budget(1.0, Pacing.SCARCE)
    for _ in range(FIRST_CALLS):
        budget.sent(1, START)
    budget.lost(1)
    assert budget.delay(1, lambda: 1000, START) == 0.0


def test_the_share_is_taken_of_what_was_left_before_the_first_calls() -> None:
    budget = Budget(0.5, Pacing.NONE)
    for _ in range(4):
        budget.sent(1, START)
    budget.answered(1, 1, _told(99))
    assert budget.usable == 100 * 0.5 - 4


def test_what_is_in_flight_cannot_be_spent_twice() -> None:
    budget = _opened(10)
    for _ in range(10):
        budget.sent(1, START)
    assert budget.usable == 0
    assert budget.delay(1, lambda: 1, START) == HOUR + CLOCK_SKEW


def test_an_answer_that_cost_nothing_gives_its_point_back() -> None:
    budget = _opened(10)
    budget.sent(1, START)
    budget.answered(1, 0, _told(10))
    assert budget.usable == 10


def test_others_who_spend_of_the_same_budget_are_left_what_they_may_spend_before_the_next_answer() -> None:
    budget = _opened(1000, share=0.5)
    budget.sent(1, START + 199.0)
    budget.answered(1, 1, _told(3))
    # At 5 a second, 3 may be gone already.
    assert budget.delay(1, lambda: 1, START + 199.0) == HOUR - 199.0 + CLOCK_SKEW
    budget = _opened(1000, share=0.5)
    budget.sent(1, START + 996.0)
    budget.answered(1, 1, _told(3))
    assert budget.usable == 1  # at 1 a second, 2 may be gone


def test_who_is_alone_with_a_budget_may_spend_all_of_it() -> None:
    budget = _opened(20)
    for second in range(20):
        budget.sent(1, START + second)
        budget.answered(1, 1, _told(19 - second))
        assert budget.usable == 19 - second


def test_a_share_changed_during_the_run_counts_at_once() -> None:
    budget = _opened(100)
    budget.share = 0.25
    assert budget.usable == 25


def test_nothing_left_waits_for_the_reset_and_a_little_longer() -> None:
    budget = _opened(0)
    assert budget.delay(1, lambda: 1, START + 100.0) == HOUR - 100.0 + CLOCK_SKEW


def test_after_the_reset_what_is_left_is_unknown_again() -> None:
    budget = _opened(0)
    assert budget.delay(1, lambda: 1, START + HOUR + CLOCK_SKEW) == 0.0
    assert budget.left is None
    budget.sent(1, START + HOUR + CLOCK_SKEW)
    budget.answered(1, 1, _told(4999, START + 2 * HOUR))
    assert budget.usable == 4999


def test_a_late_answer_of_the_window_before_says_nothing_of_this_one() -> None:
    budget = _opened(5)
    budget.sent(1, START + HOUR)
    budget.sent(1, START + HOUR)
    budget.answered(1, 1, _told(4999, START + 2 * HOUR))
    budget.answered(1, 1, _told(0, START + HOUR))
    assert budget.left == 4999


@pytest.mark.parametrize("jitter", [-2.0, 1.0, 2.0])
def test_a_reset_named_a_little_differently_opens_no_new_window(jitter: float) -> None:
    budget = _opened(100, share=0.5)
    for remaining in range(99, 49, -1):
        budget.sent(1, START)
        budget.answered(1, 1, _told(remaining, START + HOUR + jitter))
    assert budget.usable == 0


def test_plenty_is_not_paced() -> None:
    assert _opened(1000).delay(1, lambda: 1000, START) == 0.0


def test_a_scarce_budget_is_spread_to_its_reset() -> None:
    budget, now, sent = _opened(10), START, []
    while now < START + HOUR:
        now += budget.delay(1, lambda: 1000, now)
        sent.append(now)
        budget.sent(1, now)
    assert len(sent) == 10 + 1
    gaps = [later - earlier for earlier, later in pairwise(sent[:10])]
    assert gaps == pytest.approx([HOUR / 10] * 9)


def test_a_burst_while_there_was_plenty_is_not_paid_back_by_standing_still() -> None:
    budget = _opened(1000)
    for _ in range(500):
        budget.sent(1, START)
    assert budget.delay(1, lambda: 10_000, START) == pytest.approx(HOUR / 501)


def test_a_dear_call_is_followed_by_a_longer_gap() -> None:
    budget = _opened(100)
    budget.sent(10, START)
    assert budget.delay(1, lambda: 1000, START) == pytest.approx(10 * HOUR / 100)


@dataclass
class Server:
    """GitHub's fixed window, and how many points the run spent in each."""

    limit: int
    remaining: int
    reset: float
    begun_with: dict[float, int] = field(default_factory=dict)
    spent: Counter[float] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.begun_with[self.reset] = self.remaining

    def serve(self, now: float, free: bool, others: int) -> tuple[int, RateLimitHeaders]:
        if now >= self.reset:
            self.reset, self.remaining = math.ceil(now) + HOUR, self.limit
            self.begun_with[self.reset] = self.limit
        self.remaining = max(0, self.remaining - others)
        cost = int(not free and self.remaining > 0)
        self.remaining -= cost
        self.spent[self.reset] += cost
        return cost, RateLimitHeaders(self.limit, self.remaining, self.reset)


@dataclass(frozen=True)
class Fate:
    """What becomes of a call: the way there, the way back, its price, and what others spend meanwhile."""

    there: float
    back: float
    free: bool = False
    lost: bool = False
    silent: bool = False
    others: int = 0


FATES = st.builds(
    Fate,
    there=st.floats(0.01, 30.0),
    back=st.floats(0.01, 30.0),
    free=st.sampled_from([False, False, True]),
    lost=st.sampled_from([False] * 6 + [True]),
    silent=st.sampled_from([False] * 6 + [True]),
    others=st.sampled_from([0, 0, 0, 1, 3]),
)


class Run:
    """Sends ``wanted`` calls through a budget to a server, event by event."""

    def __init__(self, budget: Budget, server: Server, fates: Sequence[Fate], wanted: int, slots: int) -> None:
        self.budget, self.server, self.slots, self.wanted = budget, server, slots, wanted
        self.fates: Iterator[Fate] = cycle(fates)
        self.now, self.in_flight = START, 0
        self.first_told: dict[float, float] = {}
        self.sent_at: dict[float, list[float]] = {}
        self.untelling: Counter[float] = Counter()
        self._events: list[tuple[float, int, Fate, float, tuple[int, RateLimitHeaders] | None]] = []
        self._numbers = count()

    def go(self) -> None:
        for _ in range(100_000):
            if not (self.wanted or self.in_flight):
                return
            delay = self._send_what_may_go()
            times = [self._events[0][0]] if self._events else []
            if math.isfinite(delay):
                times.append(self.now + delay)
            assert times, "nothing is in flight and nothing will ever be sent: a deadlock"
            self.now = min(times)
            while self._events and self._events[0][0] <= self.now:
                self._happen(*heapq.heappop(self._events))
        pytest.fail("the run does not end")

    def _send_what_may_go(self) -> float:
        while self.wanted and self.in_flight < self.slots:
            delay = self.budget.delay(1, lambda: self.wanted, self.now)
            if delay > 0:
                return delay
            fate = next(self.fates)
            self.budget.sent(1, self.now)
            self.wanted, self.in_flight = self.wanted - 1, self.in_flight + 1
            self._at(self.now + fate.there, fate, self.now, None)
        return math.inf

    def _at(self, time: float, fate: Fate, sent: float, answer: tuple[int, RateLimitHeaders] | None) -> None:
        heapq.heappush(self._events, (time, next(self._numbers), fate, sent, answer))

    def _happen(
        self, time: float, number: int, fate: Fate, sent: float, answer: tuple[int, RateLimitHeaders] | None
    ) -> None:
        if answer is None:
            answer = self.server.serve(time, fate.free, fate.others)
            self.sent_at.setdefault(answer[1].reset, []).append(sent)
            self._at(time + fate.back, fate, sent, answer)
            return
        self.in_flight -= 1
        cost, headers = answer
        self.untelling[headers.reset] += fate.lost or fate.silent
        if fate.lost:
            self.budget.lost(1)
            return
        self.budget.answered(1, cost, None if fate.silent else headers)
        if not fate.silent:
            self.first_told.setdefault(headers.reset, time)


@example(
    share=0.5, pacing=Pacing.NONE, limit=25, left=25, to_reset=6.0,
    fates=[Fate(1.0, 2.0), Fate(1.0, 2.0), Fate(1.0, 3.0), Fate(1.0, 1.0, silent=True)], wanted=13, slots=7,
)  # fmt: skip
@given(
    share=st.floats(0.05, 1.0),
    pacing=st.sampled_from(Pacing),
    limit=st.integers(1, 40),
    left=st.integers(0, 40),
    to_reset=st.floats(1.0, HOUR),
    fates=st.lists(FATES, min_size=1, max_size=12),
    wanted=st.integers(1, 80),
    slots=st.integers(1, 20),
)
def test_a_run_spends_at_most_its_share_of_each_window_and_never_stands_still_for_good(
    share: float,
    pacing: Pacing,
    limit: int,
    left: int,
    to_reset: float,
    fates: list[Fate],
    wanted: int,
    slots: int,
) -> None:
    """The bound: the share of what the window began with, or the calls sent before its first answer, if more.

    Beyond it only answers without headers can go, of calls that straddle a reset: their window is not told.
    """
    server = Server(limit, min(left, limit), math.ceil(START + to_reset))
    first_window = server.reset
    run = Run(Budget(share, pacing), server, fates, wanted, slots)
    run.go()
    for window, spent in server.spent.items():
        told = run.first_told.get(window, math.inf)
        untold = sum(sent <= told for sent in run.sent_at[window])
        allowance = max(1, math.floor(share * server.begun_with[window]))
        straddling = 0 if window == first_window else run.untelling[window]
        assert spent <= max(allowance, untold) + straddling


@given(
    pacing=st.sampled_from(PACED),
    left=st.integers(0, 40),
    fates=st.lists(st.builds(Fate, there=st.floats(0.01, 9.0), back=st.floats(0.01, 9.0)), min_size=1),
    slots=st.integers(1, 50),
)
def test_where_every_call_is_answered_the_first_calls_are_the_only_ones_sent_in_ignorance(
    pacing: Pacing, left: int, fates: list[Fate], slots: int
) -> None:
    server = Server(40, left, START + HOUR)
    run = Run(Budget(0.5, pacing), server, fates, wanted=30, slots=slots)
    run.go()
    first = run.first_told[START + HOUR]
    assert sum(sent < first for sent in run.sent_at[START + HOUR]) <= FIRST_CALLS


@given(
    points=st.integers(1, 30),
    spread=st.booleans(),
    pauses=st.lists(st.floats(0.0, 20.0), min_size=1, max_size=80),
    prices=st.lists(st.integers(1, 5), min_size=1, max_size=80),
)
def test_no_sixty_seconds_ever_hold_more_than_the_points_allowed(
    points: int, spread: bool, pauses: list[float], prices: list[int]
) -> None:
    window, now = MinuteWindow(points, spread=spread), 0.0
    sent: list[tuple[float, int]] = []
    for pause, price in zip(pauses, cycle(prices), strict=False):
        now += pause
        cost = min(price, points)
        now = _wait(window, cost, now)
        window.sent(cost, now)
        sent.append((now, cost))
    for start, _ in sent:
        assert sum(cost for time, cost in sent if start <= time < start + 60.0) <= points


def _wait(window: MinuteWindow, cost: int, now: float) -> float:
    """Wait as told until the call may go; each wait brings it nearer."""
    for _ in range(2 * int(window.points) + 2):
        delay = window.delay(cost, now)
        if delay == 0.0:
            return now
        assert 0.0 < delay < MinuteWindow.LENGTH + 2 * MinuteWindow.MARGIN
        now += delay
    pytest.fail("the call may never go")


def test_a_call_dearer_than_a_whole_minute_goes_alone() -> None:
    window = MinuteWindow(3)
    assert window.delay(5, 0.0) == 0.0
    window.sent(5, 0.0)
    assert window.delay(5, 0.0) == MinuteWindow.LENGTH + MinuteWindow.MARGIN


def test_a_full_minute_waits_for_the_oldest_call_to_be_a_minute_old() -> None:
    window = MinuteWindow(2)
    for now in (0.0, 10.0):
        window.sent(1, now)
    assert window.delay(1, 30.0) == pytest.approx(30.0 + MinuteWindow.MARGIN)
    assert window.delay(1, 60.0 + MinuteWindow.MARGIN) == 0.0


def test_spread_calls_leave_equal_gaps_and_unspread_ones_burst() -> None:
    spread, burst = MinuteWindow(60, spread=True), MinuteWindow(60)
    for window in (spread, burst):
        window.sent(1, 0.0)
    assert spread.delay(1, 0.25) == 0.75
    assert burst.delay(1, 0.25) == 0.0


def test_even_a_share_of_nothing_leaves_one_call_a_minute() -> None:
    window = MinuteWindow(0)
    times = list(accumulate([0.0] * 3, lambda now, _: _go(window, now), initial=0.0))[1:]
    assert times == pytest.approx([0.0, 60.05, 120.1])


def _go(window: MinuteWindow, now: float) -> float:
    now = _wait(window, 1, now)
    window.sent(1, now)
    return now


def test_where_there_is_no_minute_rule_nothing_is_held_back() -> None:
    window = MinuteWindow(math.inf, spread=True)
    for _ in range(10_000):
        assert window.delay(1, 0.0) == 0.0
        window.sent(1, 0.0)


@pytest.mark.parametrize(
    ("points", "seconds"),
    [
        (60, None),
        (61, 600.0 + CLOCK_SKEW),
        (60 + 80, 600.0 + CLOCK_SKEW),
        (60 + 81, 600.0 + CLOCK_SKEW + HOUR),
        (60 + 241, 600.0 + CLOCK_SKEW + 3 * HOUR),
    ],
)
def test_the_time_that_points_need_is_told_in_windows(points: int, seconds: float | None) -> None:
    budget = Budget(0.8, Pacing.NONE)
    assert budget.seconds_for(points, START) is None  # nothing is known yet
    budget.sent(1, START)
    budget.answered(1, 0, _told(75, START + 600.0, limit=100))
    assert budget.usable == 60
    assert budget.seconds_for(points, START) == seconds
