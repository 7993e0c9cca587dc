from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import MemoryBlobs
from batchlab.hub.gitattributes import exported
from batchlab.hub.snapshot import Snapshot, leaf
from batchlab.hub.world import World, WorldRepository

_FILES = {
    "a.txt": b"a",
    "docs/guide/index.md": b"i",
    "docs/a.txt": b"d",
    "src/deep/secret.key": b"k",
    "src/main.go": b"m",
    "tests/x.go": b"x",
    "only/a": b"o",
}
_ATTRIBUTES = [
    b"",
    b"*.key export-ignore\n",
    b"/a.txt export-ignore\ntests export-ignore\n",
    b"# comment\n*.go export-ignore\nsrc/*.go -export-ignore\n",
    b"docs/** export-ignore\nonly/ export-ignore diff=x\na.txt text\n",
    b"a.txt/ export-ignore\n",
]


def _repository(files: dict[str, bytes]) -> WorldRepository:
    shas = {path: blob_sha(content) for path, content in files.items()}
    leaves = [leaf(path, shas[path], len(content)) for path, content in files.items()]
    return WorldRepository.of(
        "acme/app", Snapshot.of(leaves), MemoryBlobs({shas[path]: content for path, content in files.items()})
    )


def _exported(files: dict[str, bytes]) -> set[str]:
    repository = _repository(files)
    snapshot = repository.snapshot("HEAD")
    assert snapshot is not None
    return {entry.path for entry in exported(repository, snapshot) if entry.type == "blob"}


def _by_git(folder: Path, files: dict[str, bytes]) -> set[str]:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=folder, check=True, capture_output=True).stdout
    listed = subprocess.run(["tar", "t"], input=packed, check=True, capture_output=True).stdout.decode().split()
    return {path for path in listed if not path.endswith("/")}


@pytest.mark.parametrize("attributes", _ATTRIBUTES)
def test_the_same_files_stay_out_as_with_git_itself(tmp_path: Path, attributes: bytes) -> None:
    files = _FILES | {".gitattributes": attributes}
    assert _exported(files) == _by_git(tmp_path, files)


def test_a_file_nearer_to_the_path_has_the_last_word(tmp_path: Path) -> None:
    files = _FILES | {
        ".gitattributes": b"*.go export-ignore\n",
        "src/.gitattributes": b"*.go -export-ignore\nsecret.key export-ignore\n",
    }
    assert _exported(files) == _by_git(tmp_path, files)


def test_without_attributes_everything_is_exported(world: World) -> None:
    app = world.get("acme/app")
    assert app is not None
    snapshot = app.snapshot("HEAD")
    assert snapshot is not None
    assert exported(app, snapshot) == list(snapshot.entries)
