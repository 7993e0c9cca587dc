"""What GraphQL's errors mean to a whole answer: limits, too much, no access, nothing usable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.errors import (
    AuthenticationError,
    BatchLabError,
    GitHubError,
    RateLimitError,
    RepositoryAccessError,
    ServerError,
)
from batchlab.github_api import ApiRequest, Reply, cost_of, error_of
from batchlab.graphql_answers import own_cost, problems, refusal

QUERY = ApiRequest("graphql", "/graphql", pool="graphql", host="graphql")
SPENT = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1090"}
WRONG = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub "
    "bug. Please include `A:B:C:D:E` when reporting this issue."
)
WRONG_IN_2026 = (
    "Something went wrong while executing your query on 2026-08-07T09:43:37Z. Please include `A:B:C` when reporting"
)
BLOB = {"oid": "0" * 40, "text": "x"}
json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "errors", "rateLimit", "cost", "r0", "type", "message", "path"]), inner
        )
    ),
)


def answered(document: Any, status: int = 200, headers: Any = None) -> BatchLabError | None:
    return error_of(QUERY, Reply(status, headers or {}, json.dumps(document).encode()), "token", 1000.0)


@pytest.mark.parametrize(
    "error",
    [
        {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."},
        {"message": "API rate limit already exceeded for user ID 1."},
        {"type": "RATE_LIMITED", "message": ""},
        {"code": "graphql_rate_limit", "message": ""},
        {"extensions": {"code": "graphql_rate_limit"}, "message": ""},
    ],
)
def test_a_spent_budget_is_a_limit_with_its_reset(error: Any) -> None:
    limit = answered({"errors": [error]}, headers=SPENT)
    assert isinstance(limit, RateLimitError)
    assert (limit.kind, limit.wait, limit.status) == ("primary", 91.0, 200)


def test_a_secondary_limit_may_come_with_200_and_no_header() -> None:
    limit = answered({"errors": [{"message": "You have exceeded a secondary rate limit. Please wait a few minutes"}]})
    assert isinstance(limit, RateLimitError)
    assert (limit.kind, limit.wait) == ("secondary", None)


def test_a_repository_named_like_a_limit_is_none() -> None:
    message = "API rate limit: Could not resolve to a Repository with the name 'x/API rate limit'."
    document = {"data": {"r0": None}, "errors": [{"type": "NOT_FOUND", "path": ["r0"], "message": message}]}
    assert answered(document) is None


@pytest.mark.parametrize(
    "error",
    [
        {"message": WRONG},
        {"message": WRONG_IN_2026},
        {"message": "Timeout on validation of query"},
        {"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits for this query exceeded.", "path": ["r0"]},
        {"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "This query requests up to 2,010,050 possible nodes"},
    ],
)
@pytest.mark.parametrize("data", [{"data": None}, {}, {"data": {"r0": None, "rateLimit": {"cost": 1}}}])
def test_a_query_that_is_too_much_may_be_tried_again(error: Any, data: Any) -> None:
    assert isinstance(answered({"errors": [error], **data}), ServerError)


def test_what_came_is_kept_though_the_rest_was_too_much() -> None:
    assert answered({"data": {"r0": {"f0": BLOB}, "r1": None}, "errors": [{"message": WRONG}]}) is None


def test_repositories_that_all_are_missing_are_spoken_of_one_by_one() -> None:
    errors = [{"type": "NOT_FOUND", "path": [alias], "message": "Could not resolve"} for alias in ("r0", "r1")]
    assert answered({"data": {"r0": None, "r1": None}, "errors": errors}) is None


def test_a_query_without_access_is_refused_for_good() -> None:
    error = answered({"errors": [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]})
    assert isinstance(error, RepositoryAccessError)


def test_a_query_that_the_server_does_not_understand_is_not_tried_again() -> None:
    error = answered({"errors": [{"message": "Field 'object' doesn't exist"}]})
    assert type(error) is GitHubError
    assert "Field 'object' doesn't exist" in str(error)


@pytest.mark.parametrize("status", [200, 502, 504])
def test_a_gateways_page_is_a_failing_server(status: int) -> None:
    headers = {"content-type": "text/html", "x-github-request-id": "A:B"}
    error = error_of(QUERY, Reply(status, headers, b"<html>Bad Gateway</html>"), "token", 0.0)
    assert isinstance(error, ServerError)
    assert error.request_id == "A:B"


def test_status_codes_mean_the_same_as_in_rest() -> None:
    assert isinstance(
        answered({"message": "This endpoint requires you to be authenticated."}, 401), AuthenticationError
    )
    assert isinstance(answered({"data": None, "errors": [{"message": WRONG}]}, 502), ServerError)
    assert isinstance(answered({"message": "You have exceeded a secondary rate limit."}, 403), RateLimitError)
    assert isinstance(answered({"message": "Forbidden"}, 403), RepositoryAccessError)


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        ({"data": {"rateLimit": {"cost": 7}}}, 7),
        ({"data": {"rateLimit": {"cost": 0}}}, 0),
        ({"data": {"rateLimit": {"cost": -1}}}, None),
        ({"data": {"rateLimit": {"cost": True}}}, None),
        ({"data": {"rateLimit": {"cost": "7"}}}, None),
        ({"data": {"rateLimit": None}}, None),
        ({"data": None}, None),
        ([], None),
    ],
)
def test_the_cost_is_what_the_answer_says(document: Any, cost: int | None) -> None:
    assert own_cost(document) == cost
    reply = Reply(200, {}, json.dumps(document).encode())
    assert cost_of(QUERY, reply, None) == (1 if cost is None else cost)


def test_limits_and_unchanged_answers_cost_nothing_and_failures_what_was_reckoned_with() -> None:
    tree = ApiRequest("tree", "/repos/a/b/git/trees/HEAD")
    assert cost_of(tree, Reply(200, {}, b"no json"), None) == 1
    assert cost_of(tree, Reply(304, {}, b""), None) == 0
    assert cost_of(QUERY, Reply(200, {}, b""), RateLimitError("", kind="primary")) == 0
    assert cost_of(tree, Reply(401, {}, b""), AuthenticationError("")) == 0
    assert cost_of(QUERY, Reply(502, {}, b"<html>"), ServerError("")) == 1


@given(json_values)
def test_any_json_is_read_without_surprise(document: Any) -> None:
    error = refusal(document, {}, 0.0)
    assert error is None or isinstance(error, BatchLabError)
    assert all(problem.error is None or isinstance(problem.error, BatchLabError) for problem in problems(document))
    own_cost(document)
