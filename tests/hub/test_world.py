from __future__ import annotations

import pytest

from batchlab.errors import InputError
from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import AbsentBlobError, LazyBlobs
from batchlab.hub.world import World, WorldRepository


def test_names_are_found_whatever_the_case(world: World) -> None:
    found = world.get("ACME/App")
    assert found is not None
    assert found.full_name == "acme/app"
    assert world.by_id(found.id) is found


def test_a_branch_head_and_the_commit_mean_the_same_snapshot(world: World) -> None:
    repository = world.get("acme/app")
    assert repository is not None
    commit = repository.commit("HEAD")
    assert commit is not None
    refs = ("main", "HEAD", commit, "refs/heads/main", "heads/main")
    assert {repository.snapshot(ref) for ref in refs} == {repository.snapshot("main")}
    assert repository.commit("nowhere") is None


def test_a_blob_belongs_to_the_repositories_that_list_it(world: World) -> None:
    sha = blob_sha(b"module other")
    holds = [repository.full_name for repository in world if repository.has_blob(sha)]
    assert holds == ["acme/other"]


def test_a_declared_absent_blob_is_an_error_when_read(world: World) -> None:
    repository = world.get("acme/app")
    assert repository is not None
    assert repository.has_blob("a" * 40)
    with pytest.raises(AbsentBlobError, match=r"a{40}"):
        repository.blobs.read("a" * 40)
    with pytest.raises(AbsentBlobError):
        LazyBlobs(lambda sha: None).read("a" * 40)


def test_a_repository_without_files_is_empty() -> None:
    repository = World.build({"acme/empty": {}}).get("acme/empty")
    assert repository is not None
    assert not repository.snapshots
    assert repository.snapshot("HEAD") is None


def test_hidden_repositories_are_not_offered_for_reading(world: World) -> None:
    offered = {repository.full_name for repository in world.repositories}
    assert "acme/hidden" not in offered
    assert {"acme/private", "acme/blocked", "acme/empty"} <= offered


def test_in_a_merged_world_the_right_one_counts() -> None:
    left = World.build({"acme/a": {"x": b"1"}, "acme/b": {"x": b"1"}})
    right = World.build({"acme/b": {"x": b"2"}})
    merged = left | right
    assert [repository.full_name for repository in merged] == ["acme/a", "acme/b"]
    assert merged.get("acme/b") == right.get("acme/b")


def test_a_subset_keeps_what_is_named_and_says_what_is_unknown(world: World) -> None:
    assert len(world.subset(["acme/app", "acme/other"])) == 2
    with pytest.raises(InputError, match=r"acme/none.*acme/app"):
        world.subset(["acme/none"])


def test_equal_files_make_equal_commits() -> None:
    commits = [World.build({name: {"x": b"1"}}).get(name) for name in ("acme/a", "acme/b")]
    assert len({one.commit("HEAD") for one in commits if one}) == 1


def test_the_repr_is_one_line(world: World) -> None:
    assert repr(world) == "<World odd: 8 repositories>"
    assert "\n" not in repr(WorldRepository("acme/a"))
