"""The route ``graphql`` over a client."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from batchlab.errors import AuthenticationError, RateLimitError, ServerError
from batchlab.routes import ROUTES, Price, WantedFile
from batchlab.routes.graphql import LARGEST_TEXT

Wanted = Callable[..., WantedFile]
GRAPHQL = ROUTES["graphql"]


def test_it_takes_small_files_that_are_text_by_their_names(wanted: Wanted) -> None:
    assert GRAPHQL.takes(wanted("go.mod", b""))
    assert GRAPHQL.takes(wanted("Makefile", b"x"))
    assert GRAPHQL.takes(wanted("big.lock", b"x" * LARGEST_TEXT))
    assert not GRAPHQL.takes(wanted("big.lock", b"x" * (LARGEST_TEXT + 1)))
    assert not GRAPHQL.takes(wanted("a/logo.PNG", b"x"))
    assert LARGEST_TEXT < 512_000


def test_any_batch_costs_one_call_and_one_point(wanted: Wanted) -> None:
    assert GRAPHQL.price([wanted("a", b"1"), wanted("b", b"2", "b/y")]) == Price(1, 1)


def test_one_post_brings_files_of_several_repositories(fetch: Any, wanted: Wanted) -> None:
    sent: list[httpx.Request] = []
    answer = {"data": {"r0": {"f0": {"text": "one"}}, "r1": {"f0": {"text": "två"}}, "rateLimit": {"cost": 1}}}
    files = [wanted("a", b"one"), wanted("b", "två".encode(), "b/y")]
    assert fetch("graphql", files, lambda _: httpx.Response(200, json=answer), sent=sent) == [b"one", "två".encode()]
    (request,) = sent
    assert (request.method, str(request.url)) == ("POST", "https://api.github.com/graphql")
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content).keys() == {"query", "variables"}


def test_an_enterprise_servers_graphql_is_beside_its_rest(fetch: Any, wanted: Wanted) -> None:
    sent: list[httpx.Request] = []
    answer = httpx.Response(200, json={"data": {"r0": {"f0": {"text": "1"}}}})
    fetch("graphql", [wanted("a", b"1")], lambda _: answer, base_url="https://git.example/api/v3", sent=sent)
    assert str(sent[0].url) == "https://git.example/api/graphql"


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx.Response(502, html="<html>"), ServerError),
        (httpx.Response(200, html="<html>"), ServerError),
        (httpx.Response(200, content=b'{"data": {"r0": {"f0"'), ServerError),
        (
            httpx.Response(200, json={"data": None, "errors": [{"message": "Timeout on validation of query"}]}),
            ServerError,
        ),
        (httpx.Response(200, json={"errors": [{"type": "RATE_LIMITED", "message": ""}]}), RateLimitError),
        (httpx.Response(401, json={"message": "This endpoint requires you to be authenticated."}), AuthenticationError),
        (httpx.Response(200, content=b"[" * 200_000), ServerError),
    ],
)
def test_an_answer_without_data_fails_the_whole_batch(response: Any, error: Any, fetch: Any, wanted: Wanted) -> None:
    with pytest.raises(error):
        fetch("graphql", [wanted("a", b"1")], lambda _: response)
