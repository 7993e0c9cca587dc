from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batchlab.errors import InputError
from batchlab.git_objects import blob_sha, tree_sha
from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.world import World


@pytest.fixture
def small(tmp_path: Path) -> Path:
    held, absent = blob_sha(b"{}"), blob_sha(b"unknown")
    root = tree_sha([("100644", "package.json", held), ("100644", "x.bin", absent)])
    (tmp_path / "repos.csv").write_text(
        f"full_name,default_branch,head_sha,root_tree_sha\nacme/app,main,{'c' * 40},{root}\nacme/empty,main,,\n"
    )
    rows = {
        "full_name": ["acme/app"] * 2,
        "path": ["package.json", "x.bin"],
        "mode": ["100644"] * 2,
        "type": ["blob"] * 2,
        "sha": [held, absent],
        "size": [2, None],
    }
    pq.write_table(pa.table(rows), tmp_path / "trees.parquet")
    pq.write_table(pa.table({"sha": [held], "content": [b"{}"]}), tmp_path / "files.parquet")
    return tmp_path


def test_files_are_held_and_other_blobs_are_declared_absent(small: Path) -> None:
    repository = World.from_corpus(small).get("acme/app")
    assert repository is not None
    snapshot = repository.snapshot("main")
    assert snapshot is not None
    assert repository.commit("HEAD") == "c" * 40
    assert repository.blobs.read(blob_sha(b"{}")) == b"{}"
    assert snapshot.by_path["x.bin"].size is None
    with pytest.raises(AbsentBlobError):
        repository.blobs.read(snapshot.by_path["x.bin"].sha)


def test_a_repository_without_head_is_empty(small: Path) -> None:
    repository = World.from_corpus(small).get("acme/empty")
    assert repository is not None
    assert not repository.snapshots


def test_a_folder_that_lacks_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lacks repos.csv, trees.parquet, files.parquet"):
        World.from_corpus(tmp_path)


def test_the_recorded_corpus_is_whole(corpus_folder: Path) -> None:
    world = World.from_corpus(corpus_folder)
    snapshots = [snapshot for repository in world for snapshot in repository.snapshots.values()]
    assert len(world) == 87
    assert sum(len(snapshot.entries) for snapshot in snapshots) == 198_741
    for snapshot in snapshots:
        children = [(entry.mode, entry.name, entry.sha) for entry in snapshot.children("")]
        assert tree_sha(children) == snapshot.tree
