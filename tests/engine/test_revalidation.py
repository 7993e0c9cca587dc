"""Conditional requests: what was read before is asked for again only if it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.cache_manager import CacheManager
from batchlab.hub.scenario import Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World

Read = Callable[..., Any]
Files = dict[str, dict[str, bytes]]
LIMITED = Scenario("limited", latency=Latency(median=0.1), limits=Limits(core=5000, graphql=5000))
EVERY_ROUTE = ("blobs", "contents", "graphql", "tarball")


@pytest.mark.parametrize("strategy", [strategy.value for strategy in BatchStrategy])
def test_a_second_identical_scan_spends_no_point_and_transfers_no_file(
    strategy: str, read: Read, town: World, town_files: Files, tmp_path: Path
) -> None:
    hub = SimHub(town, LIMITED)
    with CacheManager(tmp_path / "cache.sqlite3") as cache:
        first = read(hub, strategy=strategy, cache=cache, routes=EVERY_ROUTE)
        assert first.books.core_spent >= len(town_files)
        second = read(hub, strategy=strategy, cache=cache, routes=EVERY_ROUTE)
    books = second.books
    assert (books.core_spent, books.graphql_spent, books.bytes_sent) == (0, 0, 0)
    assert books.calls == {("tree", 304): len(town_files)}
    assert second.calls.points.sum() == 0
    assert set(second.calls.outcome) == {"not_modified"}
    assert second.results.from_cache.all()
    same = ["repo", "path", "tree", "sha", "size", "status", "content"]
    assert [list(map(str, second.results[name])) for name in same] == [
        list(map(str, first.results[name])) for name in same
    ]


def test_only_what_has_changed_is_read_again(read: Read, town: World, town_files: Files) -> None:
    changed = {name: dict(files) for name, files in town_files.items()}
    changed["town/house-03"]["src/1/go.mod"] = b"module moved\n"
    with CacheManager(":memory:") as cache:
        read(SimHub(town, LIMITED), cache=cache)
        again = read(SimHub(World.build(changed, "town"), LIMITED), cache=cache)
    assert again.books.calls == {("tree", 304): len(town_files) - 1, ("tree", 200): 1, ("blob", 200): 1}
    assert again.books.core_spent == 2
    assert again.results.set_index(["repo", "path"]).content["town/house-03", "src/1/go.mod"] == b"module moved\n"


def test_an_answer_to_one_token_is_no_answer_to_another(read: Read, town: World, town_files: Files) -> None:
    with CacheManager(":memory:") as cache:
        for token in ("ghp_one", "ghp_two"):
            reading = read(SimHub(town, LIMITED, token=token), cache=cache)
            assert reading.books.calls[("tree", 200)] == len(town_files)
        assert reading.books.calls[("blob", 200)] == 0  # a blob is the same whoever asks


@pytest.mark.parametrize("without", [{"use_cache": False}, {"token": ""}])
def test_nothing_is_asked_conditionally_without_cache_or_where_it_saves_nothing(
    without: dict[str, Any], read: Read, town: World, town_files: Files
) -> None:
    with CacheManager(":memory:") as cache:
        for _ in range(2):
            hub = SimHub(town, LIMITED, token=without.get("token", "ghp_one"))
            reading = read(hub, cache=cache, **{name: value for name, value in without.items() if name != "token"})
            assert reading.books.calls[("tree", 304)] == 0
            assert reading.books.calls[("tree", 200)] == len(town_files)


def test_a_page_of_errors_with_an_etag_is_not_kept() -> None:
    pages = [httpx.Response(200, html="<h1>Unicorn!</h1>", headers={"etag": '"unicorn"'})] * 2
    tree = httpx.Response(200, json={"sha": "1" * 40, "truncated": False, "tree": []}, headers={"etag": '"tree"'})
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return ([*pages, tree] + [httpx.Response(304)] * 9)[len(asked) - 1]

    async def scan() -> list[str]:
        client = AsyncGitHubClient("ghp_one", transport=httpx.MockTransport(answer))
        config = BatchConfig(retry_delay_base=0.0)
        async with client, BatchCoordinator(client, config=config) as coordinator:
            await coordinator.process_repositories_batch(["acme/app"])
            return list((await coordinator.process_repositories_batch(["acme/app"])).status)

    assert asyncio.run(scan()) == ["skipped"]  # an empty tree, of which no file is wanted
    assert [request.headers.get("if-none-match") for request in asked] == [None, None, None, '"tree"']


def test_the_token_cannot_be_read_from_what_stands_for_it() -> None:
    client = AsyncGitHubClient("ghp_secret")
    assert "secret" not in client.credential
    assert client.credential != AsyncGitHubClient("ghp_other").credential
    assert AsyncGitHubClient("").credential == "anonymous"
