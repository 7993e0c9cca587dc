"""GitHub's own descriptions of its API, and the sample world behind a socket for other people's clients."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_client_schema

from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.sample_world import sample_world
from batchlab.hub.scenario import Archives, GraphQL, Latency, Scenario
from batchlab.hub.snapshot import TreeEntry
from batchlab.hub.world import World

_FOLDER = Path(__file__).parent / "vendored"


def _load(name: str) -> Any:
    return json.loads(gzip.decompress((_FOLDER / f"{name}.json.gz").read_bytes()))


@pytest.fixture(scope="session")
def openapi() -> Any:
    """Schemas of answers by path and status, from GitHub's OpenAPI description."""
    return _load("openapi")


@pytest.fixture(scope="session")
def github_schema() -> GraphQLSchema:
    """GitHub's published GraphQL schema."""
    return build_client_schema(_load("graphql"), assume_valid=True)


@pytest.fixture(scope="session")
def recorded() -> Any:
    """GitHub's recorded exchanges, by scenario."""
    return _load("fixtures")


@pytest.fixture(scope="session")
def sample() -> World:
    """The sample world."""
    return sample_world()


@pytest.fixture(scope="session")
def entries_of(sample: World) -> Callable[[str], Sequence[TreeEntry]]:
    """List all that a repository of the sample world has on its default branch."""

    def entries(name: str) -> Sequence[TreeEntry]:
        repository = sample.get(name)
        snapshot = repository.snapshot("HEAD") if repository else None
        return snapshot.entries if snapshot else ()

    return entries


@pytest.fixture(scope="session")
def served() -> Iterator[LoopbackHub]:
    """The sample world behind a socket, without limits or latency."""
    at_once = Latency(median=0.0)
    graphql = GraphQL(base=0.0, per_repository=0.0, per_object=0.0, per_megabyte=0.0)
    scenario = Scenario("no-waits", latency=at_once, graphql=graphql, archives=Archives(latency=at_once))
    with LoopbackHub.sample(scenario) as hub:
        yield hub
