"""Routes over a client whose server is a function, and archives to serve."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpx
import pytest

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_models import Repository
from batchlab.errors import NetworkError
from batchlab.git_objects import blob_sha
from batchlab.github_api import ApiRequest, Reply, Sink
from batchlab.github_connection import MOST_REDIRECTS
from batchlab.routes import ROUTES, Outcome, Send, WantedFile

TOKEN = "ghp_" + "s3cret" * 6
Answer = Callable[[httpx.Request], httpx.Response]
Fetch = Callable[..., list[Outcome]]


@pytest.fixture(scope="session")
def fetch() -> Fetch:
    """Fetch files by a route from a server that is a function of the request; a list takes the requests sent."""
    return _fetch


def _fetch(
    route: str,
    files: Sequence[WantedFile],
    answer: Answer,
    *,
    token: str = TOKEN,
    base_url: str = "https://api.github.com",
    sent: list[httpx.Request] | None = None,
) -> list[Outcome]:
    def serve(request: httpx.Request) -> httpx.Response:
        if sent is not None:
            sent.append(request)
        return answer(request)

    async def main() -> list[Outcome]:
        async with AsyncGitHubClient(token, base_url, transport=httpx.MockTransport(serve)) as client:
            return await ROUTES[route].fetch(files, _sender(client))

    return asyncio.run(main())


@pytest.fixture(scope="session")
def sender() -> Callable[[AsyncGitHubClient], Send]:
    """Return what sends as the engine does: follows redirects, raises what an answer stands for."""
    return _sender


def _sender(client: AsyncGitHubClient) -> Send:
    async def send(request: ApiRequest, sink: Sink | None = None) -> Reply:
        for _ in range(MOST_REDIRECTS + 1):
            reply = await client.exchange(request, sink=sink)
            target = client.follow(request, reply)
            if target is None:
                error = client.error_of(request, reply)
                if error is not None:
                    raise error
                return reply
            request = target
        raise NetworkError("too many redirects")

    return send


@pytest.fixture(scope="session")
def wanted() -> Callable[..., WantedFile]:
    """Return a wanted file of a repository by its content."""

    def wanted(path: str, content: bytes, repo: str = "acme/app") -> WantedFile:
        return WantedFile(Repository(repo), path, blob_sha(content), len(content))

    return wanted


@pytest.fixture(scope="session")
def targz() -> Callable[..., bytes]:
    """Return an archive of ``(name, content)`` members, or of ``(TarInfo, content)``, below a folder as git has it."""

    def targz(members: Iterable[tuple[Any, bytes]], folder: str = "acme-app-1234567/", **options: Any) -> bytes:
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w:gz", compresslevel=options.pop("compresslevel", 6), **options) as tar:
            for name, content in members:
                info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(folder + name)
                info.size = info.size or len(content)
                tar.addfile(info, io.BytesIO(content))
        return held.getvalue()

    return targz


@pytest.fixture(scope="session")
def archive_server() -> Callable[[bytes], Answer]:
    """Return a server that redirects to an archive, which it serves in chunks."""

    def server(body: bytes) -> Answer:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.host == "codeload.github.com":
                return httpx.Response(200, stream=_Chunks(body))
            location = "https://codeload.github.com/acme/app/legacy.tar.gz/refs/heads/main"
            return httpx.Response(302, headers={"location": location})

        return answer

    return server


class _Chunks(httpx.AsyncByteStream):
    def __init__(self, body: bytes, size: int = 1000) -> None:
        self._body, self._size = body, size

    async def __aiter__(self) -> Any:
        for start in range(0, len(self._body), self._size):
            yield self._body[start : start + self._size]
