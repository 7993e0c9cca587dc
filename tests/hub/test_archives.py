from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchlab.git_objects import blob_sha
from batchlab.hub.archives import ArchiveHost
from batchlab.hub.messages import HubRequest
from batchlab.hub.scenario import Archives, Limits, Scenario, Throttle
from batchlab.hub.service import EmbeddedGitHub
from batchlab.hub.tarball import archive
from batchlab.hub.world import World

Get = Callable[..., Any]
_PATH = "/acme/app/legacy.tar.gz/refs/heads/main"


def _opened(packed: bytes) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(packed))


@pytest.mark.parametrize(
    ("ref", "leads_to"),
    [("", "refs/heads/main"), ("/main", "refs/heads/main"), ("/HEAD", "HEAD"), ("/refs/heads/main", "refs/heads/main")],
)
def test_the_api_leads_to_the_archive_host(get: Get, ref: str, leads_to: str) -> None:
    response = get(f"/repos/acme/app/tarball{ref}")
    assert (response.status, response.body) == (302, b"")
    assert response.headers["location"] == f"https://codeload.github.com/acme/app/legacy.tar.gz/{leads_to}"
    assert get(f"/acme/app/legacy.tar.gz/{leads_to}", host="codeload").status == 200


def test_a_commit_leads_to_its_own_archive(get: Get, world: World) -> None:
    app = world.get("acme/app")
    assert app is not None
    commit = app.commit("HEAD")
    assert get(f"/repos/acme/app/tarball/{commit}").headers["location"].endswith(f"/legacy.tar.gz/{commit}")


def test_an_unknown_ref_is_404_and_an_empty_repository_only_at_the_archive_host(get: Get) -> None:
    assert get("/repos/acme/app/tarball/none").status == 404
    assert get("/repos/acme/empty/tarball").status == 302
    refused = get("/acme/empty/legacy.tar.gz/refs/heads/main", host="codeload")
    assert (refused.status, refused.body) == (404, b"404: Not Found")


def test_an_archive_holds_every_file_that_the_world_holds_under_one_folder(get: Get, world: World) -> None:
    app = world.get("acme/app")
    assert app is not None
    commit, snapshot = app.commit("HEAD"), app.snapshot("HEAD")
    assert commit is not None
    assert snapshot is not None
    with _opened(get(_PATH, host="codeload").body) as packed:
        top = f"acme-app-{commit[:7]}"
        assert packed.getnames()[0] == top
        assert packed.pax_headers["comment"] == commit
        members = {member.name.removeprefix(top).lstrip("/"): member for member in packed}
        for entry in snapshot.entries:
            if entry.path in ("absent.bin", "huge.bin"):
                assert entry.path not in members
                continue
            member = members[entry.path]
            if entry.mode == "120000":
                assert blob_sha(member.linkname.encode()) == entry.sha
            elif entry.type == "blob":
                content = packed.extractfile(member)
                assert content is not None
                assert blob_sha(content.read()) == entry.sha
            else:
                assert member.isdir()
        assert (members["run.sh"].mode, members["README.md"].mode) == (0o775, 0o664)


def test_git_and_gzip_read_an_archive(get: Get, tmp_path: Path, world: World) -> None:
    file = tmp_path / "archive.tar.gz"
    file.write_bytes(get(_PATH, host="codeload").body)
    unpacked = subprocess.run(["gzip", "-dc", file], check=True, capture_output=True).stdout
    told = subprocess.run(["git", "get-tar-commit-id"], input=unpacked, check=True, capture_output=True).stdout
    app = world.get("acme/app")
    assert app is not None
    assert told.decode().strip() == app.commit("HEAD")


def test_the_same_world_makes_the_same_bytes(world: World) -> None:
    app = world.get("acme/app")
    assert app is not None
    commit = app.commit("HEAD")
    assert commit is not None
    assert archive(app, commit, "x") == archive(app, commit, "x")


def test_long_and_foreign_names_survive() -> None:
    path = "d/" * 80 + "é" * 60 + ".txt"
    world = World.build({"acme/app": {path: b"1"}})
    answer = ArchiveHost(world).answer(HubRequest("GET", _PATH), True, 0.25)
    with _opened(answer.body) as packed:
        assert packed.getnames()[-1].partition("/")[2] == path


def test_the_wire_is_charged_for_files_that_are_not_held(get: Get, world: World) -> None:
    app = world.get("acme/app")
    assert app is not None
    snapshot = app.snapshot("HEAD")
    assert snapshot is not None
    size = sum(entry.size or 0 for entry in snapshot.entries)
    answer = ArchiveHost(world).answer(HubRequest("GET", _PATH), True, 0.25)
    assert answer.wire == size // 4 > len(answer.body)


@pytest.mark.parametrize(("name", "status"), [("private", 200), ("hidden", 404), ("sso", 404), ("blocked", 404)])
def test_only_what_the_caller_may_read_is_archived(get: Get, name: str, status: int) -> None:
    path = f"/acme/{name}/tar.gz/main"
    assert get(path, host="codeload").status == status
    assert get(path, host="codeload", authorization=None).status == 404
    assert get(path, host="codeload", authorization="Bearer wrong").status == 404


def test_the_archive_host_is_outside_the_api_s_limits(world: World, asking: Callable[..., Get]) -> None:
    get = asking(EmbeddedGitHub(world, Scenario("test", limits=Limits(core=1, in_flight=1, points_per_minute=1))))
    for _ in range(3):
        response = get(_PATH, host="codeload")
        assert response.status == 200
        assert not [name for name in response.headers if name.startswith("x-ratelimit")]


@pytest.mark.parametrize("points", [0, 1])
def test_the_redirect_spends_as_the_scenario_says(world: World, asking: Callable[..., Get], points: int) -> None:
    archives = Archives(redirect_points=points)
    github = EmbeddedGitHub(world, Scenario("test", limits=Limits(core=10), archives=archives))
    response = asking(github)("/repos/acme/app/tarball")
    assert (response.headers["x-ratelimit-used"], github.books.core_spent) == (str(points), points)


def test_archives_can_be_switched_off_and_throttled(world: World, asking: Callable[..., Get]) -> None:
    off = asking(EmbeddedGitHub(world, Scenario("test", archives=Archives(enabled=False))))
    assert [off("/repos/acme/app/tarball").status, off(_PATH, host="codeload").status] == [404, 404]
    throttle = Throttle(requests=2, span=60.0, lockout=100.0)
    github = EmbeddedGitHub(world, Scenario("test", archives=Archives(throttle=throttle)))
    statuses = [asking(github, now=now)(_PATH, host="codeload").status for now in (0.0, 1.0, 2.0, 90.0, 103.0)]
    assert statuses == [200, 200, 429, 429, 200]
    assert github.books.refused == {"archives_throttle": 2}


def test_archives_are_kept_within_their_memory(world: World) -> None:
    host = ArchiveHost(world, kept_bytes=1)
    first = host.answer(HubRequest("GET", _PATH), True, 0.25)
    assert host.answer(HubRequest("GET", _PATH), True, 0.25).body == first.body
