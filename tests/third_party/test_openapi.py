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
    """Yield a path of the description with an address for it, for every repository and kind of file."""
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
    of_a_mode = {entry.mode: entry for entry in snapshot.entries} if snapshot else {}
    for entry in of_a_mode.values():
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
    schema = answers[str(status)]
    if schema is None:
        return [] if not body else [f"{path} declares no body for {status}"]
    validator = OAS30Validator({**schema, "components": openapi["components"]})
    return [f"{path} {status} {list(fault.path)}: {fault.message[:200]}" for fault in validator.iter_errors(body)]


def test_every_body_fits_the_description(openapi: Any, github: EmbeddedGitHub, sample: World) -> None:
    faults: set[str] = set()
    statuses = set()
    for path, target in _reads(sample):
        response = _ask(github, target)
        statuses.add(response.status)
        if "recursive" in target:
            # A tree's entries are alike; 50 of them tell as much as 100,000.
            body = json.loads(response.body)
            body["tree"] = body.get("tree", [])[:50] if response.status == 200 else body.get("tree")
            body = {key: value for key, value in body.items() if value is not None}
        else:
            body = json.loads(response.body) if response.body else None
        faults.update(_faults(openapi, path, response.status, body))
    assert not faults
    assert statuses == {200, 301, 302, 404, 409, 422}


def test_the_description_rejects_what_is_wrong(openapi: Any) -> None:
    assert _faults(openapi, _TREE, 200, {"sha": "0" * 40, "tree": []})
    assert _faults(openapi, _BLOB, 200, {"sha": blob_sha(b"")})
    assert _faults(openapi, _BLOB, 418, {})
