"""One commit's tree, indexed for the questions that GitHub's endpoints ask.

A snapshot lists entries; it holds no bytes.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from batchlab.git_objects import EMPTY_TREE_SHA, tree_sha

DIRECTORY = "040000"
EXECUTABLE = "100755"
REGULAR = "100644"
SUBMODULE = "160000"
SYMLINK = "120000"
_TYPES = {DIRECTORY: "tree", SUBMODULE: "commit"}
# A fixed author and instant, so that the same tree always makes the same commit.
_SIGNATURE = b"Batch Lab <batchlab@example.org> 1767225600 +0000"


class TreeEntry(NamedTuple):
    """One line of ``git ls-tree -r -t``.

    ``path`` is from the repository's root, ``mode`` one of git's six-digit modes, ``type`` one of blob, tree
    and commit (a submodule), ``size`` in bytes and None for anything but a blob of known size.
    """

    path: str
    mode: str
    type: str
    sha: str
    size: int | None = None

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rpartition("/")[2]


class Snapshot:
    """The tree of one commit.

    Parameters
    ----------
    tree
        Sha of the root tree.
    load
        Returns every entry in the order of ``git ls-tree -r -t`` (a tree before what it contains). Called
        once, when an entry is first asked for.
    """

    def __init__(self, tree: str, load: Callable[[], Sequence[TreeEntry]]) -> None:
        self.tree = tree
        self._load = load

    @classmethod
    def of(cls, leaves: Iterable[TreeEntry]) -> Snapshot:
        """Build a snapshot, with its trees and their shas, from blobs and submodules at full paths."""
        root, entries = _assemble({entry.path: entry for entry in leaves})
        return cls(root, lambda: entries)

    def __reduce__(self) -> tuple[Callable[..., Snapshot], tuple[str, tuple[TreeEntry, ...]]]:
        return _restored, (self.tree, self.entries)

    @cached_property
    def entries(self) -> tuple[TreeEntry, ...]:
        """Every entry, a tree before what it contains."""
        return tuple(self._load())

    @cached_property
    def by_path(self) -> Mapping[str, TreeEntry]:
        """Entries by path; the root has none."""
        return {entry.path: entry for entry in self.entries}

    @cached_property
    def blobs(self) -> Mapping[str, TreeEntry]:
        """For each blob's sha, the last entry that has it."""
        return {entry.sha: entry for entry in self.entries if entry.type == "blob"}

    @cached_property
    def directories(self) -> Mapping[str, str]:
        """Path of a directory by tree sha; the root's is empty."""
        return {entry.sha: entry.path for entry in self.entries if entry.type == "tree"} | {self.tree: ""}

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {entry.path: at for at, entry in enumerate(self.entries) if entry.type == "tree"}

    @cached_property
    def _children(self) -> Mapping[str, list[TreeEntry]]:
        children: dict[str, list[TreeEntry]] = defaultdict(list)
        for entry in self.entries:
            children[entry.path.rpartition("/")[0]].append(entry)
        return children

    def children(self, directory: str) -> Sequence[TreeEntry]:
        """Return what lies directly in a directory; the root is ``""``."""
        return self._children.get(directory, ())

    def below(self, directory: str) -> Sequence[TreeEntry]:
        """Return everything below a directory, at any depth; the root is ``""``."""
        if not directory:
            return self.entries
        # Entries below a directory follow it without a gap, so the end is found by bisection.
        start, prefix = self._positions[directory] + 1, directory + "/"
        end = bisect_left(self.entries, True, start, key=lambda entry: not entry.path.startswith(prefix))
        return self.entries[start:end]


def _restored(tree: str, entries: tuple[TreeEntry, ...]) -> Snapshot:
    return Snapshot(tree, lambda: entries)


def _assemble(leaves: Mapping[str, TreeEntry]) -> tuple[str, list[TreeEntry]]:
    """Return the root tree's sha and all entries, trees included, in git's order."""
    folders: dict[str, dict[str, TreeEntry]] = {"": {}}
    root = EMPTY_TREE_SHA
    for path, entry in leaves.items():
        _require_folder(folders, path.rpartition("/")[0])[path] = entry
    for folder in sorted(folders, key=lambda path: -path.count("/") if path else 1):
        # The root comes last, after all that it contains.
        root = tree_sha((child.mode, child.name, child.sha) for child in folders[folder].values())
        if folder:
            folders[folder.rpartition("/")[0]][folder] = TreeEntry(folder, DIRECTORY, "tree", root)
    return root, list(_walk(folders, ""))


def _require_folder(folders: dict[str, dict[str, TreeEntry]], path: str) -> dict[str, TreeEntry]:
    if path not in folders:
        folders[path] = {}
        _require_folder(folders, path.rpartition("/")[0])
    return folders[path]


def _walk(folders: Mapping[str, Mapping[str, TreeEntry]], folder: str) -> Iterable[TreeEntry]:
    # Git sorts a directory as if its name ended in a slash.
    for entry in sorted(
        folders[folder].values(), key=lambda e: (e.path + "/" if e.type == "tree" else e.path).encode()
    ):
        yield entry
        if entry.type == "tree":
            yield from _walk(folders, entry.path)


def leaf(path: str, sha: str, size: int | None, mode: str = REGULAR) -> TreeEntry:
    """Return the entry of a blob or submodule."""
    return TreeEntry(path, mode, _TYPES.get(mode, "blob"), sha, size)


def commit_sha(tree: str, message: str = "Snapshot") -> str:
    """Return the git id of a parentless commit of a tree, made by a fixed author at a fixed instant.

    Examples
    --------
    >>> len(commit_sha("4b825dc642cb6eb9a060e54bf8d69288fbee4904"))
    40
    """
    body = b"tree %s\nauthor %s\ncommitter %s\n\n%s\n" % (
        tree.encode(),
        _SIGNATURE,
        _SIGNATURE,
        message.encode(),
    )
    return hashlib.sha1(b"commit %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
