"""Our client reads what GitHub answered when it was recorded."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.errors import GitHubError
from batchlab.github_api import ApiRequest, Reply

T = TypeVar("T")
_TOKEN = "0" * 39 + "1"
_ORGANISATION = "octokit-fixture-org"


class Replay:
    """Answers as recorded, and keeps what was asked."""

    def __init__(self, exchanges: list[Any]) -> None:
        self._exchanges = {(one["method"], one["scope"], one["path"]): one for one in exchanges}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        scope = f"{request.url.scheme}://{request.url.host}:443"
        recorded = self._exchanges[request.method.lower(), scope, request.url.path]
        headers = {name: str(value) for name, value in recorded["headers"].items() if name != "content-length"}
        return httpx.Response(recorded["status"], headers=headers, content=_body(recorded))


def _body(recorded: Any) -> bytes:
    response = recorded["response"]
    if recorded["responseIsBinary"]:
        return bytes.fromhex(response)
    return response.encode() if isinstance(response, str) else httpx.Response(200, json=response).content


def _use(replay: Replay, use: Callable[[AsyncGitHubClient], Awaitable[T]]) -> T:
    async def main() -> T:
        async with AsyncGitHubClient(_TOKEN, transport=httpx.MockTransport(replay)) as client:
            return await use(client)

    return asyncio.run(main())


def test_a_recorded_file_is_read_byte_for_byte(recorded: Any) -> None:
    replay = Replay(recorded["get-content"])
    content = _use(replay, lambda client: client.get_file_content(f"{_ORGANISATION}/hello-world", "README.md"))
    (listed,) = recorded["get-content"][0]["response"]
    assert content.content == b"# hello-world"
    assert (content.sha, content.size) == (listed["sha"], listed["size"])


def test_a_recorded_repository_is_read(recorded: Any) -> None:
    replay = Replay(recorded["get-repository"])
    found = _use(replay, lambda client: client.get_repository(f"{_ORGANISATION}/hello-world"))
    (answer,) = recorded["get-repository"]
    told = answer["response"]
    assert (found.full_name, found.default_branch) == (told["full_name"], told["default_branch"])
    assert found.archived is told["archived"] is False


def test_a_recorded_rename_leads_to_the_repository_under_its_new_name(recorded: Any) -> None:
    replay = Replay(recorded["rename-repository"])
    found = _use(replay, lambda client: client.get_repository(f"{_ORGANISATION}/rename-repository"))
    assert found.full_name == f"{_ORGANISATION}/rename-repository-newname"
    assert [request.url.path for request in replay.asked][-1] == "/repositories/1000"


def test_a_recorded_archive_is_followed_to_its_host_and_unpacked(recorded: Any) -> None:
    replay = Replay(recorded["get-archive"])
    path = f"/repos/{_ORGANISATION}/get-archive/tarball/main"
    request = ApiRequest("tarball", path, f"{_ORGANISATION}/get-archive")
    reply: Reply = _use(replay, lambda client: client.call(request))
    with tarfile.open(fileobj=io.BytesIO(reply.body)) as archive:
        assert [name.partition("/")[2] for name in archive.getnames()] == ["", "README.md"]
    assert [request.url.host for request in replay.asked] == ["api.github.com", "codeload.github.com"]


def test_a_recorded_refusal_raises_its_words(recorded: Any) -> None:
    (refused,) = recorded["errors"]
    replay = Replay([refused | {"method": "get", "path": "/repos/octokit-fixture-org/errors"}])
    with pytest.raises(GitHubError, match="Validation Failed"):
        _use(replay, lambda client: client.get_repository(f"{_ORGANISATION}/errors"))


def test_a_recorded_organisation_has_the_fields_of_the_embedded_one(recorded: Any, served: Any) -> None:
    (answer,) = recorded["get-organization"]
    with httpx.Client(headers={"authorization": f"Bearer {served.token}"}) as client:
        ours = client.get(f"{served.base_url}/orgs/acme-labs").json()
    assert ours.keys() & answer["response"].keys() >= {"login", "id", "node_id", "url", "repos_url", "type"}
    assert urlsplit(ours["repos_url"]).path == "/orgs/acme-labs/repos"
