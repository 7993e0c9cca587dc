from __future__ import annotations

import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from batchlab.git_objects import EMPTY_TREE_SHA, blob_sha, tree_sha
from batchlab.hub.snapshot import Snapshot, commit_sha, leaf

_NAMES = st.text("ab.-0é", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))
_PATHS = st.lists(_NAMES, min_size=1, max_size=4).map("/".join)


def _without_conflicts(paths: set[str]) -> list[str]:
    return [path for path in paths if not any(other.startswith(path + "/") for other in paths)]


_TREES = st.sets(_PATHS, max_size=12).map(_without_conflicts)


@given(_TREES)
def test_every_tree_sha_is_git_s_sha_of_its_children(paths: list[str]) -> None:
    snapshot = Snapshot.of(leaf(path, blob_sha(path.encode()), len(path)) for path in paths)
    for directory, sha in [("", snapshot.tree)] + [(e.path, e.sha) for e in snapshot.entries if e.type == "tree"]:
        children = snapshot.children(directory)
        assert sha == tree_sha((child.mode, child.name, child.sha) for child in children)


@given(_TREES)
def test_what_is_below_a_directory_is_what_its_path_begins(paths: list[str]) -> None:
    snapshot = Snapshot.of(leaf(path, blob_sha(path.encode()), len(path)) for path in paths)
    for directory in snapshot.directories.values():
        prefix = f"{directory}/" if directory else ""
        expected = [entry for entry in snapshot.entries if entry.path.startswith(prefix)]
        assert list(snapshot.below(directory)) == expected


@given(_TREES)
def test_the_order_of_the_leaves_does_not_matter(paths: list[str]) -> None:
    leaves = [leaf(path, blob_sha(path.encode()), len(path)) for path in paths]
    assert Snapshot.of(leaves).entries == Snapshot.of(reversed(leaves)).entries


def test_an_empty_snapshot_is_git_s_empty_tree() -> None:
    assert Snapshot.of([]).tree == EMPTY_TREE_SHA


def test_git_agrees_with_the_commit_sha(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    body = (
        f"tree {EMPTY_TREE_SHA}\nauthor Batch Lab <batchlab@example.org> 1767225600 +0000\n"
        "committer Batch Lab <batchlab@example.org> 1767225600 +0000\n\nSnapshot\n"
    )
    command = ["git", "-C", str(tmp_path), "hash-object", "-t", "commit", "--stdin"]
    said = subprocess.run(command, input=body.encode(), capture_output=True, check=True).stdout.decode()
    assert commit_sha(EMPTY_TREE_SHA) == said.strip()
