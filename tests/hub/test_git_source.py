from __future__ import annotations

import gc
import subprocess
from pathlib import Path

import pytest

from batchlab.errors import InputError
from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.world import World, WorldRepository


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "tool"
    (folder / "src").mkdir(parents=True)
    _git(folder, "init", "-q")
    (folder / "package.json").write_bytes(b"{}")
    (folder / "src" / "naïve name.txt").write_bytes(b"one")
    (folder / "link").symlink_to("package.json")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "first")
    _git(folder, "tag", "v1")
    (folder / "package.json").write_bytes(b'{"version": 2}')
    _git(folder, "commit", "-q", "-a", "-m", "second")
    return folder


def _only(world: World) -> WorldRepository:
    (repository,) = world
    return repository


def test_a_working_copy_is_read_at_head(repository: Path) -> None:
    found = _only(World.from_git([repository]))
    snapshot = found.snapshot("HEAD")
    assert snapshot is not None
    assert (found.full_name, found.default_branch) == ("local/tool", "main")
    assert (found.commit("HEAD"), snapshot.tree) == (
        _git(repository, "rev-parse", "HEAD"),
        _git(repository, "rev-parse", "HEAD^{tree}"),
    )
    assert [entry.path for entry in snapshot.entries] == ["link", "package.json", "src", "src/naïve name.txt"]
    assert found.blobs.read(blob_sha(b'{"version": 2}')) == b'{"version": 2}'
    assert snapshot.by_path["link"].mode == "120000"


def test_a_ref_is_taken_from_the_path_or_the_argument(repository: Path) -> None:
    for world in (World.from_git([f"{repository}@v1"]), World.from_git([repository], ref="v1")):
        snapshot = _only(world).snapshot("HEAD")
        assert snapshot is not None
        assert snapshot.by_path["package.json"].sha == blob_sha(b"{}")


def test_a_bare_repository_is_read(repository: Path, tmp_path: Path) -> None:
    _git(tmp_path, "clone", "-q", "--bare", str(repository), "mirror.git")
    found = _only(World.from_git(tmp_path / "mirror.git"))
    assert found.full_name == "local/mirror"
    assert found.commit("HEAD") == _git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/app.git", "acme/app"),
        ("git@github.com:acme/app.git", "acme/app"),
        ("ssh://git@example.org/group/acme/app", "acme/app"),
        ("/srv/mirrors/app.git", "local/tool"),
    ],
)
def test_the_name_comes_from_the_remote_where_it_has_an_owner(repository: Path, url: str, name: str) -> None:
    _git(repository, "remote", "add", "origin", url)
    assert _only(World.from_git([repository])).full_name == name


def test_a_name_already_taken_gets_a_number(repository: Path) -> None:
    world = World.from_git([repository, f"{repository}@v1"])
    assert [one.full_name for one in world] == ["local/tool", "local/tool-2"]


def test_a_repository_without_commits_is_empty(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    assert not _only(World.from_git([tmp_path])).snapshots


def test_a_blob_that_the_repository_lacks_is_absent(repository: Path) -> None:
    found = _only(World.from_git([repository]))
    with pytest.raises(AbsentBlobError):
        found.blobs.read("0" * 40)
    assert found.blobs.read(blob_sha(b"{}")) == b"{}"


def test_reading_leaves_no_process_behind(repository: Path) -> None:
    _only(World.from_git([repository])).blobs.read(blob_sha(b"{}"))
    gc.collect()
    # A process or pipe left open would have warned, and warnings are errors.


def test_what_cannot_be_read_is_named(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").touch()
    cases = {
        str(tmp_path / "none"): "does not exist",
        str(tmp_path / "plain"): "cannot be read as a git repository",
        str(tmp_path / "file"): "is no folder",
        str(repository / "src"): "only the folder 'src/'",
        f"{repository}@v9": "'v9' is no ref.*main, v1",
        f"{repository}@--all": "'--all' is no ref",
    }
    for path, message in cases.items():
        with pytest.raises(InputError, match=message):
            World.from_git([path])


def test_a_machine_without_git_is_told_so(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="git is not installed"):
        World.from_git([repository])
