"""The work of a run, rebuilt from its results: repositories with files of the same names, sizes and equalities.

The bytes are stand-ins; two files are equal here where they were equal there. What nobody wanted is there as sizes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.rest_bodies import encoded, tree_entry
from batchlab.hub.snapshot import Snapshot, TreeEntry, leaf
from batchlab.hub.world import World, WorldRepository
from batchlab.twin.observations import Recorded

ROOT = "https://api.github.com"
LONGEST = 2000  # bytes of a stand-in's name
MOST = 2000  # stand-ins for what nobody wanted, in one repository
_DIGITS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-"
_WILD = re.compile(r"[*?[]")


@dataclass(frozen=True, slots=True)
class StandIn:
    """Bytes in place of a file's own: as many, of printable characters, and unlike those of other numbers."""

    number: int
    size: int

    def content(self) -> bytes:
        """Return the bytes."""
        number, head = self.number, ""
        while number or not head:
            number, digit = divmod(number, len(_DIGITS))
            head += _DIGITS[digit]
        line = f"{head}\n"
        return (line + _FILLER * (self.size // len(_FILLER) + 1))[: self.size].encode()

    def sha(self) -> str:
        """Return the git id of the bytes."""
        return hashlib.sha1(b"blob %d\0" % self.size + self.content(), usedforsecurity=False).hexdigest()


_FILLER = "".join(f"a line that stands for another, number {number:04d}\n" for number in range(64))


class _Blobs:
    """Stand-ins by their shas; their bytes are made when they are read."""

    def __init__(self, by_sha: Mapping[str, StandIn]) -> None:
        self._by_sha = by_sha

    def read(self, sha: str) -> bytes:
        """Return the bytes of a stand-in, or raise `AbsentBlobError`."""
        try:
            return self._by_sha[sha].content()
        except KeyError:
            raise AbsentBlobError(sha) from None


@dataclass(frozen=True)
class RecordedWork:
    """What a run read, as a world to read again.

    Parameters
    ----------
    world
        The repositories.
    held
        Blobs that the cache held at the start, by sha.
    patterns
        Globs that want exactly the files that were wanted.
    """

    world: World
    held: Mapping[str, bytes]
    patterns: tuple[str, ...]


def recorded_work(run: Recorded) -> RecordedWork:
    """Rebuild the work of a run.

    Parameters
    ----------
    run
        The run; only its results and calls are looked at.
    """
    files = run.results[run.results["path"].notna()].drop_duplicates(["repo", "path"])
    known = files["sha"].fillna(files["repo"] + ":" + files["path"])
    numbers = {sha: number for number, sha in enumerate(dict.fromkeys(known))}
    sizes = files["size"].fillna(files["size"].median() if files["size"].notna().any() else 1).astype(int)
    stand_ins = {sha: StandIn(numbers[sha], size) for sha, size in zip(known, sizes, strict=True)}
    shas = {sha: one.sha() for sha, one in stand_ins.items()}
    blobs = _Blobs({shas[sha]: one for sha, one in stand_ins.items()})
    entries = pd.DataFrame({
        "repo": files["repo"], "path": files["path"], "sha": known.map(shas), "size": sizes, "tree": files["tree_size"],
    })  # fmt: skip
    world = World(_repositories(run, entries, blobs), "recorded")
    held = {shas[sha]: stand_ins[sha].content() for sha in _held(files, known)}
    names = dict.fromkeys(path.rpartition("/")[2] for path in files["path"])
    return RecordedWork(world, held, tuple(_WILD.sub(r"[\g<0>]", name) for name in names) or ("no file",))


def _held(files: pd.DataFrame, known: pd.Series[str]) -> list[str]:
    """Return the shas that were delivered from the cache although no call of the run had brought them."""
    delivered = files["status"] == "delivered"
    fetched = set(known[delivered & ~files["from_cache"]])
    return [sha for sha in dict.fromkeys(known[delivered & files["from_cache"]]) if sha not in fetched]


def _repositories(run: Recorded, entries: pd.DataFrame, blobs: _Blobs) -> Iterator[WorldRepository]:
    trees = run.calls[(run.calls["endpoint"] == "tree") & (run.calls["outcome"] == "ok")]
    listed = trees.groupby("repo")["bytes"].max().to_dict()
    wanted = dict(iter(entries.groupby("repo", sort=False)))
    whole = run.results.drop_duplicates("repo")
    for repo, status in zip(whole["repo"], whole["status"], strict=True):
        name = repo.replace("@", "-at-").replace(":", "-")
        if repo in wanted:
            yield _repository(name, wanted[repo], listed.get(repo.partition("@")[0], 0), blobs)
        elif status == "failed":
            yield WorldRepository(name, blobs, blocked=True)
        else:
            filler = list(_filler(name, 0, listed.get(repo.partition("@")[0], 0)))
            yield WorldRepository.of(name, Snapshot.of(filler), blobs) if filler else WorldRepository(name, blobs)


def _repository(name: str, rows: pd.DataFrame, listed: int, blobs: _Blobs) -> WorldRepository:
    leaves = [leaf(path, sha, size) for path, sha, size in zip(rows["path"], rows["sha"], rows["size"], strict=True)]
    own = sum(_listed(name, entry) for entry in Snapshot.of(leaves).entries)
    rest = rows["tree"].iloc[0]
    unwanted = 0 if pd.isna(rest) else max(0, int(rest) - int(rows["size"].sum()))
    return WorldRepository.of(name, Snapshot.of([*leaves, *_filler(name, unwanted, listed - own)]), blobs)


def _listed(name: str, entry: TreeEntry) -> int:
    """Return the bytes of an entry in a listing, with its comma."""
    return len(encoded(tree_entry(entry, entry.path, f"{ROOT}/repos/{name}/git"))) + 1


def _filler(name: str, size: int, listed: int) -> Iterator[TreeEntry]:
    """Yield entries that weigh as much, in files and in the listing, as those that nobody wanted."""
    least = _listed(name, leaf("", "0" * 40, 10**6))
    count = min(MOST, max(int(size > 0), round(listed / (least + LONGEST)), int(listed > 2 * least)))
    for number in range(count):
        length = min(LONGEST, max(8, listed // count - least))
        sha = hashlib.sha1(f"nobody wanted {number}".encode(), usedforsecurity=False).hexdigest()
        yield leaf(f"{number:08d}".rjust(length, "-"), sha, size // count)
