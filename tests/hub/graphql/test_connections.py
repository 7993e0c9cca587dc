from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.hub.graphql.connections import Connection

Run = Callable[..., Any]


@given(st.integers(0, 30), st.integers(1, 7))
def test_pages_forward_and_backward_hold_every_item_once(count: int, size: int) -> None:
    items = list(range(count))
    for forward in (True, False):
        seen: list[int] = []
        cursor, more = None, True
        while more:
            page = Connection.of(items, *((size, None, cursor, None) if forward else (None, size, None, cursor)))
            seen = [*seen, *page.nodes] if forward else [*page.nodes, *seen]
            cursor = page.end_cursor if forward else page.start_cursor
            more = page.end < count if forward else page.start > 0
        assert seen == items


@pytest.mark.parametrize("cursor", ["", "?", "Y3Vyc29yOng=", "b3RoZXI6MQ=="])
def test_a_cursor_that_is_none_counts_for_nothing(cursor: str) -> None:
    assert list(Connection.of([1, 2], 1, None, cursor, None).nodes) == [1]


def test_an_owner_s_repositories_are_paged_and_filtered(run: Run) -> None:
    query = """query($after: String) {organization(login: "ACME") {login repositories(first: 2, after: $after) {
      totalCount nodes {name isArchived} pageInfo {hasNextPage hasPreviousPage endCursor}}}}"""
    first = run(query)["data"]["organization"]["repositories"]
    assert [node["name"] for node in first["nodes"]] == ["app", "blocked"]
    assert first["pageInfo"]["hasNextPage"] is True
    second = run(query, after=first["pageInfo"]["endCursor"])["data"]["organization"]["repositories"]
    assert [node["name"] for node in second["nodes"]] == ["empty", "new-name"]
    assert second["pageInfo"]["hasPreviousPage"] is True
    archived = run('{repositoryOwner(login: "acme") {repositories(first: 9, isArchived: true) {nodes {name}}}}')
    assert archived["data"]["repositoryOwner"]["repositories"]["nodes"] == [{"name": "new-name"}]


def test_an_unknown_owner_is_null(run: Run) -> None:
    assert run('{repositoryOwner(login: "nobody") {login}}') == {"data": {"repositoryOwner": None}}
    assert run('{organization(login: "nobody") {login}}')["errors"][0]["type"] == "NOT_FOUND"


def test_branches_are_listed_under_their_prefix(run: Run) -> None:
    query = 'query($p: String!) {repository(owner: "acme", name: "app") {refs(first: 9, refPrefix: $p) {nodes {name}}}}'
    assert run(query, p="refs/heads/")["data"]["repository"]["refs"]["nodes"] == [{"name": "main"}]
    assert run(query, p="refs/tags/")["data"]["repository"]["refs"]["nodes"] == []
