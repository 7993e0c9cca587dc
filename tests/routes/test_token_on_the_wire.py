"""Every kind of call, redirected in every way: the token reaches the API and its archive host, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.control.policies import POLICIES
from batchlab.git_objects import blob_sha
from batchlab.github_api import REDIRECTS
from batchlab.routes import ROUTES
from batchlab.twin import run_virtual

SECRET = "ghp_secretsecret"
CONTENT = b"module acme\n"
ENTRY = {"path": "go.mod", "mode": "100644", "type": "blob", "sha": blob_sha(CONTENT), "size": len(CONTENT)}
ARCHIVE = "https://codeload.github.com/acme/app/legacy.tar.gz/refs/heads/main"
TREE = json.dumps({"sha": "1" * 40, "truncated": False, "tree": [ENTRY]}).encode()
WHOLE = replace(POLICIES[BatchStrategy.AGGRESSIVE], name="whole", archives=True)
TARGETS = (
    "https://evil.example/x",
    "http://api.github.com/x",
    ARCHIVE,
    "https://codeload.github.com.evil.example/x",
    "https://raw.githubusercontent.com/acme/app/HEAD/go.mod",
    "https://objects.githubusercontent.com/x",
    "/elsewhere",
)


def _hosts_asked(answer: Callable[[httpx.Request], httpx.Response], route: str) -> dict[str, set[str]]:
    """Read one file by one route; return what each host was sent as authorization."""
    asked: dict[str, set[str]] = {}

    def noting(request: httpx.Request) -> httpx.Response:
        address = f"{request.url.scheme}://{request.url.host}"
        asked.setdefault(address, set()).add(request.headers.get("authorization", ""))
        return answer(request)

    async def main() -> None:
        client = AsyncGitHubClient(SECRET, transport=httpx.MockTransport(noting))
        config = BatchConfig(routes=(route,), allow_raw=True, retry_attempts=1)
        async with client, BatchCoordinator(client, config=config) as coordinator:
            await coordinator.process_repositories_batch(["acme/app"], WHOLE)

    run_virtual(main)
    return asked


def _is_tree(request: httpx.Request) -> bool:
    return "/git/trees/" in request.url.path


@pytest.mark.parametrize("status", sorted(REDIRECTS))
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("route", [*ROUTES, "tree"])
def test_no_redirect_carries_the_token_to_another_host(route: str, target: str, status: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if _is_tree(request) and route != "tree":
            return httpx.Response(200, content=TREE)
        return httpx.Response(status, headers={"location": target})

    asked = _hosts_asked(answer, "blobs" if route == "tree" else route)
    told = {address for address, values in asked.items() if any(SECRET in value for value in values)}
    assert told <= {"https://api.github.com"} | ({"https://codeload.github.com"} if route == "tarball" else set())
    assert "https://api.github.com" in told


def test_from_the_archive_host_there_is_no_way_on() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if _is_tree(request):
            return httpx.Response(200, content=TREE)
        there = "https://evil.example/x" if request.url.host == "codeload.github.com" else ARCHIVE
        return httpx.Response(302, headers={"location": there})

    assert set(_hosts_asked(answer, "tarball")) == {"https://api.github.com", "https://codeload.github.com"}
