from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from batchlab.hub.scenario import Scenario
from batchlab.hub.service import EmbeddedGitHub
from batchlab.hub.world import World, WorldRepository, identifier

Get = Callable[..., Any]


@pytest.fixture
def many(asking: Callable[[EmbeddedGitHub], Get]) -> Get:
    repositories = [
        WorldRepository(f"acme/r{n:03}", fork=n % 2 == 0, pushed_at=f"2026-01-01T00:{n:02}:00Z") for n in range(45)
    ]
    return asking(EmbeddedGitHub(World(repositories), Scenario("plain")))


def _names(response: Any) -> list[str]:
    return [row["name"] for row in response.json()]


def _relations(response: Any) -> dict[str, str]:
    return {name: url for url, name in re.findall(r'<([^>]+)>; rel="(\w+)"', response.headers.get("link", ""))}


def test_following_next_visits_every_repository_once(many: Get) -> None:
    response, seen = many("/orgs/acme/repos?per_page=10&sort=full_name"), []
    while True:
        seen += _names(response)
        following = _relations(response).get("next")
        if following is None:
            break
        response = many(following.removeprefix("https://api.github.com"))
    assert seen == [f"r{n:03}" for n in range(45)]


def test_links_are_id_based_and_in_github_s_order(many: Get) -> None:
    first, middle, last = (many(f"/orgs/acme/repos?per_page=20&page={page}") for page in (1, 2, 3))
    assert [list(_relations(page)) for page in (first, middle, last)] == [
        ["next", "last"],
        ["prev", "next", "last", "first"],
        ["prev", "first"],
    ]
    number = identifier("acme")
    assert f"/organizations/{number}/repos?" in _relations(first)["next"]


def test_one_page_has_no_link(many: Get) -> None:
    assert "link" not in many("/orgs/acme/repos?per_page=100").headers


def test_the_page_is_30_by_default_and_100_at_most(many: Get) -> None:
    assert len(_names(many("/users/acme/repos"))) == 30
    assert len(_names(many("/users/acme/repos?per_page=1000"))) == 45


def test_forks_and_sources_can_be_told_apart(many: Get) -> None:
    assert len(_names(many("/orgs/acme/repos?type=forks&per_page=100"))) == 23
    assert len(_names(many("/orgs/acme/repos?type=sources&per_page=100"))) == 22


def test_sorting_by_push_begins_with_the_newest(many: Get) -> None:
    assert _names(many("/orgs/acme/repos?sort=pushed"))[0] == "r044"
    assert _names(many("/orgs/acme/repos?sort=pushed&direction=asc"))[0] == "r000"


def test_private_repositories_are_listed_for_the_organization_and_with_the_token_only(get: Get) -> None:
    assert "private" in _names(get("/orgs/acme/repos"))
    assert "private" not in _names(get("/users/acme/repos"))
    assert "private" not in _names(get("/orgs/acme/repos", authorization=None))
    assert "hidden" not in _names(get("/orgs/acme/repos"))


def test_an_unknown_owner_is_not_found(get: Get) -> None:
    assert get("/orgs/nobody/repos").status == 404
