from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.hub.graphql.cost import Cost, CostError, cost_of
from batchlab.hub.graphql.document import document, with_defaults

Run = Callable[..., Any]


def _cost(text: str, **variables: object) -> Cost:
    found = document(text)
    operation = found.operation(None)
    return cost_of(found, operation, with_defaults(operation, variables))


@given(st.integers(1, 60))
def test_look_ups_without_connections_cost_one_however_many(count: int) -> None:
    aliases = " ".join(f'r{n}: repository(owner: "a", name: "b") {{object(oid: "c") {{oid}}}}' for n in range(count))
    assert _cost(f"{{{aliases}}}") == Cost(1, 0)


def test_nested_connections_multiply_as_in_github_s_example() -> None:
    text = """{repositoryOwner(login: "a") {repositories(first: 100) {nodes {refs(first: 50, refPrefix: "r") {
      nodes {repository {refs(last: 2, refPrefix: "r") {totalCount}}}}}}}}"""
    # 1 + 100 + 5,000 requests; 100 + 5,000 + 10,000 nodes.
    assert _cost(text) == Cost(51, 15_100)


def test_bounds_are_read_from_variables_their_defaults_and_fragments() -> None:
    text = """query($n: Int = 20) {repositoryOwner(login: "a") {...f}}
      fragment f on RepositoryOwner {repositories(first: $n) {totalCount}}"""
    assert _cost(text).nodes == 20
    assert _cost(text, n=7).nodes == 7


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("", "MISSING_PAGINATION_BOUNDARIES"),
        ("(first: 101)", "EXCESSIVE_PAGINATION"),
        ("(last: 0)", "INSUFFICIENT_PAGINATION"),
    ],
)
def test_a_connection_without_a_proper_page_is_refused(run: Run, arguments: str, kind: str) -> None:
    told = run(f'{{repositoryOwner(login: "acme") {{repositories{arguments} {{totalCount}}}}}}')
    assert list(told) == ["errors"]
    assert told["errors"][0]["type"] == kind


def test_more_than_500_000_nodes_are_refused_with_their_number() -> None:
    refs = 'refs(first: 100, refPrefix: "r") {nodes {repository {refs(first: 100, refPrefix: "r") {totalCount}}}}'
    text = f'{{repositoryOwner(login: "a") {{repositories(first: 100) {{nodes {{{refs}}}}}}}}}'
    with pytest.raises(CostError, match=r"1,010,100 possible nodes .* maximum limit of 500,000") as raised:
        _cost(text)
    assert raised.value.kind == "MAX_NODE_LIMIT_EXCEEDED"
