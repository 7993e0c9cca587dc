"""A small world and a way to ask it things, for every test of the embedded GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from batchlab.git_objects import blob_sha
from batchlab.hub.addresses import Host
from batchlab.hub.blobs import MemoryBlobs
from batchlab.hub.messages import HubRequest, HubResponse
from batchlab.hub.scenario import Scenario
from batchlab.hub.service import DEFAULT_TOKEN, EmbeddedGitHub
from batchlab.hub.snapshot import EXECUTABLE, SUBMODULE, SYMLINK, Snapshot, TreeEntry, leaf
from batchlab.hub.world import World, WorldRepository

EPOCH = 1_800_000_000.0
PINNED = "1" * 40


class Reply(HubResponse):
    """A response with its JSON at hand."""

    def json(self) -> Any:
        return json.loads(self.body)


Get = Callable[..., Reply]

_FILES = {
    "README.md": b"# app\n",
    "src/deep/er/go.mod": b"module acme\n" * 40,
    "src/a b#c/package.json": b"{}",
    "big.lock": b"x" * (1024 * 1024 + 1),
    ".gitmodules": b'[submodule "lib"]\n\tpath = lib\n\turl = https://example.org/lib.git\n',
}
_LINKS = {"link": b"README.md", "src/up": b"../README.md", "outside": b"/etc/hosts", "to-folder": b"src"}


def _odd_repository() -> WorldRepository:
    contents = _FILES | _LINKS | {"run.sh": b"#!/bin/sh\n"}
    shas = {path: blob_sha(content) for path, content in contents.items()}
    modes = dict.fromkeys(_LINKS, SYMLINK) | {"run.sh": EXECUTABLE}
    leaves = [leaf(path, shas[path], len(text), modes.get(path, "100644")) for path, text in contents.items()]
    leaves += [TreeEntry("lib", SUBMODULE, "commit", PINNED), leaf("absent.bin", "a" * 40, 10)]
    leaves.append(leaf("huge.bin", "b" * 40, 101 * 1024 * 1024))
    blobs = MemoryBlobs({shas[path]: content for path, content in contents.items()})
    return WorldRepository.of("acme/app", Snapshot.of(leaves), blobs)


@pytest.fixture(scope="session")
def world() -> World:
    """Repositories in every state that GitHub knows."""
    plain = World.build({"acme/other": {"go.mod": b"module other"}, "acme/empty": {}})
    app = _odd_repository()
    state: Any = {"snapshots": app.snapshots, "refs": app.refs, "blobs": app.blobs}
    special = [
        WorldRepository("acme/private", visibility="private", **state),
        WorldRepository("acme/sso", visibility="sso", **state),
        WorldRepository("acme/hidden", visibility="hidden", **state),
        WorldRepository("acme/blocked", blocked=True, **state),
        WorldRepository("acme/new-name", former_names=("acme/old-name",), archived=True, fork=True, **state),
    ]
    return World([app, *plain, *special], "odd")


@pytest.fixture
def get(world: World) -> Get:
    """Ask a fresh server without limits; keyword arguments are headers, ``None`` leaves one out."""
    return _asking(EmbeddedGitHub(world, Scenario("plain")))


@pytest.fixture
def asking() -> Callable[..., Get]:
    """Ask any server, at an instant in seconds."""
    return _asking


def _asking(github: EmbeddedGitHub, now: float = 0.0) -> Get:
    def get(target: str, method: str = "GET", *, host: Host = "api", body: bytes = b"", **headers: str | None) -> Reply:
        sent: dict[str, str | None] = {
            "authorization": f"Bearer {DEFAULT_TOKEN}",
            "user-agent": "test",
            "accept": "*/*",
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        given = {name: value for name, value in sent.items() if value is not None}
        path, _, query = target.partition("?")
        exchange = github.arrive(HubRequest(method, path, query, given, body, host), now, EPOCH + now)
        for _ in github.carry(exchange, now):
            pass
        github.depart(exchange, now)
        response = exchange.response
        return Reply(response.status, response.headers, response.body)

    return get
