"""Every route against answers of any kind: typed errors only, and the token for no other host than it is meant for."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchlab.errors import BatchLabError
from batchlab.git_objects import blob_sha
from batchlab.routes import ROUTES, WantedFile

Wanted = Callable[..., WantedFile]
SLOWER = settings(suppress_health_check=[HealthCheck.too_slow])
CONTENTS = {"go.mod": b"module acme\n", "src/a.py": "é = 1\n".encode()}
LOCATIONS = [
    "https://codeload.github.com/acme/app/legacy.tar.gz/refs/heads/main",
    "https://api.github.com/repositories/7/tarball/HEAD",
    "https://api.github.com/graphql",
    "https://raw.githubusercontent.com/acme/app/HEAD/go.mod",
    "https://evil.example/x",
    "//evil.example/x",
    "@evil.example/x",
    ".evil.example/x",
    "/repositories/7/contents/go.mod",
    "http://api.github.com/x",
    "https://codeload.github.com@evil.example/x",
    "",
]
STATUSES = st.sampled_from(
    [200, 200, 200, 204, 206, 301, 302, 304, 307, 401, 403, 404, 409, 422, 429, 451, 500, 502, 504]
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "location": st.sampled_from(LOCATIONS) | st.text(st.characters(max_codepoint=255), max_size=20),
        "content-type": st.sampled_from(["application/json", "text/html", "application/x-gzip"]),
        "content-encoding": st.sampled_from(["gzip", "deflate", "identity", "rot13"]),
        "content-length": st.sampled_from(["0", "7", "-1", "x"]),
        "retry-after": st.text(st.characters(max_codepoint=255), max_size=5) | st.sampled_from(["0", "1e99", "nan"]),
        "x-ratelimit-remaining": st.sampled_from(["0", "5", "x"]),
        "x-ratelimit-reset": st.sampled_from(["0", "inf", "x", "9" * 400]),
    },
)
GOOD = json.dumps({"data": {"r0": {f"f{n}": {"text": c.decode()} for n, c in enumerate(CONTENTS.values())}}}).encode()


@pytest.fixture(scope="module")
def bodies(targz: Any) -> st.SearchStrategy[bytes]:
    """Anything, and good answers cut short or damaged in one place."""
    archive = targz(CONTENTS.items())
    good = st.sampled_from([GOOD, archive, gzip.compress(GOOD), CONTENTS["go.mod"]])
    cut = good.flatmap(lambda body: st.integers(0, len(body)).map(lambda end: body[:end]))
    damaged = st.builds(_damaged, good, st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
    return st.binary(max_size=300) | good | cut | damaged


def _damaged(body: bytes, place: int, by: bytes) -> bytes:
    place %= len(body)
    return body[:place] + by + body[place + len(by) :]


def _response(status: int, headers: dict[str, str], body: bytes) -> httpx.Response:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return httpx.Response(status, headers=encoded, stream=httpx.ByteStream(body))


@SLOWER
@pytest.mark.parametrize("route", ROUTES)
@given(data=st.data())
def test_any_answer_gives_the_files_or_typed_errors(
    route: str, data: st.DataObject, fetch: Any, wanted: Wanted, bodies: Any
) -> None:
    files = [wanted(path, content) for path, content in CONTENTS.items()]
    answers = data.draw(st.lists(st.builds(_response, STATUSES, HEADERS, bodies), min_size=1, max_size=3))
    number = iter(range(1000))
    try:
        outcomes = fetch(route, files, lambda _: answers[next(number) % len(answers)])
    except BatchLabError:
        return
    assert len(outcomes) == len(files)
    for file, outcome in zip(files, outcomes, strict=True):
        assert isinstance(outcome, (bytes, BatchLabError))
        if route == "graphql" and isinstance(outcome, bytes):
            assert blob_sha(outcome) == file.sha


@SLOWER
@pytest.mark.parametrize("route", ROUTES)
@given(
    chain=st.lists(
        st.tuples(st.sampled_from([301, 302, 303, 307, 308]), st.sampled_from(LOCATIONS)), min_size=1, max_size=6
    ),
    final=st.sampled_from([200, 302, 404]),
)
def test_the_token_never_leaves_for_another_host(
    route: str, chain: Any, final: int, fetch: Any, wanted: Wanted
) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if len(sent) > len(chain):
            return httpx.Response(final, content=b"x")
        status, location = chain[len(sent) - 1]
        return httpx.Response(status, headers={"location": location})

    with suppress(BatchLabError):
        fetch(route, [wanted("go.mod", b"x")], answer, sent=sent)
    archive_host = {"codeload.github.com"} if route == "tarball" else set()
    for request in sent:
        assert request.url.scheme == "https"
        if "authorization" in request.headers:
            assert request.url.host in {"api.github.com"} | archive_host
        assert request.url.host in {"api.github.com", "raw.githubusercontent.com"} | archive_host
    if route == "raw":
        assert all("authorization" not in request.headers for request in sent)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("path", ["\ud800", "\x00", "../../x", "x" * 70_000, "%2e%2e/x?y#z"])
def test_a_path_that_no_file_has_gives_typed_errors_only(route: str, path: str, fetch: Any, wanted: Wanted) -> None:
    with suppress(BatchLabError):
        outcomes = fetch(route, [wanted(path, b"x")], lambda _: httpx.Response(404, json={"message": "Not Found"}))
        assert all(isinstance(outcome, BatchLabError) for outcome in outcomes)
