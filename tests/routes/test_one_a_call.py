"""The routes that carry one file a call: what they ask, and what they cost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from batchlab.batch_models import Repository
from batchlab.errors import FileError
from batchlab.git_objects import blob_sha
from batchlab.github_api import ApiRequest, Reply
from batchlab.routes import ROUTES, Price, WantedFile

APP = Repository("acme/app@v1")
FILES = [WantedFile(APP, path, blob_sha(path.encode()), 3) for path in ("go.mod", "a b/c.txt")]
ONE_A_CALL = ["blobs", "contents"]


def fetched(route: str, answers: dict[str, bytes]) -> tuple[list[Any], list[ApiRequest]]:
    asked: list[ApiRequest] = []

    async def send(request: ApiRequest, sink: object = None) -> Reply:
        asked.append(request)
        if request.path not in answers:
            raise FileError(f"no such file ({request.path})")
        return Reply(200, {}, answers[request.path])

    return asyncio.run(ROUTES[route].fetch(FILES, send)), asked


def test_every_route_is_known_by_its_own_name() -> None:
    assert [route.name for route in ROUTES.values()] == list(ROUTES)


@pytest.mark.parametrize("route", ONE_A_CALL)
def test_a_file_a_call_costs_a_point_each(route: str) -> None:
    assert ROUTES[route].price(FILES) == Price(calls=2, points=2)
    assert (ROUTES[route].pool, ROUTES[route].most_files) == ("core", 1)


def test_blobs_are_asked_for_by_sha_whatever_their_path() -> None:
    addresses = [f"/repos/acme/app/git/blobs/{file.sha}" for file in FILES]
    bodies, asked = fetched("blobs", dict(zip(addresses, (b"one", b"two"), strict=True)))
    assert bodies == [b"one", b"two"]
    assert [request.path for request in asked] == addresses
    assert {request.accept for request in asked} == {"application/vnd.github.raw+json"}


def test_contents_are_asked_for_by_path_at_the_ref() -> None:
    addresses = ["/repos/acme/app/contents/go.mod?ref=v1", "/repos/acme/app/contents/a%20b/c.txt?ref=v1"]
    bodies, asked = fetched("contents", dict(zip(addresses, (b"one", b"two"), strict=True)))
    assert bodies == [b"one", b"two"]
    assert [(request.files, request.expected_bytes) for request in asked] == [(1, 3), (1, 3)]


@pytest.mark.parametrize("route", ONE_A_CALL)
def test_a_refusal_is_the_batchs_failure(route: str) -> None:
    with pytest.raises(FileError, match="no such file"):
        fetched(route, {})
