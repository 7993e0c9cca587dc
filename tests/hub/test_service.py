from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from batchlab.hub.messages import HubRequest
from batchlab.hub.scenario import Faults, Latency, Limits, Network, Scenario, Server
from batchlab.hub.service import DEFAULT_TOKEN, EmbeddedGitHub
from batchlab.hub.world import World

Get = Callable[..., Any]
Asking = Callable[..., Get]
EPOCH = 1_800_000_000.0
_HEADERS = {"authorization": f"Bearer {DEFAULT_TOKEN}", "user-agent": "test"}
_TREE = HubRequest("GET", "/repos/acme/app/git/trees/HEAD", "", _HEADERS)


def _github(world: World, **sections: object) -> EmbeddedGitHub:
    return EmbeddedGitHub(world, replace(Scenario("test"), **sections), keep_log=True)  # type: ignore[arg-type]


def test_a_wrong_token_is_401_and_is_not_repeated(get: Get) -> None:
    response = get("/repos/acme/app", authorization="Bearer wrong-secret")
    assert (response.status, response.json()["message"]) == (401, "Bad credentials")
    assert b"wrong-secret" not in response.body


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "token"])
def test_both_token_schemes_are_accepted(get: Get, scheme: str) -> None:
    assert get("/repos/acme/app", authorization=f"{scheme} {DEFAULT_TOKEN}").status == 200


def test_a_request_without_user_agent_is_403_in_plain_words(get: Get) -> None:
    response = get("/repos/acme/app", user_agent=None)
    assert response.status == 403
    assert b"User-Agent" in response.body


def test_an_unknown_api_version_is_400_with_errors_as_a_string(get: Get) -> None:
    response = get("/repos/acme/app", x_github_api_version="2020-01-01")
    assert response.status == 400
    assert "2026-03-10, 2022-11-28" in response.json()["errors"]


def test_the_api_version_is_echoed(get: Get) -> None:
    assert get("/repos/acme/app").headers["x-github-api-version-selected"] == "2022-11-28"


def test_head_is_get_without_the_body(get: Get) -> None:
    full, head = get("/repos/acme/app"), get("/repos/acme/app", method="HEAD")
    assert head.body == b""
    assert head.headers["content-length"] == full.headers["content-length"] == str(len(full.body))


def test_every_call_has_a_request_id_of_its_own(get: Get) -> None:
    ids = {get("/repos/acme/app").headers["x-github-request-id"] for _ in range(5)}
    assert len(ids) == 5


def test_the_core_window_counts_down_through_errors_and_then_refuses(world: World, asking: Asking) -> None:
    get = asking(_github(world, limits=Limits(core=3)))
    targets = ["/repos/acme/app", "/repos/acme/none", "/repos/acme/old-name"]
    told = [(get(target).status, get("/rate_limit").headers["x-ratelimit-remaining"]) for target in targets]
    assert told == [(200, "2"), (404, "1"), (301, "0")]
    refused = get("/repos/acme/app")
    assert refused.status == 403
    assert refused.json()["message"].startswith("API rate limit exceeded for user ID")
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["x-ratelimit-reset"] == str(int(EPOCH) + 3600)


def test_after_the_reset_the_window_is_full_again(world: World, asking: Asking) -> None:
    github = _github(world, limits=Limits(core=10, remaining=0, reset_in=30.0))
    assert asking(github)("/repos/acme/app").status == 403
    later = asking(github, now=31.0)("/repos/acme/app")
    assert (later.status, later.headers["x-ratelimit-used"]) == (200, "1")


def test_callers_without_a_token_have_60_an_hour_of_their_own(world: World, asking: Asking) -> None:
    get = asking(_github(world, limits=Limits(core=5000)))
    assert get("/repos/acme/app", authorization=None).headers["x-ratelimit-limit"] == "60"
    assert get("/repos/acme/app").headers["x-ratelimit-used"] == "1"


def test_a_304_is_free_with_the_token_and_spends_one_without(world: World, asking: Asking) -> None:
    get = asking(_github(world, limits=Limits(core=5000)))
    for authorization, used in ((f"Bearer {DEFAULT_TOKEN}", "1"), (None, "2")):
        first = get("/repos/acme/app", authorization=authorization)
        again = get("/repos/acme/app", authorization=authorization, if_none_match=first.headers["etag"])
        assert (again.status, again.body, again.headers["x-ratelimit-used"]) == (304, b"", used)


def test_rate_limit_is_free_and_agrees_with_the_headers(world: World, asking: Asking) -> None:
    get = asking(_github(world, limits=Limits(core=5000, remaining=4000)))
    response = get("/rate_limit")
    told = response.json()
    assert told["resources"]["core"] == told["rate"]
    assert told["rate"]["remaining"] == int(response.headers["x-ratelimit-remaining"]) == 4000
    assert "rate" not in get("/rate_limit", x_github_api_version="2026-03-10").json()


def test_a_server_without_limits_sends_no_rate_headers(get: Get) -> None:
    assert not [name for name in get("/repos/acme/app").headers if name.startswith("x-ratelimit")]
    assert get("/rate_limit").status == 404


@pytest.mark.parametrize(("told", "header"), [(True, "60"), (False, None)])
def test_a_secondary_limit_is_known_by_its_message(
    world: World, asking: Asking, told: bool, header: str | None
) -> None:
    limits = Limits(core=5000, points_per_minute=1, retry_after=told)
    get = asking(_github(world, limits=limits))
    assert get("/repos/acme/app").status == 200
    refused = get("/repos/acme/app")
    assert (refused.status, refused.headers.get("retry-after")) == (403, header)
    assert "secondary rate limit" in refused.json()["message"]
    assert int(refused.headers["x-ratelimit-remaining"]) > 0


def test_calls_in_flight_over_the_limit_are_refused(world: World) -> None:
    github = _github(world, limits=Limits(in_flight=2))
    statuses = [github.arrive(_TREE, 0.0, EPOCH).response.status for _ in range(3)]
    assert statuses == [200, 200, 403]
    assert github.books.peak_in_flight == 3


def test_service_grows_beyond_the_knee(world: World) -> None:
    github = _github(world, latency=Latency(median=1.0), server=Server(knee=2))
    times = [github.arrive(_TREE, 0.0, EPOCH).service_time for _ in range(4)]
    assert times == [1.0, 1.0, 1.5, 2.0]


def test_service_over_the_cap_ends_in_504(world: World) -> None:
    github = _github(world, latency=Latency(median=20.0, cap=10.0))
    exchange = github.arrive(_TREE, 0.0, EPOCH)
    assert (exchange.response.status, exchange.service_time) == (504, 10.0)


@pytest.mark.parametrize("kind", ["502", "503"])
def test_a_server_fault_is_an_answer_that_spends_one(world: World, asking: Asking, kind: str) -> None:
    github = _github(world, faults=Faults({kind: 1.0}), limits=Limits(core=10))
    response = asking(github)("/repos/acme/app")
    assert (response.status, response.headers["x-ratelimit-used"]) == (int(kind), "1")


def test_a_reset_is_booked_without_a_status(world: World) -> None:
    github = _github(world, faults=Faults({"reset": 1.0}))
    assert github.arrive(_TREE, 0.0, EPOCH).is_reset
    assert github.books.calls == {("tree", 0): 1}


def test_each_attempt_of_a_call_meets_other_weather(world: World) -> None:
    github = _github(world, latency=Latency(sigma=0.7))
    times = {github.arrive(_TREE, 0.0, EPOCH).service_time for _ in range(5)}
    assert len(times) == 5


def test_a_renewed_server_has_no_past_and_meets_the_same_weather(world: World) -> None:
    github = _github(world, latency=Latency(sigma=0.7), limits=Limits(core=2))
    first = [github.arrive(_TREE, 0.0, EPOCH) for _ in range(3)]
    renewed = github.renewed()
    again = [renewed.arrive(_TREE, 0.0, EPOCH) for _ in range(3)]
    assert [one.service_time for one in first] == [one.service_time for one in again]
    assert [one.response.status for one in again] == [200, 200, 403]
    assert github.renewed(7).arrive(_TREE, 0.0, EPOCH).service_time != first[0].service_time


def test_the_books_agree_with_what_was_asked(world: World, asking: Asking) -> None:
    github = _github(world, limits=Limits(core=5000), network=Network(connection=1000.0))
    get = asking(github)
    sizes = [len(get(target).body) for target in ("/repos/acme/app", "/repos/acme/none", "/rate_limit")]
    summary = github.books.summary()
    assert summary["calls"] == {"rate_limit 200": 1, "repository 200": 1, "repository 404": 1}
    assert (summary["core_spent"], summary["points"], summary["in_flight"]) == (2, 3, 0)
    assert summary["bytes_sent"] == sum(sizes)
    assert github.books.log[0].target == "/repos/acme/app"


def test_departing_twice_counts_once(world: World) -> None:
    github = _github(world)
    exchange = github.arrive(_TREE, 0.0, EPOCH)
    github.depart(exchange, 1.0)
    github.depart(exchange, 2.0)
    assert (github.books.in_flight, github.books.log[0].finished) == (0, 1.0)
