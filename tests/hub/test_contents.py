from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from batchlab.git_objects import blob_sha
from batchlab.hub.scenario import Scenario
from batchlab.hub.service import EmbeddedGitHub
from batchlab.hub.world import World

Get = Callable[..., Any]
Asking = Callable[[EmbeddedGitHub], Get]
PINNED = "1" * 40


def test_a_file_comes_inline_with_its_sha(get: Get) -> None:
    told = get("/repos/acme/app/contents/README.md").json()
    assert (told["type"], told["path"], told["encoding"]) == ("file", "README.md", "base64")
    assert base64.b64decode(told["content"]) == b"# app\n"
    assert told["sha"] == blob_sha(b"# app\n")


def test_a_path_with_characters_that_need_encoding_is_found(get: Get) -> None:
    told = get("/repos/acme/app/contents/src/a%20b%23c/package.json").json()
    assert told["path"] == "src/a b#c/package.json"
    assert "a%20b%23c" in told["url"]


def test_the_raw_media_type_gives_the_bytes(get: Get) -> None:
    response = get("/repos/acme/app/contents/README.md", accept="application/vnd.github.v3.raw")
    assert response.body == b"# app\n"
    assert response.headers["content-type"] == "application/vnd.github.v3.raw; charset=utf-8"
    assert response.headers["x-github-media-type"] == "github.v3; param=raw"


def test_a_file_over_1_mb_is_inline_only_as_raw(get: Get) -> None:
    told = get("/repos/acme/app/contents/big.lock").json()
    assert (told["content"], told["encoding"], told["size"]) == ("", "none", 1024 * 1024 + 1)
    raw = get("/repos/acme/app/contents/big.lock", accept="application/vnd.github.raw+json")
    assert raw.body == b"x" * (1024 * 1024 + 1)


@pytest.mark.parametrize("path", ["", "/", "/src"])
def test_a_directory_is_a_list_without_contents(get: Get, path: str) -> None:
    items = get(f"/repos/acme/app/contents{path}").json()
    assert isinstance(items, list)
    assert all("content" not in item for item in items)


def test_the_object_media_type_wraps_a_directory(get: Get) -> None:
    told = get("/repos/acme/app/contents/src", accept="application/vnd.github.object+json").json()
    assert (told["type"], {entry["name"] for entry in told["entries"]}) == ("dir", {"deep", "a b#c", "up"})


def test_a_directory_is_cut_silently_at_1000_entries(asking: Asking) -> None:
    world = World.build({"acme/wide": {f"{n}.json": b"{}" for n in range(1001)}})
    assert len(asking(EmbeddedGitHub(world, Scenario("plain")))("/repos/acme/wide/contents").json()) == 1000


def test_submodules_are_listed_as_files_before_version_2026_03_10(get: Get) -> None:
    def kind(**headers: str) -> str:
        items = get("/repos/acme/app/contents", **headers).json()
        return next(str(item["type"]) for item in items if item["name"] == "lib")

    assert kind() == "file"
    assert kind(x_github_api_version="2026-03-10") == "submodule"


def test_a_submodule_tells_its_commit_and_address(get: Get) -> None:
    told = get("/repos/acme/app/contents/lib").json()
    assert (told["type"], told["sha"]) == ("submodule", PINNED)
    assert told["submodule_git_url"] == "https://example.org/lib.git"


@pytest.mark.parametrize("path", ["link", "src/up"])
def test_a_symlink_to_a_file_gives_the_file(get: Get, path: str) -> None:
    told = get(f"/repos/acme/app/contents/{path}").json()
    assert (told["type"], told["path"], base64.b64decode(told["content"])) == ("file", path, b"# app\n")


@pytest.mark.parametrize(("path", "target"), [("outside", "/etc/hosts"), ("to-folder", "src")])
def test_any_other_symlink_tells_its_target(get: Get, path: str, target: str) -> None:
    told = get(f"/repos/acme/app/contents/{path}").json()
    assert (told["type"], told["target"]) == ("symlink", target)


@pytest.mark.parametrize("path", ["none", "README.md/", "README.md/x"])
def test_a_missing_path_is_not_found(get: Get, path: str) -> None:
    response = get(f"/repos/acme/app/contents/{path}")
    assert (response.status, response.json()["message"]) == (404, "Not Found")


def test_an_unknown_ref_is_named(get: Get) -> None:
    response = get("/repos/acme/app/contents/README.md?ref=v9")
    assert (response.status, response.json()["message"]) == (404, "No commit found for the ref v9")


def test_the_etag_is_the_git_sha_for_any_token(get: Get) -> None:
    with_token = get("/repos/acme/app/contents/README.md")
    without = get("/repos/acme/app/contents/README.md", authorization=None)
    assert with_token.headers["etag"] == without.headers["etag"] == f'"{blob_sha(b"# app" + bytes([10]))}"'
