"""Listings of an owner's repositories, filtered, from the embedded GitHub in virtual time."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.errors import InputError
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World, WorldRepository
from batchlab.repository_filter import RepositoryFilter
from batchlab.twin import run_virtual

PLAIN = WorldRepository("acme/plain", language="Python", pushed_at="2026-03-01T12:00:00Z")
WORLD = World(
    [
        PLAIN,
        replace(PLAIN, full_name="acme/fork", fork=True),
        replace(PLAIN, full_name="acme/archived", archived=True),
        replace(PLAIN, full_name="acme/go", language="Go"),
        replace(PLAIN, full_name="acme/untold", language=None),
        replace(PLAIN, full_name="acme/old", pushed_at="2024-03-01T12:00:00Z"),
    ]
)
EVERYTHING = {"plain", "fork", "archived", "go", "untold", "old"}


def listed(world: World, **wanted: Any) -> tuple[list[str], int]:
    hub = SimHub(world)

    async def main() -> list[str]:
        client = AsyncGitHubClient(hub.token, hub.base_url, transport=hub.connect(0))
        async with client, aclosing(client.list_repositories("acme", **wanted)) as repositories:
            return [str(repository.name) async for repository in repositories]

    return run_virtual(main), hub.books.total_calls


@pytest.mark.parametrize(
    ("wanted", "left_out"),
    [
        ({}, set()),
        ({"forks": False}, {"fork"}),
        ({"archived": False}, {"archived"}),
        ({"language": "python"}, {"go", "untold"}),
        ({"pushed_since": "2026-01-01"}, {"old"}),
        ({"pushed_since": date(2026, 3, 2)}, EVERYTHING),
        ({"pushed_since": datetime(2026, 3, 1, 12, tzinfo=UTC)}, {"old"}),
        ({"forks": False, "archived": False, "language": "Go"}, EVERYTHING - {"go"}),
    ],
)
def test_only_what_is_wanted_is_listed(wanted: dict[str, Any], left_out: set[str]) -> None:
    names, _ = listed(WORLD, **wanted)
    assert sorted(names) == sorted(EVERYTHING - left_out)


@pytest.mark.parametrize(
    ("limit", "names", "calls"), [(None, 250, 3), (250, 250, 3), (150, 150, 2), (1, 1, 1), (0, 0, 0)]
)
def test_no_page_beyond_the_limit_is_asked_for(limit: int | None, names: int, calls: int) -> None:
    world = World([replace(PLAIN, full_name=f"acme/{n:03}") for n in range(250)])
    found, spent = listed(world, limit=limit)
    assert (len(found), spent) == (names, calls)


def test_a_repository_that_was_never_pushed_to_is_not_recent() -> None:
    assert not RepositoryFilter(pushed_since="2020-01-01")({"pushed_at": None})


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(InputError, match="'last year' is no time; write it as 2026-01-31"):
        RepositoryFilter(pushed_since="last year")
