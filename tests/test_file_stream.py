"""A large file in even chunks, from the embedded GitHub in virtual time and from recorded shapes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.errors import FileError, InputError, IntegrityError, NetworkError
from batchlab.file_stream import EvenChunks, expected_blob
from batchlab.git_objects import blob_sha
from batchlab.hub.scenario import Faults, Latency, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.twin import run_virtual

LARGE = b"".join(b"line %d\n" % n for n in range(300_000))


@given(pieces=st.lists(st.binary(max_size=50), max_size=20), size=st.integers(1, 60))
def test_chunks_are_even_but_the_last_and_lose_nothing(pieces: list[bytes], size: int) -> None:
    chunks = EvenChunks(size)
    cut = [chunk for piece in pieces for chunk in chunks.cut(piece)] + chunks.rest()
    assert b"".join(cut) == b"".join(pieces)
    assert all(len(chunk) == size for chunk in cut[:-1])
    assert all(0 < len(chunk) <= size for chunk in cut)


@pytest.mark.parametrize(
    "headers",
    [
        {"etag": '"' + "a" * 64 + '"', "content-length": "6"},
        {"etag": '"' + "a" * 40 + '"'},
        {"content-length": "6"},
        {"etag": '"' + "a" * 40 + '"', "content-length": "6", "content-encoding": "gzip"},
    ],
)
def test_without_sha_or_length_nothing_is_expected(headers: dict[str, str]) -> None:
    assert expected_blob(headers) is None


def stream(
    scenario: Scenario, chunk_size: int = 8192, path: str = "large.json", seed: int = 0
) -> tuple[list[bytes], int]:
    hub = SimHub(World.build({"acme/app": {"large.json": LARGE}}), scenario)

    async def main() -> list[bytes]:
        async with AsyncGitHubClient(hub.token, hub.base_url, transport=hub.connect(seed)) as client:
            return [chunk async for chunk in client.stream_large_file_content("acme/app", path, chunk_size)]

    return run_virtual(main), hub.books.total_calls


@pytest.mark.parametrize("chunk_size", [1000, 8192, 10_000_000])
def test_a_file_comes_in_chunks_of_the_size_asked_for(chunk_size: int) -> None:
    chunks, calls = stream(Scenario("calm"), chunk_size)
    assert b"".join(chunks) == LARGE
    assert {len(chunk) for chunk in chunks[:-1]} <= {chunk_size}
    assert calls == 1


def test_what_fails_before_the_first_byte_is_tried_again() -> None:
    flaky = Scenario("flaky", latency=Latency(median=0.25), faults=Faults({"502": 0.5}))
    outcomes = [stream(flaky, seed=seed) for seed in range(6)]
    assert all(b"".join(chunks) == LARGE for chunks, _ in outcomes)
    assert max(calls for _, calls in outcomes) > 1


def test_a_file_that_is_absent_is_an_error_before_any_chunk() -> None:
    with pytest.raises(FileError, match="absent"):
        stream(Scenario("calm"), path="absent")


def test_a_chunk_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="chunk_size=0 is out of range"):
        stream(Scenario("calm"), 0)


class Endless(httpx.AsyncByteStream):
    """A body that counts the pieces it was asked for, and whether it was closed."""

    def __init__(self, pieces: int, *, broken: bool = False) -> None:
        self.pieces, self.broken = pieces, broken
        self.asked = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.pieces):
            self.asked += 1
            yield b"x" * 1000
        if self.broken:
            raise httpx.ReadError("connection reset")

    async def aclose(self) -> None:
        self.closed = True


def read(body: Endless, most: int = 10**9, **headers: str) -> int:
    """Return the bytes read from a server that answers with this body."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, stream=body))

    async def main() -> int:
        size = 0
        async with AsyncGitHubClient("", transport=transport) as client:
            chunks = client.stream_large_file_content("acme/app", "x", 500)
            async for chunk in chunks:
                size += len(chunk)
                if size >= most:
                    break
            await chunks.aclose()
        return size

    return asyncio.run(main())


def test_the_file_is_never_held() -> None:
    body = Endless(1_000_000)
    assert read(body, most=2000) == 2000
    assert body.asked == 2
    assert body.closed


def test_bytes_that_are_not_those_of_the_announced_sha_are_an_error_at_the_end() -> None:
    whole = b"x" * 3000
    headers: dict[str, Any] = {"etag": f'W/"{blob_sha(whole)}"', "content-length": "3000"}
    assert read(Endless(3), **headers) == 3000
    with pytest.raises(IntegrityError, match="acme/app: x came with other bytes"):
        read(Endless(3), **(headers | {"etag": f'"{blob_sha(b"other")}"'}))


def test_a_connection_that_breaks_in_the_middle_is_an_error_of_the_network() -> None:
    body = Endless(3, broken=True)
    with pytest.raises(NetworkError, match="ReadError"):
        read(body)
    assert body.closed
