"""Every route against the embedded GitHub: the same bytes by each, and nothing lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_models import Repository
from batchlab.git_objects import blob_sha
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.hub.world_spec import WorldSpec
from batchlab.routes import ROUTES, Outcome, UnsuitableError, WantedFile

FILES = {
    "acme/app": {
        "go.mod": b"module acme\n",
        "src/a b#c.py": "é = 1\n".encode(),
        "empty": b"",
        "latin.txt": "é".encode("latin-1"),
        "binary": bytes(range(256)),
        "large.json": b"[" + b"1," * 400_000 + b"1]",
        "left-out": b"x",
        ".gitattributes": b"left-out export-ignore\n",
        "deep/" * 50 + "end": b"x",
    },
    "acme/other": {f"src/{n}.py": b"n = %d\n" % n for n in range(60)},
}
INEXACT = {
    "blobs": set(),
    "contents": set(),
    "graphql": {"latin.txt", "binary"},
    "tarball": {"left-out"},
    "raw": set(),
}  # fmt: skip


@pytest.fixture(scope="module")
def hub() -> SimHub:
    return SimHub(World.build(FILES, "files"), "no-limits", keep_log=True)


def files_for(route: str) -> list[WantedFile]:
    """Return the files that a route takes; of one repository where it takes only one."""
    repositories = list(FILES)[: ROUTES[route].most_repositories]
    files = [
        WantedFile(Repository(repo), path, blob_sha(content), len(content))
        for repo in repositories
        for path, content in FILES[repo].items()
    ]
    return [file for file in files if ROUTES[route].takes(file)]


def content_of(file: WantedFile) -> bytes:
    return FILES[file.repo.full_name][file.path]


def fetch_from(hub: Any, route: str, files: list[WantedFile], deliver: Callable[..., Any]) -> list[Outcome]:
    async def main() -> list[Outcome]:
        async with AsyncGitHubClient(hub.token, hub.base_url, transport=hub.connect()) as client:
            return await ROUTES[route].fetch(files, deliver(client))

    return asyncio.run(main())


def assert_exact(route: str, files: list[WantedFile], outcomes: list[Outcome]) -> None:
    for file, outcome in zip(files, outcomes, strict=True):
        if file.path in INEXACT[route]:
            assert isinstance(outcome, UnsuitableError), file.path
        else:
            assert outcome == content_of(file), file.path


@pytest.mark.parametrize("route", ROUTES)
def test_each_route_brings_every_file_exactly_or_says_that_it_cannot(route: str, hub: SimHub, sender: Any) -> None:
    files = files_for(route)
    assert_exact(route, files, fetch_from(hub, route, files, sender))


@pytest.mark.parametrize(("route", "calls"), [("graphql", {"graphql"}), ("tarball", {"tarball", "archive"})])
def test_the_hub_sees_the_calls_and_points_that_the_price_says(
    route: str, calls: set[str], hub: SimHub, sender: Any
) -> None:
    files = files_for(route)
    fetch_from(hub, route, files, sender)
    price = ROUTES[route].price(files)
    assert {call.endpoint for call in hub.books.log} == calls
    assert hub.books.total_calls == price.calls
    assert hub.books.core_spent + hub.books.graphql_spent == price.points


@pytest.mark.long
def test_each_route_reads_a_served_hub_by_its_one_address(sender: Any) -> None:
    sample = World.sample()
    repo = next(repo for repo in sample.repositories if not repo.full_name.endswith("/empty"))
    served = sample.get(repo.full_name)
    snapshot = served.snapshot("HEAD") if served is not None else None
    assert snapshot is not None
    files = [WantedFile(repo, e.path, e.sha, e.size or 0) for e in snapshot.entries if e.mode == "100644"][:20]
    with LoopbackHub(WorldSpec.sample(), "no-limits") as hub:
        for route in ROUTES:
            outcomes = fetch_from(hub, route, files, sender)
            came = [blob_sha(outcome) for outcome in outcomes if isinstance(outcome, bytes)]
            assert came == [file.sha for file in files], route


@pytest.mark.parametrize("routes", [[route] for route in ROUTES] + [["graphql", "tarball"], list(ROUTES)])
@pytest.mark.parametrize("scenario", ["no-limits", "typical"])
def test_a_run_delivers_every_file_by_whatever_routes_are_allowed(
    routes: list[str], scenario: str, read: Callable[..., Any]
) -> None:
    hub = SimHub(World.build(FILES, "files"), scenario)
    settings = {"routes": [*routes, "blobs"], "allow_raw": "raw" in routes, "max_batch_size": 100}
    reading = read(hub, strategy="adaptive", **settings)
    assert len(reading.results) == sum(map(len, FILES.values()))
    assert {row.path: row.content for row in reading.results.itertuples() if row.repo == "acme/app"} == FILES[
        "acme/app"
    ]
    assert (reading.results.status == "delivered").all()
    assert len(reading.calls) == hub.books.total_calls
    assert reading.calls.points.sum() == hub.books.core_spent + hub.books.graphql_spent
