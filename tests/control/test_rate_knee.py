from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import pairwise
from statistics import median

import pytest

from batchlab.control.concurrency import Completion, ConcurrencyController
from batchlab.control.rate_knee import RateKnee
from batchlab.control.refusals import Refusals
from batchlab.control.rounds import Round

SERVICE = 0.1  # seconds, of a call that shares the server with few others
GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, are spread evenly


def _boundless(now: float) -> int:
    return 1000


def _serve(
    controller: ConcurrencyController,
    calls: int,
    knee: Callable[[float], int],
    *,
    start: float = 0.0,
    spread: float = 0.4,
    retrograde: float = 0.0,
    told: bool = False,
    slower: float = 1.0,
) -> list[int]:
    """Keep a server busy, in closed loop; return the limit after each call.

    Up to the knee calls do not disturb each other; beyond it each takes as much longer as they are more, so that
    the server's rate stays the same, or falls where it is ``retrograde``. Service times differ by ``spread``. What
    the crowd costs each call is ``told``, over-stated by ``slower``.
    """
    now, number = start, 0
    limits: list[int] = []
    flying: list[tuple[float, int, float]] = []
    while len(limits) < calls:
        while len(flying) < controller.limit:
            number += 1
            over = max(0, len(flying) + 1 - knee(now))
            crowd = (1 + over / knee(now)) * (1 + retrograde * over)
            service = SERVICE * crowd * (1 + spread * (2 * (number * GOLDEN % 1) - 1))
            heapq.heappush(flying, (now + service, number, now))
        now, _, sent = heapq.heappop(flying)
        slowdown = slower * (now - sent) / SERVICE if told else None
        controller.completed(Completion(sent, now, ok=True, slowdown=slowdown))
        limits.append(controller.limit)
    return limits


def _back(controller: ConcurrencyController, now: float) -> int:
    """Serve calls again that are sent after a limit was met; return the limit once it has grown as far as it will."""
    while (before := controller.limit) and any(
        controller.completed(Completion(now, now + 0.1, ok=True)) for _ in range(before)
    ):
        pass
    return controller.limit


@pytest.mark.parametrize("retrograde", [0.0, 0.02])
@pytest.mark.parametrize("spread", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("knee", [4, 8, 12, 20, 32, 48, 64])
def test_the_learned_limit_settles_near_the_knee(knee: int, spread: float, retrograde: float) -> None:
    limits = _serve(RateKnee(8, 96), 8000, lambda now: knee, spread=spread, retrograde=retrograde)
    assert 0.75 * knee <= median(limits[-4000:]) <= 1.75 * knee


def test_where_there_is_no_knee_the_ceiling_is_reached_within_a_few_rounds() -> None:
    limits = _serve(RateKnee(8, 96), 800, _boundless)
    assert max(limits) == 96


def test_where_there_is_no_knee_chance_does_not_lead_away_from_the_ceiling() -> None:
    limits = _serve(RateKnee(8, 96), 20_000, _boundless, spread=0.8)
    assert median(limits[2000:]) == 96


def test_a_server_that_grows_faster_is_found_out_by_probing() -> None:
    limits = _serve(RateKnee(8, 96), 30_000, lambda now: 16 if now < 20 else 80)
    assert median(limits[1000:3000]) <= 1.75 * 16
    assert median(limits[-4000:]) >= 60


def test_a_server_that_grows_slower_is_found_out_too() -> None:
    limits = _serve(RateKnee(8, 96), 20_000, lambda now: 64 if now < 10 else 12)
    assert median(limits[3000:5000]) >= 48
    assert median(limits[-4000:]) <= 24


def test_a_probe_that_brings_nothing_is_taken_back() -> None:
    limits = _serve(RateKnee(8, 96), 6000, lambda now: 16, spread=0.0)[-3000:]
    assert min(limits) < median(limits) < max(limits)


def test_after_a_rate_limit_the_learned_limit_stays_below_for_an_hour_and_then_regrows_by_probing() -> None:
    controller = RateKnee(8, 96)
    _serve(controller, 300, _boundless)
    controller.throttled(100.0)
    halved = _back(controller, 150.0)
    assert max(_serve(controller, 4000, _boundless, start=200.0)) == halved
    limits = _serve(controller, 4000, _boundless, start=3700.0)
    assert max(after / before for before, after in pairwise(limits)) <= 1.3
    assert limits[-1] > halved


def test_each_further_rate_limit_is_remembered_for_twice_as_long() -> None:
    controller = RateKnee(8, 96)
    for met in (0.0, 4000.0):
        controller.throttled(met)
        _back(controller, met + 60.0)
    assert max(_serve(controller, 1000, _boundless, start=10_000.0)) == 2
    assert max(_serve(controller, 1000, _boundless, start=11_200.0)) > 2


def test_a_small_call_that_the_servers_clock_ended_lowers_the_limit_once_and_by_more_than_it_was_slowed_down() -> None:
    controller = RateKnee(64, 96)
    change = controller.completed(Completion(0.0, 10.0, ok=False, slowdown=8.0))
    assert change is not None
    assert controller.limit == change.limit == 5
    for _ in range(50):  # those that were under way with it tell nothing new
        assert controller.completed(Completion(0.1, 10.1, ok=False, slowdown=8.0)) is None
    assert controller.completed(Completion(10.5, 20.5, ok=False, slowdown=3.0)) is not None
    assert controller.limit == 1


def test_after_such_a_fall_each_good_answer_lets_one_more_in_up_to_what_was_served() -> None:
    controller = RateKnee(64, 96)
    controller.completed(Completion(0.0, 10.0, ok=False, slowdown=8.0))
    limits = []
    for sent in (0.1, 10.5, 10.6, 10.7, 10.8, 10.9):
        controller.completed(Completion(sent, 12.0, ok=True, slowdown=1.0))
        limits.append(controller.limit)
    assert limits == [5, 6, 7, 8, 8, 8]  # the first was under way with the call that failed; 64 / 8 were served


def test_a_run_that_opens_into_a_crowd_goes_on_near_the_knee_before_a_round_is_over() -> None:
    controller = RateKnee(32, 96)
    for _ in range(1 + Round.LOOK):
        controller.completed(Completion(0.0, 0.5, ok=True, slowdown=5.0))
    assert controller.limit == 8  # 32 / 5 are served, and a fifth is chance


def test_where_calls_take_many_times_as_long_as_idle_the_knee_is_looked_for_at_once() -> None:
    limits = _serve(RateKnee(8, 96), 20_000, lambda now: 64 if now < 10 else 6, told=True)
    assert median(limits[3000:5000]) >= 48
    assert median(limits[10_000:12_000]) <= 12


def test_a_slowness_that_fewer_calls_do_not_cure_is_not_taken_for_a_crowd_for_long() -> None:
    controller = RateKnee(8, 96)
    limits = _serve(controller, 30_000, _boundless, told=True, slower=3.0)
    assert median(limits[-10_000:]) >= 72


def test_after_a_rate_limit_the_crowd_is_not_counted_among_what_is_halved() -> None:
    controller = RateKnee(64, 96)
    _serve(controller, 700, lambda now: 16, told=True)
    before = controller.limit
    controller.throttled(100.0)
    assert controller.limit <= max(8, before // 2)


def test_calls_sent_before_a_round_do_not_count_in_it() -> None:
    controller = RateKnee(8, 96)
    controller.throttled(10.0)
    for _ in range(1000):
        assert controller.completed(Completion(9.0, 11.0, ok=True)) is None


def test_a_learned_limit_that_was_held_down_doubles_into_a_higher_ceiling() -> None:
    controller = RateKnee(8, 10)
    assert _serve(controller, 1000, _boundless)[-1] == 10
    controller.clamp(96)
    assert _serve(controller, 600, _boundless, start=1000.0)[-1] == 96


def _refused(sent: float, finished: float, in_flight: int) -> Completion:
    return Completion(sent, finished, ok=False, in_flight=in_flight, refused=True)


@pytest.mark.parametrize(
    ("refused", "borne"), [([16], 13), ([13, 16], 10), ([16, 13], 10), ([17, 13], 10), ([17], 14)], ids=str
)
def test_after_a_refusal_on_new_ground_the_limit_stays_below_the_first_refused_call_whichever_is_told_first(
    refused: list[int], borne: int
) -> None:
    controller = RateKnee(17, 96, opening=17)
    for number in range(8):
        controller.completed(Completion(0.0, 0.1, ok=True, in_flight=number + 1))
    controller.completed(_refused(0.1, 0.2, refused[0]))
    controller.throttled(0.2)
    for in_flight in refused[1:]:
        controller.completed(_refused(0.1, 0.3, in_flight))
    assert _back(controller, 60.0) == borne


def test_a_refusal_of_no_more_than_went_well_before_halves() -> None:
    controller = RateKnee(16, 96, opening=16)
    controller.completed(Completion(0.0, 0.1, ok=True, in_flight=1))
    controller.completed(Completion(0.0, 0.1, ok=True, in_flight=16))
    controller.completed(_refused(0.1, 0.2, in_flight=16))
    controller.throttled(0.2)
    assert _back(controller, 60.0) == 8


def test_as_many_as_a_refusal_allows_are_held_and_less_is_tried_in_a_crowd_alone() -> None:
    controller = RateKnee(32, 96)
    controller.throttled(0.0)
    assert _back(controller, 60.0) == 16
    assert set(_serve(controller, 1000, _boundless, start=100.0)) == {16}
    assert min(_serve(controller, 1000, lambda now: 4, start=200.0, told=True)) <= 6


def test_what_was_borne_long_ago_does_not_speak_against_new_ground() -> None:
    controller = RateKnee(16, 96)
    for number in range(1 + Refusals.OF_LATE):
        controller.completed(Completion(0.0, 0.1, ok=True, in_flight=10 if number else 64))
    controller.completed(_refused(0.1, 0.2, in_flight=11))
    controller.throttled(0.2)
    assert _back(controller, 60.0) == 9


def _bears(server: int, controller: ConcurrencyController, seconds: float) -> list[float]:
    """Serve in closed loop what a server bears, which is shut for a minute by more; return when it was."""
    now, shut, met, flying = 0.0, -1.0, list[float](), list[tuple[float, float, int, bool]]()
    while now < seconds:
        while now >= shut and len(flying) < controller.limit:
            in_flight = len(flying) + 1
            heapq.heappush(flying, (now + 0.1 + 0.001 * in_flight, now, in_flight, in_flight > server))
        if not flying:
            now = shut
            continue
        now, sent, in_flight, is_refused = heapq.heappop(flying)
        controller.completed(Completion(sent, now, not is_refused, in_flight=in_flight, refused=is_refused))
        if is_refused and (not met or sent > met[-1]):
            met.append(now)
            controller.throttled(now)
            shut = now + 60.0
    return met


@pytest.mark.parametrize("server", range(3, 60, 4))
def test_a_hidden_limit_is_met_twice_at_most_and_known_from_then_on(server: int) -> None:
    controller = RateKnee(64, 96)
    assert len(_bears(server, controller, 600.0)) <= 2
    assert server / 2 <= controller.limit <= server


def _after_a_fall(stragglers: int, calls: int) -> list[int]:
    """Return the limit after each quick call that goes beside so many of a higher limit."""
    controller, limits = RateKnee(24, 96, opening=24), []
    for _ in range(1 + Round.LOOK):
        controller.completed(Completion(0.0, 0.2, ok=True, slowdown=2.0, beside=stragglers))
    for number in range(calls):
        now = 1.0 + 0.01 * number
        controller.completed(Completion(now, now + 0.01, ok=True, slowdown=1.0))
        limits.append(controller.limit)
    return limits


def test_a_lower_limit_is_judged_once_calls_of_the_higher_one_hold_few_of_its_slots() -> None:
    few, many = (_after_a_fall(stragglers, 100) for stragglers in (5, 6))
    assert few[:30] == [15] * 30
    assert few[30] == 19
    assert many[:89] == [15] * 89
    assert many[89] == 19


def test_slow_start_goes_on_where_a_probe_finds_a_server_that_bears_more_by_now() -> None:
    limits = _serve(RateKnee(8, 96), 6000, lambda now: 8 if now < 10 else 64, told=True)
    assert median(limits[400:700]) <= 14
    assert median(limits[-2000:]) >= 48


def test_a_rate_that_a_budgets_pace_sets_says_nothing_of_the_limit() -> None:
    knee = RateKnee(8, 64)
    for number in range(400):
        assert knee.completed(Completion(float(number), number + 0.2, ok=True, at_limit=False)) is None
    assert knee.limit == 8
