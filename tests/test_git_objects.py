from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlab.git_objects import EMPTY_TREE_SHA, blob_sha, tree_sha

MODES = {"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree", "160000": "commit"}
SHAS = st.binary(min_size=20, max_size=20).map(bytes.hex)
# What separates git's order from the alphabet's: characters around the slash, and names that begin alike.
NAMES = st.text(alphabet="a.-0_é", min_size=1, max_size=3).filter(lambda n: n.strip("."))


@pytest.fixture(scope="module")
def git_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("objects")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def _git(folder: Path, *arguments: str, stdin: bytes) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\r\n", bytes(range(256)), b"\0" * 70_000])
def test_a_blob_has_the_id_that_git_gives_it(content: bytes, git_folder: Path) -> None:
    assert blob_sha(content) == _git(git_folder, "hash-object", "--stdin", "--no-filters", stdin=content)


@settings(max_examples=25)
@given(names=st.lists(NAMES, unique=True, max_size=8), data=st.data())
def test_a_tree_has_the_id_that_git_gives_it(git_folder: Path, names: list[str], data: st.DataObject) -> None:
    entries = [(data.draw(st.sampled_from(sorted(MODES))), name, data.draw(SHAS)) for name in names]
    listing = b"".join(f"{mode} {MODES[mode]} {sha}\t{name}\0".encode() for mode, name, sha in entries)
    assert tree_sha(entries) == _git(git_folder, "mktree", "-z", "--missing", stdin=listing)


@given(names=st.sets(NAMES), data=st.data())
def test_the_order_of_the_entries_does_not_matter(names: set[str], data: st.DataObject) -> None:
    entries = [("100644", name, blob_sha(name.encode())) for name in sorted(names)]
    assert tree_sha(data.draw(st.permutations(entries))) == tree_sha(entries)


def test_the_empty_tree_has_its_well_known_id() -> None:
    assert tree_sha([]) == EMPTY_TREE_SHA


def test_a_directorys_mode_may_lack_its_leading_zero() -> None:
    child = "ce013625030ba8dba906f756967f9e9ca394464a"
    assert tree_sha([("40000", "src", child)]) == tree_sha([("040000", "src", child)])
