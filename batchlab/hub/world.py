"""The repositories that the embedded GitHub holds: names, refs, trees and blobs, all with true git shas.

A world does not change and knows nothing of HTTP, limits or time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from batchlab.batch_models import Repository
from batchlab.cards import card, table
from batchlab.errors import InputError
from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import BlobStore, MemoryBlobs
from batchlab.hub.snapshot import Snapshot, commit_sha, leaf

_EPOCH = "2026-01-01T00:00:00Z"
Visibility = Literal["public", "private", "sso", "hidden"]


@dataclass(frozen=True)
class WorldRepository:
    """One repository of a world.

    Parameters
    ----------
    full_name
        ``owner/name``; found whatever the case.
    blobs
        Where the bytes of its blobs are.
    snapshots
        Trees by commit sha. A repository without any is empty: it has no commit yet.
    refs
        Commit sha by short name of a branch or tag.
    default_branch
        What ``HEAD`` means.
    description, language
        As GitHub shows them, None where unknown.
    fork, archived
        As GitHub flags them.
    visibility
        ``"public"``; ``"private"``: only callers with a token see it; ``"sso"``: its organisation asks even them
        for a SAML session that they do not have; ``"hidden"``: nobody does.
    blocked
        Whether it answers 451, as after a takedown notice.
    former_names
        Names it was renamed from: they redirect.
    created_at, updated_at, pushed_at
        ISO 8601 times.
    """

    full_name: str
    blobs: BlobStore = field(default_factory=lambda: MemoryBlobs({}), repr=False, compare=False)
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict, repr=False, compare=False)
    refs: Mapping[str, str] = field(default_factory=dict, repr=False)
    default_branch: str = "main"
    description: str | None = None
    language: str | None = None
    fork: bool = False
    archived: bool = False
    visibility: Visibility = "public"
    blocked: bool = False
    former_names: tuple[str, ...] = ()
    created_at: str = _EPOCH
    updated_at: str = _EPOCH
    pushed_at: str = _EPOCH

    @classmethod
    def of(
        cls, full_name: str, snapshot: Snapshot, blobs: BlobStore, *, branch: str = "main", commit: str = ""
    ) -> WorldRepository:
        """Return a repository with one commit on one branch; the commit's sha is made up unless given."""
        commit = commit or commit_sha(snapshot.tree)
        return cls(full_name, blobs, {commit: snapshot}, {branch: commit}, branch)

    @cached_property
    def id(self) -> int:
        """GitHub's number of the repository: here derived from its name."""
        return identifier(self.full_name)

    @property
    def owner(self) -> str:
        """First part of the name."""
        return self.full_name.partition("/")[0]

    @property
    def name(self) -> str:
        """Second part of the name."""
        return self.full_name.partition("/")[2]

    def is_visible(self, authorized: bool) -> bool:
        """Tell whether a caller, with a good token or without one, may read it."""
        return self.visibility == "public" or (self.visibility == "private" and authorized)

    def commit(self, ref: str) -> str | None:
        """Return the commit that a branch, tag, ``HEAD`` or commit sha means, None if it means none."""
        if ref == "HEAD":
            ref = self.default_branch
        for prefix in ("refs/heads/", "refs/tags/", "heads/", "tags/"):
            ref = ref.removeprefix(prefix)
        return self.refs.get(ref) or (ref if ref in self.snapshots else None)

    def snapshot(self, ref: str) -> Snapshot | None:
        """Return the snapshot of a branch, tag, ``HEAD`` or commit sha, None if it means none."""
        commit = self.commit(ref)
        return self.snapshots[commit] if commit else None

    def tree(self, sha: str) -> tuple[Snapshot, str] | None:
        """Return the snapshot that has a tree and the tree's directory in it, None for an unknown sha."""
        for snapshot in self.snapshots.values():
            directory = snapshot.directories.get(sha)
            if directory is not None:
                return snapshot, directory
        return None

    def has_blob(self, sha: str) -> bool:
        """Tell whether a tree of this repository lists the blob."""
        return any(sha in snapshot.blobs for snapshot in self.snapshots.values())

    def blob_size(self, sha: str) -> int | None:
        """Return the size in bytes of a listed blob, None where the tree does not tell it."""
        sizes = (snapshot.blobs[sha].size for snapshot in self.snapshots.values() if sha in snapshot.blobs)
        return next(sizes, None)


class World:
    """Repositories by name and by number.

    Parameters
    ----------
    repositories
        The repositories, in the order in which they are listed. Of two with the same name the last counts.
    name
        What the world is called in a report.
    """

    def __init__(self, repositories: Iterable[WorldRepository], name: str = "world") -> None:
        self.name = name
        self._by_name = {repository.full_name.lower(): repository for repository in repositories}
        self._by_id = {repository.id: repository for repository in self._by_name.values()}
        self._renamed = {
            former.lower(): repository for repository in self._by_name.values() for former in repository.former_names
        }

    @classmethod
    def build(cls, files: Mapping[str, Mapping[str, bytes]], name: str = "built") -> World:
        """Return a world of regular files.

        Parameters
        ----------
        files
            Bytes by path, by ``owner/name``. A repository without files is empty.
        name
            What the world is called in a report.

        Examples
        --------
        >>> world = World.build({"acme/app": {"package.json": b"{}"}})
        >>> world.get("Acme/App").snapshot("HEAD").entries[0].sha
        '9e26dfeeb6e641a33dae4961196235bdb965b21b'
        """
        return cls((_of_files(full_name, contents) for full_name, contents in files.items()), name)

    @classmethod
    @lru_cache(maxsize=4)
    def sample(cls, seed: int = 0) -> World:
        """Return the synthetic sample world, made at the first call; see `batchlab.hub.sample_world`."""
        from batchlab.hub.sample_world import sample_world

        return sample_world(seed)

    @classmethod
    def from_git(cls, paths: str | Path | Iterable[str | Path], ref: str | None = None) -> World:
        """Return a world of git repositories on disk; see `batchlab.hub.git_source`."""
        from batchlab.hub.git_source import git_world

        return git_world(paths, ref)

    @classmethod
    def from_corpus(cls, folder: str | Path) -> World:
        """Return the world that parquet files describe; see `batchlab.hub.corpus`."""
        from batchlab.hub.corpus import corpus_world

        return corpus_world(folder)

    @property
    def repositories(self) -> tuple[Repository, ...]:
        """The repositories that a caller with a token can see, for the engine to read."""
        return tuple(
            Repository(
                repository.full_name,
                default_branch=repository.default_branch,
                archived=repository.archived,
                updated_at=repository.updated_at,
            )
            for repository in self
            if repository.visibility != "hidden"
        )

    def get(self, full_name: str) -> WorldRepository | None:
        """Return a repository by its present name, whatever the case, or None."""
        return self._by_name.get(full_name.lower())

    def by_id(self, number: int) -> WorldRepository | None:
        """Return a repository by its number, or None."""
        return self._by_id.get(number)

    def renamed(self, former_name: str) -> WorldRepository | None:
        """Return the repository that once had this name, or None."""
        return self._renamed.get(former_name.lower())

    def owned_by(self, owner: str) -> list[WorldRepository]:
        """Return an owner's repositories in the world's order; none for an unknown owner."""
        return [repository for repository in self if repository.owner.lower() == owner.lower()]

    def subset(self, names: Iterable[str]) -> World:
        """Return a world of some of the repositories, in the order named.

        Raises
        ------
        InputError
            A name is not in this world.
        """
        chosen = {name: self.get(name) for name in names}
        if unknown := [name for name, repository in chosen.items() if repository is None]:
            names = ", ".join(repository.full_name for repository in self)
            raise InputError(f"{unknown[0]!r} is not in {self!r}; its repositories: {names}")
        return World((repository for repository in chosen.values() if repository), self.name)

    def __or__(self, other: World) -> World:
        return World([*self, *other], f"{self.name} | {other.name}")

    def __iter__(self) -> Iterator[WorldRepository]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def _repr_html_(self) -> str:
        return card(
            f"World {self.name}", {"repositories": f"{len(self):,}"}, {"Repositories": listed(self.repositories)}
        )

    def __repr__(self) -> str:
        return f"<World {self.name}: {len(self)} repositories>"


def listed(repositories: Sequence[Repository]) -> str:
    """Return repositories with their branches as HTML, the first fifty."""
    shown = {repository.full_name: repository.default_branch or "" for repository in repositories[:50]}
    more = len(repositories) - len(shown)
    return table(shown | ({"and more": f"{more:,}"} if more > 0 else {}))


def identifier(text: str) -> int:
    """Return the number that the embedded GitHub gives to a repository or owner: stable, below 2**40."""
    return int(hashlib.sha1(text.lower().encode(), usedforsecurity=False).hexdigest()[:10], 16)


def _of_files(full_name: str, contents: Mapping[str, bytes]) -> WorldRepository:
    shas = {path: blob_sha(content) for path, content in contents.items()}
    blobs = MemoryBlobs({shas[path]: content for path, content in contents.items()})
    if not contents:
        return WorldRepository(full_name, blobs)
    snapshot = Snapshot.of(leaf(path, shas[path], len(content)) for path, content in contents.items())
    return WorldRepository.of(full_name, snapshot, blobs)
