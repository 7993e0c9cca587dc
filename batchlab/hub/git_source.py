"""Worlds from git repositories on disk, read through the ``git`` executable.

Trees are listed when first asked for and blobs are read one by one, so that a big repository does not fill
memory. Nothing is ever written to the repositories.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from batchlab.errors import InputError
from batchlab.hub.blobs import LazyBlobs
from batchlab.hub.snapshot import Snapshot, TreeEntry
from batchlab.hub.world import World, WorldRepository

_REMOTE = re.compile(r"(?:\w+://[^/]+/|[\w.-]+@[\w.-]+:)(?:.*/)?([\w.-]+)/([\w.-]+?)(?:\.git)?/?")


def git_world(paths: str | Path | Iterable[str | Path], ref: str | None = None) -> World:
    """Return a world of git repositories on disk.

    Parameters
    ----------
    paths
        Working copies or bare repositories, each ``path`` or ``path@ref``; one of them may stand alone.
    ref
        Branch, tag or commit for those that name none; ``HEAD`` by default.

    Returns
    -------
    World
        A repository is named after its remote ``origin`` where that looks like ``owner/name``, else
        ``local/<folder>``; a name already taken gets a number. One without commits is empty.

    Raises
    ------
    InputError
        A path does not exist or is no repository, a ref is unknown, or git is not installed.
    """
    repositories: dict[str, WorldRepository] = {}
    for path in [paths] if isinstance(paths, str | Path) else paths:
        repository = _repository(*_split(str(path), ref))
        name = _free_name(repository.full_name, repositories)
        repositories[name.lower()] = replace(repository, full_name=name)
    return World(repositories.values(), "git")


def _split(text: str, ref: str | None) -> tuple[Path, str | None]:
    if not Path(text).exists():
        path, at, named = text.rpartition("@")
        if at and Path(path).exists():
            return Path(path), named
        raise InputError(f"{text!r} does not exist; name the folder of a git repository, or folder@ref")
    return Path(text), ref


def _free_name(name: str, taken: Iterable[str]) -> str:
    names, number, free = set(taken), 2, name
    while free.lower() in names:
        free, number = f"{name}-{number}", number + 1
    return free


def _repository(path: Path, ref: str | None) -> WorldRepository:
    _require_repository(path)
    name = _name(path)
    branch = ref or _run(path, "symbolic-ref", "--short", "--quiet", "HEAD").decode().strip() or "main"
    commit = _commit(path, ref)
    if commit is None:
        return WorldRepository(name, default_branch=branch)
    tree, moment = _run(path, "show", "--no-patch", "--format=%T %cI", commit).decode().split()
    snapshot = Snapshot(tree, lambda: _list_tree(path, commit))
    blobs = LazyBlobs(_BlobReader(path).read)
    made = WorldRepository.of(name, snapshot, blobs, branch=branch, commit=commit)
    return replace(made, updated_at=moment, pushed_at=moment)


def _require_repository(path: Path) -> None:
    if not path.is_dir():
        raise InputError(f"{str(path)!r} is no folder; name the folder of a git repository")
    try:
        prefix = _git(path, "rev-parse", "--show-prefix")
    except FileNotFoundError:
        raise InputError("git is not installed, or not on PATH; it is needed to read repositories") from None
    if prefix.returncode:
        reason = prefix.stderr.decode(errors="replace").strip()
        raise InputError(f"{str(path)!r} cannot be read as a git repository: {reason}")
    if prefix.stdout.strip():
        inside = prefix.stdout.decode(errors="replace").strip()
        raise InputError(f"{str(path)!r} is only the folder {inside!r} of a git repository; name its root")


def _commit(path: Path, ref: str | None) -> str | None:
    found = _run(path, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref or 'HEAD'}^{{commit}}")
    if not found and ref is not None:
        names = _run(path, "for-each-ref", "--count=20", "--format=%(refname:short)").decode().split()
        raise InputError(f"{ref!r} is no ref of {str(path)!r}; it has: {', '.join(names) or 'none'}")
    return found.decode().strip() or None


def _name(path: Path) -> str:
    remote = _REMOTE.fullmatch(_run(path, "config", "--get", "remote.origin.url").decode().strip())
    return f"{remote[1]}/{remote[2]}" if remote else f"local/{_folder(path)}"


def _folder(path: Path) -> str:
    name = path.resolve().name.removesuffix(".git") or "repository"
    return re.sub(r"[^\w.-]", "-", name)


def _list_tree(path: Path, commit: str) -> Sequence[TreeEntry]:
    lines = _run(path, "ls-tree", "-r", "-l", "-t", "-z", "--full-tree", commit).split(b"\0")
    return [_entry(line) for line in lines if line]


def _entry(line: bytes) -> TreeEntry:
    description, _, path = line.partition(b"\t")
    mode, kind, sha, size = description.decode().split()
    # GitHub's JSON is UTF-8; a path that is not is shown with replacement characters.
    return TreeEntry(path.decode(errors="replace"), mode, kind, sha, int(size) if size.isdecimal() else None)


def _git(path: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    # In a session of its own, here and below: Ctrl-C is for the run, which still wants to read what was begun.
    command = ["git", "-C", str(path), *arguments]
    return subprocess.run(command, capture_output=True, env=_environment(), check=False, start_new_session=True)


def _run(path: Path, *arguments: str) -> bytes:
    """Return a command's output, empty where it fails."""
    done = _git(path, *arguments)
    return b"" if done.returncode else done.stdout


def _environment() -> dict[str, str]:
    # Inside a git hook these would point every command at the hook's own repository.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}


class _BlobReader:
    """Reads blobs through one ``git cat-file --batch``, started at the first read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[_BlobReader], tuple[Path]]:
        return _BlobReader, (self._path,)

    def read(self, sha: str) -> bytes | None:
        """Return a blob's bytes, None where the repository lacks them (as a partial clone does)."""
        with self._lock:
            return self._exchange(self._process or self._start(), sha)

    def _start(self) -> subprocess.Popen[bytes]:
        command = ["git", "-C", str(self._path), "cat-file", "--batch"]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        weakref.finalize(self, _stop, self._process)
        return self._process

    @staticmethod
    def _exchange(process: subprocess.Popen[bytes], sha: str) -> bytes | None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(sha.encode() + b"\n")
        process.stdin.flush()
        header = process.stdout.readline().split()
        if len(header) != 3 or header[1] != b"blob":
            return None
        content = process.stdout.read(int(header[2]))
        process.stdout.read(1)
        return content


def _stop(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait()
