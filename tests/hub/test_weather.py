from __future__ import annotations

import statistics

from hypothesis import given
from hypothesis import strategies as st

from batchlab.hub.scenario import Faults, Latency
from batchlab.hub.weather import rates_at, uniforms, weather

_CALLS = st.lists(st.tuples(st.text(max_size=8), st.integers(1, 9)), unique=True, max_size=20)


@given(_CALLS, st.randoms(use_true_random=False), st.integers(0, 99))
def test_draws_do_not_depend_on_their_order(calls: list[tuple[str, int]], shuffler: object, seed: int) -> None:
    shuffled = calls[:]
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    latency, faults = Latency(sigma=0.7, tail_share=0.1), Faults({"502": 0.3})
    before = {call: weather(latency, faults, seed, *call) for call in calls}
    after = {call: weather(latency, faults, seed, *call) for call in shuffled}
    assert before == after


@given(st.text(), st.integers())
def test_uniforms_lie_strictly_between_0_and_1(identity: str, seed: int) -> None:
    assert all(0.0 < number < 1.0 for number in uniforms(seed, "p", identity, 1))


def test_seed_purpose_identity_and_attempt_each_change_the_draw() -> None:
    draws = {uniforms(*key) for key in [(0, "p", "i", 1), (1, "p", "i", 1), (0, "q", "i", 1), (0, "p", "j", 1)]}
    draws.add(uniforms(0, "p", "i", 2))
    assert len(draws) == 5


def test_latency_has_the_median_and_the_tail_that_were_asked_for() -> None:
    latency = Latency(median=0.2, sigma=0.7, tail_share=0.04)
    times = [weather(latency, Faults(), 0, f"GET /{n}", 1).service for n in range(5000)]
    assert 0.19 < statistics.median(times) < 0.22
    assert 0.04 < sum(time >= 1.0 for time in times) / len(times) < 0.075


def test_without_spread_every_call_takes_the_median() -> None:
    assert weather(Latency(median=0.3), Faults(), 5, "GET /", 1).service == 0.3


def test_faults_strike_the_share_that_was_asked_for() -> None:
    faults = Faults({"502": 0.2, "reset": 0.1})
    kinds = [weather(Latency(), faults, 0, f"GET /{n}", 1).fault for n in range(5000)]
    assert 0.18 < kinds.count("502") / len(kinds) < 0.22
    assert 0.085 < kinds.count("reset") / len(kinds) < 0.115


def test_a_slow_call_takes_its_factor_longer_and_is_otherwise_well() -> None:
    met = weather(Latency(median=0.2), Faults({"slow": 1.0}, slow_factor=5.0), 0, "GET /", 1)
    assert (met.service, met.fault) == (1.0, None)


def test_a_family_has_rates_of_its_own() -> None:
    faults = Faults({"502": 1.0}, by_family={"raw": {"html": 1.0}, "graphql": {}})
    kinds = [weather(Latency(), faults, 0, "GET /", 1, family=name).fault for name in ("rest", "raw", "graphql")]
    assert kinds == ["502", "html", None]


def test_bursts_fill_their_share_of_time_slot_by_slot() -> None:
    faults = Faults(burst_share=0.3, burst_length=2.0, burst_rate={"503": 1.0})
    slots = [bool(rates_at(faults, "rest", 0, 2.0 * slot + 0.5)) for slot in range(2000)]
    assert 0.26 < sum(slots) / len(slots) < 0.34
    assert slots == [bool(rates_at(faults, "rest", 0, 2.0 * slot + 1.5)) for slot in range(2000)]
    assert slots != [bool(rates_at(faults, "rest", 1, 2.0 * slot + 0.5)) for slot in range(2000)]
