"""Git objects as GraphQL shows them: commits, trees and their entries, blobs with GitHub's bounds on text.

References
----------
https://docs.github.com/en/graphql/reference/interfaces#gitobject
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.snapshot import Snapshot, TreeEntry
from batchlab.hub.world import WorldRepository

LARGEST_TEXT = 512_000
_BINARY_PROBE = 8000


@dataclass(frozen=True)
class RefObject:
    """A branch of a repository."""

    repository: WorldRepository
    name: str
    prefix = "refs/heads/"
    kind = "Ref"

    @property
    def target(self) -> CommitObject:
        """The commit that it points to."""
        return CommitObject(self.repository, self.repository.refs[self.name])


@dataclass(frozen=True)
class CommitObject:
    """A commit."""

    repository: WorldRepository
    oid: str
    kind = "Commit"

    @property
    def tree(self) -> TreeObject:
        """The tree at its root."""
        snapshot = self.repository.snapshots[self.oid]
        return TreeObject(self.repository, snapshot.tree, snapshot, "")


@dataclass(frozen=True)
class TreeObject:
    """A directory."""

    repository: WorldRepository
    oid: str
    snapshot: Snapshot
    directory: str
    kind = "Tree"

    @property
    def entries(self) -> list[EntryObject]:
        """What lies directly in it."""
        return [EntryObject(self.repository, self.snapshot, entry) for entry in self.snapshot.children(self.directory)]


@dataclass(frozen=True)
class EntryObject:
    """One line of a directory."""

    repository: WorldRepository
    snapshot: Snapshot
    entry: TreeEntry

    @property
    def object(self) -> GitObject | None:
        """What it stands for; None for a submodule, whose commit is elsewhere."""
        return _at(self.repository, self.snapshot, self.entry)


@dataclass(frozen=True)
class BlobObject:
    """A file's content.

    Bytes that the world does not hold make a blob that is neither text nor binary, as GitHub's schema allows
    where it cannot tell.
    """

    repository: WorldRepository
    oid: str
    size: int | None
    kind = "Blob"

    @cached_property
    def _content(self) -> bytes | None:
        try:
            return self.repository.blobs.read(self.oid)
        except AbsentBlobError:
            return None

    @property
    def byte_size(self) -> int:
        """Size in bytes, as the tree tells it or as counted."""
        return self.size if self.size is not None else len(self._content or b"")

    @property
    def is_binary(self) -> bool | None:
        """Whether there is a zero byte near the start, which is git's own rule; None where that is unknown."""
        return None if self._content is None else b"\0" in self._content[:_BINARY_PROBE]

    @property
    def is_truncated(self) -> bool:
        """Whether the text is cut."""
        return self.byte_size > LARGEST_TEXT

    @property
    def text(self) -> str | None:
        """The text, cut at 512,000 bytes; what is not UTF-8 is lost in it. None for a binary file."""
        if self._content is None or self.is_binary:
            return None
        return self._content[:LARGEST_TEXT].decode(errors="replace")


GitObject = CommitObject | TreeObject | BlobObject


def find_object(repository: WorldRepository, oid: str | None, expression: str | None) -> GitObject | None:
    """Return the object of an id or of a revision expression such as ``HEAD:src/go.mod``, None for neither."""
    if oid is not None:
        return _by_oid(repository, oid)
    if expression is None:
        return None
    ref, colon, path = expression.partition(":")
    commit = repository.commit(ref.removesuffix("^{tree}"))
    if commit is None:
        return _by_oid(repository, ref) if not colon else None
    if ref.endswith("^{tree}") and not colon:
        return CommitObject(repository, commit).tree
    return _by_path(CommitObject(repository, commit), path.rstrip("/")) if colon else CommitObject(repository, commit)


def _by_path(commit: CommitObject, path: str) -> GitObject | None:
    snapshot = commit.repository.snapshots[commit.oid]
    entry = snapshot.by_path.get(path)
    if entry is None:
        return None if path else commit.tree
    return _at(commit.repository, snapshot, entry)


def _at(repository: WorldRepository, snapshot: Snapshot, entry: TreeEntry) -> GitObject | None:
    if entry.type == "tree":
        return TreeObject(repository, entry.sha, snapshot, entry.path)
    return BlobObject(repository, entry.sha, entry.size) if entry.type == "blob" else None


def _by_oid(repository: WorldRepository, oid: str) -> GitObject | None:
    if oid in repository.snapshots:
        return CommitObject(repository, oid)
    if repository.has_blob(oid):
        return BlobObject(repository, oid, repository.blob_size(oid))
    found = repository.tree(oid)
    return TreeObject(repository, oid, *found) if found else None
