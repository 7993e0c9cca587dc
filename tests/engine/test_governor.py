from __future__ import annotations

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.control.budget import RateLimitHeaders
from batchlab.control.policies import POLICIES
from batchlab.control.waits import Reason
from batchlab.engine.governor import Governor, Hold
from batchlab.errors import RateLimitError

EPOCH = 1_800_000_000.0
POLICY = next(policy for policy in POLICIES.values() if policy.name == "parallel")


@pytest.fixture
def governor() -> Governor:
    return Governor(POLICY, BatchConfig())


def secondary(wait: float | None = None) -> RateLimitError:
    return RateLimitError("slow down", kind="secondary", wait=wait)


def headers(remaining: int, reset_in: float = 100.0) -> dict[str, str]:
    return {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(int(EPOCH + reset_in)),
    }


def hold(governor: Governor, now: float, pool: str = "core") -> Hold | None:
    return governor.hold(pool, lambda: 1, now, EPOCH + now)


def test_a_pause_holds_every_pool_that_a_secondary_limit_may_mean(governor: Governor) -> None:
    assert hold(governor, 0.0) is None
    assert hold(governor, 0.0, "graphql") is None
    assert governor.limited("core", secondary(wait=30.0), sent=1.0, now=2.0) == 30.0
    assert hold(governor, 2.0) == Hold(Reason.LIMIT, 30.0, "secondary")
    assert hold(governor, 12.0, "graphql") == Hold(Reason.LIMIT, 20.0, "secondary")
    assert hold(governor, 32.0) is None


def test_a_primary_limit_holds_its_own_pool_only(governor: Governor) -> None:
    for pool in ("core", "graphql"):
        hold(governor, 0.0, pool)
    governor.limited("core", RateLimitError("spent", kind="primary", wait=600.0), sent=1.0, now=2.0)
    assert hold(governor, 2.0) == Hold(Reason.LIMIT, 600.0, "primary")
    assert hold(governor, 2.0, "graphql") is None


def test_calls_sent_before_a_pause_belong_to_its_occasion(governor: Governor) -> None:
    assert governor.limited("core", secondary(), sent=1.0, now=2.0) == 60.0
    assert governor.limited("core", secondary(), sent=1.5, now=2.5) is None
    assert governor.limited("core", secondary(), sent=2.0, now=2.6) is None
    governor.succeeded("core", sent=1.9)  # a straggler tells nothing of what came after
    assert governor.limited("core", secondary(), sent=62.0, now=62.2) == 120.0
    governor.succeeded("core", sent=182.2)
    governor.succeeded("core", sent=182.3)
    assert governor.limited("core", secondary(), sent=183.0, now=184.0) == 60.0


def test_hits_after_every_pause_are_hopeless_in_the_end(governor: Governor) -> None:
    now, waits = 0.0, []
    while not governor.hopeless:
        waits.append(governor.limited("core", secondary(), sent=now + 1.0, now=now + 2.0))
        now += 2.0 + (waits[-1] or 0.0)
    assert waits == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0]


def test_a_spent_share_holds_until_a_second_after_the_reset(governor: Governor) -> None:
    for _ in range(8):
        assert hold(governor, 0.0) is None
        governor.sent("core", 1, 0.0, EPOCH)
    assert hold(governor, 0.0) == Hold(Reason.PACE, float("inf"))  # until an answer has told what is left
    for remaining in range(9, 1, -1):
        governor.answered("core", 1, 1, RateLimitHeaders.parse(headers(remaining)))
    assert governor.left("core") == 2
    assert hold(governor, 1.0) == Hold(Reason.PACE, 100.0)
    assert hold(governor, 101.0) is None


def test_a_lost_call_no_longer_counts_as_in_flight(governor: Governor) -> None:
    for _ in range(8):
        governor.sent("core", 1, 0.0, EPOCH)
    governor.lost("core", 1)
    assert hold(governor, 0.0) is None


def test_a_silent_server_that_bore_more_than_a_rule_allows_is_not_held_to_it_after_another_limit(
    governor: Governor,
) -> None:
    governor.sent("core", 1, 0.0, EPOCH)
    governor.answered("core", 1, 1, None)
    for number in range(1200):
        governor.sent("core", 1, 1.0 + number / 100, EPOCH)
        governor.answered("core", 1, 1, None)
    assert governor.limited("core", secondary(wait=30.0), sent=20.0, now=20.1) == 30.0
    assert hold(governor, 50.2) is None  # one limit may be the server's own
    assert governor.limited("core", secondary(wait=5.0), sent=50.3, now=50.4) == 5.0
    assert hold(governor, 55.4) == Hold(Reason.PACE, pytest.approx(4.65), "secondary")
    governor.succeeded("core", sent=12.5)
    assert hold(governor, 55.4) is None


@pytest.mark.parametrize(("in_flight", "is_rule"), [(9, False), (8, True)], ids=["more than served", "as served"])
def test_a_second_limit_is_a_rule_unless_more_calls_were_in_flight_than_were_served_since_the_first(
    governor: Governor, in_flight: int, is_rule: bool
) -> None:
    governor.sent("core", 1, 0.0, EPOCH)
    governor.answered("core", 1, 1, None)  # by a server that names no limits
    for _ in range(900):  # no more than the rule allows, which would refute it
        governor.sent("core", 1, 1.0, EPOCH)
    governor.limited("core", secondary(wait=30.0), 1.0, 2.0, 16)
    governor.succeeded("core", 32.1, 8)
    governor.limited("core", secondary(wait=5.0), 32.2, 32.3, in_flight)
    assert (hold(governor, 37.4) is not None) == is_rule


def test_a_limit_of_another_host_rests_its_route_alone_and_longer_each_time_until_that_host_answers(
    governor: Governor,
) -> None:
    throttled, waits = RateLimitError("no more archives", kind="primary"), []
    for sent in (1.0, 62.0, 183.0):
        waits.append(governor.limited("tarball", throttled, sent, sent + 0.5, other_host="codeload"))
        assert governor.rests("tarball", sent + 1.0)
        assert hold(governor, sent + 1.0) is None
        governor.succeeded("core", sent + 60.0)  # says nothing of that host
    governor.succeeded("codeload", 500.0)
    waits.append(governor.limited("tarball", throttled, 501.0, 502.0, other_host="codeload"))
    assert waits == [60.0, 120.0, 240.0, 60.0]


def test_single_files_and_queries_share_the_cpu_seconds_of_a_minute(governor: Governor) -> None:
    for number in range(10):
        for pool, seconds in (("graphql", 4.0), ("core", 8.0)):
            governor.sent(pool, 1, 5.0 * number, EPOCH, expected=seconds)
            governor.answered(pool, 1, 1, RateLimitHeaders(5000, 4000, EPOCH + 3000.0, pool))
            governor.ended(pool, 5.0 * number, 5.0 * number + seconds, expected=seconds)
    # 40 s of GraphQL are below its own rule; with a quarter of 80 s of REST they are near what all may take.
    assert hold(governor, 55.0) is None
    governor.sent("core", 1, 55.0, EPOCH, expected=60.0)
    held = hold(governor, 55.0)
    assert held is not None
    assert held.reason is Reason.PACE


def test_what_one_pool_is_silent_about_holds_no_other_of_the_same_server_back(governor: Governor) -> None:
    for number in range(20):
        governor.sent("core", 1, float(number), EPOCH, expected=20.0)
        governor.answered("core", 1, 1, None)
        governor.ended("core", float(number), number + 20.0, expected=20.0)
    assert hold(governor, 40.0, "graphql") is None
    governor.sent("core", 1, 40.0, EPOCH)
    governor.answered("core", 1, 1, RateLimitHeaders(5000, 4000, EPOCH + 3000.0, "core"))
    assert hold(governor, 40.0, "graphql") == Hold(Reason.PACE, pytest.approx(20.05), "secondary")
