from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from batchlab.git_objects import blob_sha
from batchlab.hub import git_database
from batchlab.hub.messages import HubRequest
from batchlab.hub.rest import RestApi
from batchlab.hub.world import World

Get = Callable[..., Any]


def test_a_repository_names_its_id_and_default_branch(get: Get, world: World) -> None:
    response = get("/repos/acme/app")
    assert response.status == 200
    told = response.json()
    assert (told["full_name"], told["default_branch"], told["private"]) == ("acme/app", "main", False)
    assert get(f"/repositories/{told['id']}").json() == told


@pytest.mark.parametrize("name", ["none", "hidden"])
def test_what_is_missing_and_what_is_hidden_look_the_same(get: Get, name: str) -> None:
    response = get(f"/repos/acme/{name}")
    assert (response.status, response.json()["message"], response.json()["status"]) == (404, "Not Found", "404")


def test_a_private_repository_is_seen_with_the_token_only(get: Get) -> None:
    assert get("/repos/acme/private").status == 200
    assert get("/repos/acme/private", authorization=None).status == 404


def test_a_renamed_repository_redirects_every_path_to_its_number(get: Get, world: World) -> None:
    renamed = world.get("acme/new-name")
    assert renamed is not None
    response = get("/repos/acme/old-name/git/trees/HEAD?recursive=1")
    address = f"https://api.github.com/repositories/{renamed.id}/git/trees/HEAD?recursive=1"
    assert (response.status, response.headers["location"], response.json()["url"]) == (301, address, address)
    assert get(address.removeprefix("https://api.github.com")).status == 200


def test_a_blocked_repository_answers_451_with_the_reason(get: Get) -> None:
    response = get("/repos/acme/blocked/git/trees/HEAD")
    assert response.status == 451
    assert response.json()["message"].startswith("Repository access blocked")
    assert response.json()["block"]["reason"] == "dmca"


def test_an_empty_repository_has_no_tree_and_no_contents(get: Get) -> None:
    tree, blob = get("/repos/acme/empty/git/trees/HEAD"), get(f"/repos/acme/empty/git/blobs/{'a' * 40}")
    assert [tree.status, blob.status, get("/repos/acme/empty/commits/HEAD").status] == [409] * 3
    assert tree.json()["message"] == "Git Repository is empty."
    contents = get("/repos/acme/empty/contents/x")
    assert (contents.status, contents.json()["message"]) == (404, "This repository is empty.")


def test_a_recursive_tree_lists_every_entry_with_its_full_path(get: Get, world: World) -> None:
    repository = world.get("acme/app")
    assert repository is not None
    snapshot = repository.snapshot("HEAD")
    assert snapshot is not None
    told = get("/repos/acme/app/git/trees/HEAD?recursive=1").json()
    assert [(row["path"], row["mode"], row["type"], row["sha"], row.get("size")) for row in told["tree"]] == [
        tuple(entry) for entry in snapshot.entries
    ]
    assert (told["sha"], told["truncated"]) == (snapshot.tree, False)
    assert [row["path"] for row in told["tree"] if "url" not in row] == ["lib"]


def test_branch_head_commit_and_tree_sha_name_the_same_tree(get: Get, world: World) -> None:
    repository = world.get("acme/app")
    assert repository is not None
    snapshot = repository.snapshot("HEAD")
    assert snapshot is not None
    refs = ["main", "HEAD", "heads%2Fmain", repository.commit("HEAD"), snapshot.tree]
    assert len({get(f"/repos/acme/app/git/trees/{ref}").body for ref in refs}) == 1


def test_a_subtree_is_listed_relative_to_itself(get: Get) -> None:
    top = get("/repos/acme/app/git/trees/HEAD").json()["tree"]
    assert "src/deep" not in [row["path"] for row in top]
    sha = next(row["sha"] for row in top if row["path"] == "src")
    below = get(f"/repos/acme/app/git/trees/{sha}?recursive=0").json()["tree"]
    assert "deep/er/go.mod" in [row["path"] for row in below]


@pytest.mark.parametrize("ref", ["nowhere", "c" * 40])
def test_an_unknown_tree_is_not_found(get: Get, ref: str) -> None:
    assert get(f"/repos/acme/app/git/trees/{ref}").status == 404


@pytest.mark.parametrize(("limit", "value"), [("LARGEST_TREE_ENTRIES", 5), ("LARGEST_TREE_BYTES", 900)])
def test_a_recursive_tree_over_github_s_bounds_is_cut_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(git_database, limit, value)
    answer = RestApi(world).answer(HubRequest("GET", "/repos/acme/app/git/trees/HEAD", "recursive=1"), True)
    told = json.loads(answer.body)
    assert told["truncated"] is True
    assert 0 < len(told["tree"]) <= 5


def test_a_blob_comes_in_base64_of_60_characters_a_line(get: Get) -> None:
    content = b"module acme\n" * 40
    told = get(f"/repos/acme/app/git/blobs/{blob_sha(content)}").json()
    assert base64.b64decode(told["content"]) == content
    assert (told["size"], told["encoding"], told["sha"]) == (len(content), "base64", blob_sha(content))
    assert {len(line) for line in told["content"].splitlines()[:-1]} == {60}
    assert told["content"].endswith("\n")


def test_a_raw_blob_is_the_bytes_themselves(get: Get) -> None:
    response = get(f"/repos/acme/app/git/blobs/{blob_sha(b'{}')}", accept="application/vnd.github.raw+json")
    assert response.body == b"{}"
    assert response.headers["x-github-media-type"] == "github.v3; param=raw; format=json"


def test_a_blob_of_another_repository_is_not_found(get: Get) -> None:
    sha = blob_sha(b"module other")
    assert get(f"/repos/acme/other/git/blobs/{sha}").status == 200
    assert get(f"/repos/acme/app/git/blobs/{sha}").status == 404


def test_an_abbreviated_sha_is_refused_in_words(get: Get) -> None:
    response = get("/repos/acme/app/git/blobs/abc123")
    assert response.status == 422
    assert "exactly 40 characters" in response.json()["message"]


def test_an_absent_blob_is_an_error_and_never_zeros(get: Get) -> None:
    for target in (f"/repos/acme/app/git/blobs/{'a' * 40}", "/repos/acme/app/contents/absent.bin"):
        response = get(target)
        assert response.status == 404
        assert "not part of this world" in response.json()["message"]


def test_a_file_over_100_mb_is_refused_by_both_endpoints(get: Get) -> None:
    for target in (f"/repos/acme/app/git/blobs/{'b' * 40}", "/repos/acme/app/contents/huge.bin"):
        response = get(target)
        assert (response.status, response.json()["errors"][0]["code"]) == (403, "too_large")


def test_the_commit_probe_is_a_bare_sha_with_itself_as_etag(get: Get, world: World) -> None:
    repository = world.get("acme/app")
    assert repository is not None
    response = get("/repos/acme/app/commits/HEAD", accept="application/vnd.github.sha")
    assert response.body.decode() == repository.commit("HEAD")
    assert response.headers["etag"] == f'"{response.body.decode()}"'
    assert get("/repos/acme/app/commits/main").json()["sha"] == response.body.decode()
    assert get("/repos/acme/app/commits/nowhere").status == 404


@pytest.mark.parametrize("target", ["/", "/nothing", "/repos/acme/app/pulls", "/repositories/x"])
def test_other_paths_are_not_found(get: Get, target: str) -> None:
    assert get(target).status == 404


def test_writing_is_not_found(get: Get) -> None:
    assert get("/repos/acme/app", method="POST").status == 404


def test_the_oldest_answers_go_when_memory_is_short(world: World) -> None:
    api = RestApi(world, kept_bytes=20_000)
    request = HubRequest("GET", "/repos/acme/app")
    first = api.answer(request, True)
    assert api.answer(request, True) is first
    for name in ("acme/other", "acme/new-name", "acme/private"):
        api.answer(HubRequest("GET", f"/repos/{name}"), True)
    assert api.answer(request, True) is not first
