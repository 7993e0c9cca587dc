from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from batchlab.hub.messages import HubRequest
from batchlab.hub.scenario import Faults, GraphQL, Latency, Limits, Network, Scenario
from batchlab.hub.service import DEFAULT_TOKEN, EmbeddedGitHub
from batchlab.hub.world import World

Get = Callable[..., Any]
Asking = Callable[..., Get]
_ONE = '{repository(owner: "acme", name: "app") {object(expression: "HEAD:README.md") {... on Blob {text}}}}'
_HEADERS = {"authorization": f"Bearer {DEFAULT_TOKEN}", "user-agent": "test"}


def _body(query: str) -> bytes:
    return json.dumps({"query": query}).encode()


def _github(world: World, **sections: object) -> EmbeddedGitHub:
    return EmbeddedGitHub(world, replace(Scenario("test"), **sections))  # type: ignore[arg-type]


def _query(get: Get, query: str = _ONE, **headers: str | None) -> Any:
    return get("/graphql", "POST", body=_body(query), **headers)


def _service(github: EmbeddedGitHub, query: str) -> float:
    return github.arrive(HubRequest("POST", "/graphql", "", _HEADERS, _body(query)), 0.0, 0.0).service_time


def test_a_query_spends_points_of_its_own_pool_and_says_so(world: World, asking: Asking) -> None:
    github = _github(world, limits=Limits(core=10, graphql=5, graphql_remaining=3, graphql_reset_in=60.0))
    query = "{rateLimit {limit cost remaining used nodeCount resetAt} " + _ONE[1:]
    response = _query(asking(github), query)
    told = response.json()["data"]["rateLimit"]
    assert (told["limit"], told["cost"], told["remaining"], told["used"], told["nodeCount"]) == (5, 1, 2, 3, 0)
    assert told["resetAt"] == "2027-01-15T08:01:00Z"
    assert response.headers["x-ratelimit-remaining"] == "2"
    assert response.headers["x-ratelimit-resource"] == "graphql"
    assert response.headers["x-github-media-type"] == "github.v4; format=json"
    assert not {"etag", "x-github-api-version-selected"} & response.headers.keys()
    assert (github.books.graphql_spent, github.books.core_spent) == (1, 0)
    assert asking(github)("/rate_limit").json()["resources"]["graphql"]["remaining"] == 2


def test_an_empty_pool_refuses_with_status_200(world: World, asking: Asking) -> None:
    github = _github(world, limits=Limits(core=10, graphql=1))
    statuses = [_query(asking(github)) for _ in range(2)]
    assert [response.status for response in statuses] == [200, 200]
    refused = statuses[1].json()
    assert refused["errors"][0]["type"] == "RATE_LIMITED"
    assert "data" not in refused
    assert statuses[1].headers["x-ratelimit-remaining"] == "0"
    assert github.books.refused == {"primary": 1}


def test_without_a_limit_there_are_no_headers_and_rate_limit_is_null(get: Get) -> None:
    response = _query(get, "{rateLimit {cost}}")
    assert response.json() == {"data": {"rateLimit": None}}
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


def test_a_query_needs_a_token_and_a_server_that_has_graphql(world: World, asking: Asking, get: Get) -> None:
    refused = _query(get, authorization=None)
    assert (refused.status, refused.json()["message"]) == (401, "This endpoint requires you to be authenticated.")
    assert _query(asking(_github(world, graphql=GraphQL(enabled=False)))).status == 404
    assert get("/graphql").status == 404


def test_minute_points_of_graphql_are_counted_apart(world: World, asking: Asking) -> None:
    github = _github(world, limits=Limits(points_per_minute=1, graphql_points_per_minute=2, lockout=1.0))
    get = asking(github)
    assert [get("/repos/acme/app").status, _query(get).status, _query(get).status] == [200, 200, 200]
    refused = _query(get)
    assert (refused.status, refused.headers["retry-after"]) == (403, "1")
    assert github.books.refused == {"graphql_points": 1}
    assert (github.books.points, github.books.graphql_points) == (1, 2)


def test_queries_use_cpu_for_as_long_as_they_take(world: World, asking: Asking) -> None:
    graphql = GraphQL(base=25.0, sigma=0.0, cap=None)
    github = _github(world, graphql=graphql, limits=Limits(graphql_cpu_seconds_per_minute=60.0))
    assert [_query(asking(github)).status for _ in range(3)] == [200, 200, 403]
    assert github.books.refused == {"graphql_cpu": 1}


def test_queries_and_reads_are_in_flight_together(world: World) -> None:
    github = _github(world, limits=Limits(in_flight=2))
    query = HubRequest("POST", "/graphql", "", _HEADERS, _body(_ONE))
    read = HubRequest("GET", "/repos/acme/app", "", _HEADERS)
    archive = HubRequest("GET", "/acme/app/tar.gz/main", "", _HEADERS, host="codeload")
    statuses = [github.arrive(one, 0.0, 0.0).response.status for one in (archive, query, read, query)]
    assert statuses == [200, 200, 200, 403]


def test_a_query_takes_longer_by_repository_by_object_and_by_text(world: World) -> None:
    graphql = GraphQL(base=1.0, per_repository=10.0, per_object=0.1, per_megabyte=1e6, sigma=0.0, cap=None)
    github = _github(world, graphql=graphql)
    app = 'repository(owner: "acme", name: "app")'
    oid = 'object(expression: "HEAD:README.md") {oid}'
    assert _service(github, f"{{{app} {{name}}}}") == pytest.approx(11.0)
    assert _service(github, f"{{{app} {{{oid}}}}}") == pytest.approx(11.0)
    assert _service(github, f"{{{app} {{a: {oid} b: {oid}}}}}") == pytest.approx(11.1)
    assert _service(github, f"{{a: {app} {{{oid}}} b: {app} {{{oid}}}}}") == pytest.approx(11.1)
    assert _service(github, _ONE) == pytest.approx(11.0 + len("# app\n"))


@pytest.mark.parametrize(("repositories", "seconds"), [(10, 1.75), (25, 3.71)])
def test_the_defaults_pass_near_published_medians(repositories: int, seconds: float) -> None:
    assert GraphQL().latency(repositories, repositories, 0).median == pytest.approx(seconds, rel=0.2)


def test_a_query_over_the_time_limit_ends_in_502_with_the_generic_words_and_a_penalty(
    world: World, asking: Asking
) -> None:
    graphql = GraphQL(base=20.0, sigma=0.0, cap=10.0, timeout_points=4)
    github = _github(world, graphql=graphql, limits=Limits(core=10, graphql=100))
    response = _query(asking(github))
    assert (response.status, response.json()["data"]) == (502, None)
    message = response.json()["errors"][0]["message"]
    assert message.startswith("Something went wrong while executing your query.")
    assert response.headers["x-github-request-id"] in message
    assert github.books.graphql_spent == 5
    assert _service(github, _ONE) == 10.0


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("502", 502, "Something went wrong"),
        ("503", 503, "No server is currently available"),
        ("html", 200, "<!DOCTYPE html>"),
        ("429", 429, "secondary rate limit"),
        ("secondary", 403, "secondary rate limit"),
    ],
)
def test_faults_strike_queries_by_the_rates_of_their_family(
    world: World, asking: Asking, kind: str, status: int, words: str
) -> None:
    get = asking(_github(world, faults=Faults(by_family={"graphql": {kind: 1.0}})))
    response = _query(get)
    assert (response.status, words in response.body.decode()) == (status, True)
    assert get("/repos/acme/app").status == 200


def test_faults_that_refuse_spend_nothing_and_tell_how_long_to_wait_or_not(world: World, asking: Asking) -> None:
    for kind, told in (("429", "7"), ("secondary", "7"), ("secondary-silent", None)):
        github = _github(world, faults=Faults({kind: 1.0}, retry_after=7.0), limits=Limits(core=5))
        refused = asking(github)("/repos/acme/app")
        assert (refused.headers.get("retry-after"), refused.headers["x-ratelimit-used"]) == (told, "0")


def test_refusals_have_the_status_that_the_scenario_says(world: World, asking: Asking) -> None:
    get = asking(_github(world, limits=Limits(core=1, refusal_status=429)))
    assert [get("/repos/acme/app").status for _ in range(2)] == [200, 429]


def test_json_is_compressed_for_clients_that_accept_it(world: World, asking: Asking) -> None:
    github = _github(world, network=Network(gzip=True))
    get = asking(github)
    plain = get("/repos/acme/app")
    packed = get("/repos/acme/app", accept_encoding="gzip, deflate")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
    assert github.books.bytes_sent == len(plain.body) + len(packed.body)
    again = get("/repos/acme/app", accept_encoding="gzip", if_none_match=packed.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    raw = get("/repos/acme/app/contents/big.lock", accept_encoding="gzip", accept="application/vnd.github.raw+json")
    assert "content-encoding" not in raw.headers


def test_single_sign_on_is_403_with_the_way_out_and_partial_listings_say_so(get: Get) -> None:
    refused = get("/repos/acme/sso")
    assert refused.status == 403
    assert refused.headers["x-github-sso"].startswith("required; url=https://github.com/orgs/acme/sso")
    assert get("/repos/acme/sso", authorization=None).status == 404
    assert get("/orgs/acme/repos").headers["x-github-sso"].startswith("partial-results; organizations=")
    assert "x-github-sso" not in get("/orgs/acme/repos", authorization=None).headers


def test_an_organisation_counts_its_public_repositories(get: Get) -> None:
    told = get("/orgs/ACME").json()
    assert (told["login"], told["public_repos"]) == ("acme", 5)
    assert get("/orgs/nobody").status == 404


def test_latency_changes_nothing_of_what_is_answered(world: World, asking: Asking) -> None:
    slow = asking(_github(world, latency=Latency(median=5.0)))
    assert slow("/repos/acme/app").body == asking(_github(world))("/repos/acme/app").body
