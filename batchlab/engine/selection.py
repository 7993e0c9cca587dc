"""From a tree to the files to fetch: which entries are wanted, and rows for those that cannot be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from batchlab.batch_models import BatchRequest, BatchResult, Repository
from batchlab.errors import FileError
from batchlab.github_api import LARGEST_FILE, TreeEntry
from batchlab.patterns import PathFilter

_KINDS = {
    "120000": "a symbolic link; ask for the file it points to",
    "160000": "a submodule; its files are in another repository, ask for them there",
    "040000": "a directory; ask for its files, for instance with patterns=['{path}/**']",
}


class Choice(NamedTuple):
    """A row to be, and the tree entry to fetch for it; None where nothing can be fetched."""

    result: BatchResult
    entry: TreeEntry | None


def choose_by_pattern(repo: Repository, tree: str, entries: Sequence[TreeEntry], wanted: PathFilter) -> list[Choice]:
    """Return a choice for each wanted blob of a tree, in the tree's order; links are skipped rows that say so."""
    choices = []
    for entry in entries:
        if entry.type == "blob" and wanted(entry.path):
            choice = _choose(BatchRequest(repo, entry.path), tree, entry)
            choice.result.skipped = entry.mode == "120000"
            choices.append(choice)
    return choices


def choose_by_path(requests: Sequence[BatchRequest], tree: str, entries: Sequence[TreeEntry]) -> list[Choice]:
    """Return a choice for each request, in their order; what is no regular file becomes a failed row."""
    by_path = {entry.path: entry for entry in entries}
    return [_choose(request, tree, by_path.get(request.file_path.strip("/"))) for request in requests]


def _choose(request: BatchRequest, tree: str, entry: TreeEntry | None) -> Choice:
    result = BatchResult(request, tree=tree)
    problem = _problem(request, entry)
    if entry is not None and entry.type == "blob":
        result.sha, result.size = entry.sha, entry.size
        request.cache_key, request.estimated_size = entry.sha, entry.size or 0
    if problem is not None:
        result.error = FileError(problem)
        return Choice(result, None)
    return Choice(result, entry)


def _problem(request: BatchRequest, entry: TreeEntry | None) -> str | None:
    where = f"{request.repo}: {request.file_path}"
    if entry is None:
        return f"{where} does not exist in this tree; paths are case-sensitive and start at the repository's root"
    kind = _KINDS.get(entry.mode)
    if kind is not None:
        return f"{where} is " + kind.format(path=request.file_path)
    if (entry.size or 0) > LARGEST_FILE:
        size = (entry.size or 0) / 1024**2
        return f"{where} has {size:.0f} MB; GitHub's API serves files up to 100 MB, clone the repository for it"
    return None
