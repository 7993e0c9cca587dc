"""Which paths ``.gitattributes`` files keep out of archives.

References
----------
https://git-scm.com/docs/gitattributes#_creating_an_archive
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.snapshot import Snapshot, TreeEntry
from batchlab.hub.world import WorldRepository
from batchlab.patterns import PathFilter

_FILE = ".gitattributes"
_SETTINGS = {"export-ignore": True, "-export-ignore": False, "!export-ignore": False}


@dataclass(frozen=True)
class _Rule:
    """One line: whether the paths below ``folder`` that a pattern matches stay out."""

    folder: str
    matches: PathFilter
    only_folders: bool
    keeps_out: bool

    def applies(self, entry: TreeEntry) -> bool:
        """Tell whether the line is about an entry."""
        if not entry.path.startswith(self.folder) or (self.only_folders and entry.type != "tree"):
            return False
        return self.matches(entry.path.removeprefix(self.folder))


def exported(repository: WorldRepository, snapshot: Snapshot) -> list[TreeEntry]:
    """Return the entries that an archive has, in the tree's order; a folder kept out takes all it holds with it."""
    rules = list(_rules(repository, snapshot))
    if not rules:
        return list(snapshot.entries)
    kept: list[TreeEntry] = []
    skipped: str | None = None
    for entry in snapshot.entries:
        if skipped is not None and entry.path.startswith(skipped):
            continue
        if _keeps_out(rules, entry):
            skipped = entry.path + "/"
        else:
            kept.append(entry)
    return kept


def _keeps_out(rules: list[_Rule], entry: TreeEntry) -> bool:
    """Return what the last matching line says; lines nearer to the path come later."""
    return next((rule.keeps_out for rule in reversed(rules) if rule.applies(entry)), False)


def _rules(repository: WorldRepository, snapshot: Snapshot) -> Iterator[_Rule]:
    files = [entry for entry in snapshot.entries if entry.name == _FILE and entry.type == "blob"]
    for entry in sorted(files, key=lambda one: one.path.count("/")):
        try:
            text = repository.blobs.read(entry.sha).decode(errors="replace")
        except AbsentBlobError:
            continue
        for line in text.splitlines():
            yield from _rule(entry.path.removesuffix(_FILE), line)


def _rule(folder: str, line: str) -> Iterator[_Rule]:
    pattern, *attributes = line.split() or [""]
    if pattern and not pattern.startswith(("#", "[attr]")):
        for attribute in attributes:
            if attribute in _SETTINGS and pattern.rstrip("/"):
                matches = PathFilter([pattern.rstrip("/")])
                yield _Rule(folder, matches, pattern.endswith("/"), _SETTINGS[attribute])
