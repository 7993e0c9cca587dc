"""Whole runs over a network that garbles answers: every file is one row, and no row has a wrong byte."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchlab.git_objects import blob_sha
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World

FILES = {f"town/house-{house}": {f"{n}.py": b"n = %d%d\n" % (house, n) for n in range(45)} for house in range(3)}
WORLD = World.build(FILES, "town")

Garble = Callable[[int, list[tuple[str, str]], bytes], tuple[int, list[tuple[str, str]], bytes]]


def _cut(share: float) -> Garble:
    return lambda status, headers, body: (status, headers, body[: int(share * len(body))])


def _damage(share: float, by: bytes) -> Garble:
    def garble(status: int, headers: list[tuple[str, str]], body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        place = int(share * len(body))
        return status, headers, body[:place] + by + body[place + len(by) :]

    return garble


def _status(status: int) -> Garble:
    return lambda _, headers, body: (status, headers, body)


def _header(name: str, value: str) -> Garble:
    return lambda status, headers, body: (status, [*headers, (name, value)], body)


SHARES = st.floats(0, 1, exclude_max=True)
GARBLES = st.one_of(
    st.builds(_cut, SHARES),
    st.builds(_damage, SHARES, st.binary(min_size=1, max_size=4)),
    st.builds(_status, st.sampled_from([204, 302, 304, 404, 409, 422, 451, 500, 502, 504])),
    st.builds(_header, st.just("location"), st.sampled_from(["https://evil.example/", "/x", ""])),
    st.builds(_header, st.just("content-encoding"), st.sampled_from(["gzip", "deflate"])),
)


class _GarblingTransport(httpx.AsyncBaseTransport):
    """Does to the answers, one after another and over again, what a list of garbles says."""

    def __init__(self, transport: httpx.AsyncBaseTransport, garbles: Sequence[Garble | None]) -> None:
        self._transport, self._garbles, self._served = transport, garbles, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        garble = self._garbles[self._served % len(self._garbles)]
        self._served += 1
        if garble is None:
            return response
        body = await response.aread()
        await response.aclose()
        kept = [(name, value) for name, value in response.headers.items() if name != "content-length"]
        status, headers, body = garble(response.status_code, kept, body)
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


class _GarblingHub(SimHub):
    garbles: Sequence[Garble | None] = (None,)

    def connect(self, seed: int | None = None) -> Any:
        return _GarblingTransport(super().connect(seed), self.garbles)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(
    garbles=st.lists(st.none() | GARBLES, min_size=1, max_size=7),
    routes=st.lists(st.sampled_from(["blobs", "contents", "graphql", "tarball", "raw"]), min_size=1, unique=True),
    strategy=st.sampled_from(["adaptive", "aggressive", "parallel"]),
)
def test_no_garbling_loses_a_file_or_delivers_a_wrong_byte(
    garbles: list[Garble | None], routes: list[str], strategy: str, read: Callable[..., Any]
) -> None:
    hub = _GarblingHub(WORLD, "no-limits")
    hub.garbles = garbles
    reading = read(hub, strategy=strategy, routes=routes, allow_raw="raw" in routes, retry_delay_base=0.1)
    rows = {repo: reading.results[reading.results.repo == repo] for repo in FILES}
    for repo, files in FILES.items():
        whole = rows[repo].path.isna()
        assert len(rows[repo]) == (1 if whole.any() else len(files))
    for row in reading.delivered.itertuples():
        assert row.content == FILES[row.repo][row.path]
        assert blob_sha(row.content) == row.sha
    assert reading.leaked == ()
