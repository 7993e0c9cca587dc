"""Worlds from parquet files: ``repos.csv``, ``trees.parquet`` and ``files.parquet`` in one folder.

Blobs that ``files.parquet`` does not hold are listed in trees and declared absent.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from batchlab.errors import InputError
from batchlab.hub.blobs import LazyBlobs
from batchlab.hub.snapshot import Snapshot, TreeEntry
from batchlab.hub.world import World, WorldRepository

_FILES = ("repos.csv", "trees.parquet", "files.parquet")
_TREE_COLUMNS = ["full_name", "path", "mode", "type", "sha", "size"]


def corpus_world(folder: str | Path) -> World:
    """Return the world that a corpus folder describes.

    Parameters
    ----------
    folder
        Holds ``repos.csv`` (full_name, default_branch, head_sha, root_tree_sha), ``trees.parquet``
        (full_name, path, mode, type, sha, size; the rows of a repository together, in the order of
        ``git ls-tree -r -t``) and ``files.parquet`` (sha, content).

    Raises
    ------
    InputError
        One of the files is missing.
    """
    folder = Path(folder)
    if missing := [name for name in _FILES if not (folder / name).is_file()]:
        raise InputError(f"{str(folder)!r} is no corpus: it lacks {', '.join(missing)}; see corpus_world")
    trees = pq.read_table(folder / "trees.parquet", columns=_TREE_COLUMNS)
    blobs = LazyBlobs(_Contents(folder / "files.parquet").find)
    runs = _runs(trees.column("full_name").to_pylist())
    with (folder / "repos.csv").open(newline="", encoding="utf-8") as lines:
        repositories = [_repository(row, trees, runs, blobs) for row in csv.DictReader(lines)]
    return World(repositories, folder.resolve().name)


def _runs(names: Sequence[str]) -> Mapping[str, tuple[int, int]]:
    """Return where each repository's rows start, and how many there are."""
    runs, start = {}, 0
    for name, rows in groupby(names):
        length = sum(1 for _ in rows)
        runs[name] = (start, length)
        start += length
    return runs


def _repository(
    row: Mapping[str, str], trees: pa.Table, runs: Mapping[str, tuple[int, int]], blobs: LazyBlobs
) -> WorldRepository:
    name, branch = row["full_name"], row["default_branch"]
    if not row["head_sha"]:
        return WorldRepository(name, blobs, default_branch=branch)
    start, length = runs.get(name, (0, 0))
    snapshot = Snapshot(row["root_tree_sha"], lambda: _entries(trees.slice(start, length)))
    return WorldRepository.of(name, snapshot, blobs, branch=branch, commit=row["head_sha"])


def _entries(rows: pa.Table) -> Sequence[TreeEntry]:
    columns = (rows.column(name).to_pylist() for name in _TREE_COLUMNS[1:])
    return [TreeEntry(*values) for values in zip(*columns, strict=True)]


class _Contents:
    """The bytes in ``files.parquet`` by sha, left in Arrow's memory until they are asked for."""

    def __init__(self, path: Path) -> None:
        table = pq.read_table(path, columns=["sha", "content"])
        self._content = table.column("content").combine_chunks()
        self._rows = {sha: row for row, sha in enumerate(table.column("sha").to_pylist())}

    def find(self, sha: str) -> bytes | None:
        """Return the bytes of a sha, None where there are none."""
        row = self._rows.get(sha)
        content: bytes | None = None if row is None else self._content[row].as_py()
        return content
