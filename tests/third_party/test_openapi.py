"""What the embedded GitHub serves, held against GitHub's OpenAPI description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from batchlab.git_objects import blob_sha
from batchlab.hub.messages import HubRequest
from batchlab.hub.scenario import Limits, Scenario
from batchlab.hub.service import DEFAULT_TOKEN, EmbeddedGitHub
from batchlab.hub.world import World

_REPOSITORY = "/repos/{owner}/{repo}"
_TREE = _REPOSITORY + "/git/trees/{tree_sha}"
_BLOB = _REPOSITORY + "/git/blobs/{file_sha}"
_COMMIT = _REPOSITORY + "/commits/{ref}"
_CONTENTS = _REPOSITORY + "/contents/{path}"


@pytest.fixture(scope="module")
def github(sample: World) -> EmbeddedGitHub:
    return EmbeddedGitHub(sample, Scenario("limited", limits=Limits(core=100_000, graphql=5000)))


def _reads(world: World) -> Iterator[tuple[str, str]]:
    """Yield a path of the description with an address for it, for every repository and every file in it."""
    for repository in world:
        base = f"/repos/{repository.full_name}"
        yield _REPOSITORY, base
        yield _COMMIT, f"{base}/commits/HEAD"
        yield _TREE, f"{base}/git/trees/HEAD?recursive=1"
        yield _TREE, f"{base}/git/trees/{'0' * 40}"
        yield _BLOB, f"{base}/git/blobs/{'0' * 40}"
        yield _BLOB, f"{base}/git/blobs/short"
        yield _CONTENTS, f"{base}/contents/"
        yield _CONTENTS, f"{base}/contents/none"
        yield _REPOSITORY + "/tarball/{ref}", f"{base}/tarball/main"
        yield from _files(world, repository.full_name)
        for name in repository.former_names:
            yield _REPOSITORY, f"/repos/{name}"
    for owner in {repository.owner for repository in world}:
        yield "/orgs/{org}", f"/orgs/{owner}"
        yield "/orgs/{org}/repos", f"/orgs/{owner}/repos?per_page=100"
        yield "/users/{username}/repos", f"/users/{owner}/repos?per_page=3&page=2"
    yield "/rate_limit", "/rate_limit"


def _files(world: World, name: str) -> Iterator[tuple[str, str]]:
    repository = world.get(name)
    snapshot = repository.snapshot("HEAD") if repository else None
    for entry in snapshot.entries if snapshot else ():
        yield _CONTENTS, f"/repos/{name}/contents/{entry.path}"
        if entry.type == "blob":
            yield _BLOB, f"/repos/{name}/git/blobs/{entry.sha}"


def _ask(github: EmbeddedGitHub, target: str, **headers: str) -> Any:
    path, _, query = target.partition("?")
    sent = {"user-agent": "test", "accept": "application/vnd.github+json"}
    sent |= {"authorization": f"Bearer {DEFAULT_TOKEN}"} | headers
    exchange = github.arrive(HubRequest("GET", path, query, sent), 0.0, 1.8e9)
    github.depart(exchange, 0.0)
    return exchange.response


def _faults(openapi: Any, path: str, status: int, body: Any) -> list[str]:
    answers = openapi["answers"][path]
    if str(status) not in answers:
        return [f"{path} declares no {status}"]
    if answers[str(status)] is None:
        return [] if not body else [f"{path} declares no body for {status}"]
    faults = _validator(openapi, path, status).iter_errors(body)
    return [f"{path} {status} {list(fault.path)}: {fault.message[:200]}" for fault in faults]


_VALIDATORS: dict[tuple[str, int], Any] = {}


def _validator(openapi: Any, path: str, status: int) -> Any:
    if (path, status) not in _VALIDATORS:
        schema = {**openapi["answers"][path][str(status)], "components": openapi["components"]}
        _VALIDATORS[path, status] = OAS30Validator(schema)
    return _VALIDATORS[path, status]


@pytest.mark.long
def test_every_body_fits_the_description(openapi: Any, github: EmbeddedGitHub, sample: World) -> None:
    faults: set[str] = set()
    statuses = set()
    for path, target in _reads(sample):
        response = _ask(github, target)
        statuses.add(response.status)
        body = json.loads(response.body) if response.body else None
        faults.update(_faults(openapi, path, response.status, body))
    assert not faults
    assert statuses == {200, 301, 302, 404, 409, 422}


def test_the_description_rejects_what_is_wrong(openapi: Any) -> None:
    assert _faults(openapi, _TREE, 200, {"sha": "0" * 40, "tree": []})
    assert _faults(openapi, _BLOB, 200, {"sha": blob_sha(b"")})
    assert _faults(openapi, _BLOB, 418, {})
