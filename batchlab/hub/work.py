"""What a scenario gives to read: repositories and files of drawn sizes, made from their names alone.

Sizes and contents are draws by identity, so that the same work is the same to the byte everywhere; contents are made
when they are read and not kept.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist

from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.checks import at_least, positive, share
from batchlab.hub.snapshot import Snapshot, TreeEntry, leaf
from batchlab.hub.weather import uniforms
from batchlab.hub.world import World, WorldRepository

SMALLEST = 64  # bytes of a file: room for the name that makes it unlike all others
_PARTS = 8  # files that make up the rest of a repository
_STANDARD_NORMAL = NormalDist()
_FILLER = b"".join(b'    "package-%04d": "^%d.%d.0",\n' % (n, n % 17, n % 23) for n in range(4096))


@dataclass(frozen=True)
class Work:
    """Repositories to read, and the files that are wanted of them.

    Parameters
    ----------
    repositories, files
        Number of repositories, and of wanted files in each.
    median, sigma
        Sizes of wanted files: median in bytes, and standard deviation of the natural logarithm.
    large_share, large_smallest, large_largest
        Share of files that are large instead, and their range in bytes, uniform.
    rest
        Bytes of everything else in each repository, which nobody wants but an archive brings.
    shared
        Share of files that are the same, path and bytes, in all repositories, as among forks.
    warm
        Share of files whose bytes the cache holds at the start.

    Examples
    --------
    >>> work = Work(repositories=2, files=3)
    >>> [repository.full_name for repository in work.world().repositories]
    ['work/repository-000', 'work/repository-001']
    """

    repositories: int = 40
    files: int = 40
    median: float = 5_000.0
    sigma: float = 0.8
    large_share: float = 0.0
    large_smallest: float = 2e6
    large_largest: float = 20e6
    rest: float = 2e6
    shared: float = 0.0
    warm: float = 0.0

    def __post_init__(self) -> None:
        positive(self, "repositories", "files", "median", "large_smallest")
        at_least(0, self, "sigma", "rest")
        at_least(self.large_smallest, self, "large_largest")
        share(self, "large_share", "shared", "warm")

    def world(self, seed: int = 0) -> World:
        """Return the world of this work; the same object for the same seed.

        Parameters
        ----------
        seed
            Of sizes and contents.
        """
        return _world(self, seed)

    def held(self, seed: int = 0) -> Iterator[tuple[str, bytes]]:
        """Yield sha and bytes of the files that the cache holds at the start."""
        for sha, drawn in _Blobs(self, seed).files.items() if self.warm else ():
            if uniforms(seed, "warm", drawn.identity, 0)[0] < self.warm:
                yield sha, drawn.content()

    def size(self, seed: int, identity: str) -> int:
        """Return the size in bytes of a wanted file."""
        body, large, place, _ = uniforms(seed, "size", identity, 0)
        if large < self.large_share:
            return round(self.large_smallest + place * (self.large_largest - self.large_smallest))
        return max(SMALLEST, round(self.median * math.exp(self.sigma * _STANDARD_NORMAL.inv_cdf(body))))

    def identity(self, seed: int, repository: int, file: int) -> str:
        """Return what makes a file's bytes: its place, and its repository unless it is shared by all."""
        shared = uniforms(seed, "shared", str(file), 0)[0] < self.shared
        return f"{file}" if shared else f"{repository}/{file}"


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A file that was drawn but not made."""

    identity: str
    size: int
    seed: int

    def content(self) -> bytes:
        head = b'{"name": "%s", "seed": %d,\n' % (self.identity.encode(), self.seed)
        times = -(-self.size // len(_FILLER))
        return (head + (_FILLER * times)[: self.size])[: self.size]

    def sha(self) -> str:
        return hashlib.sha1(b"blob %d\0" % self.size + self.content(), usedforsecurity=False).hexdigest()


class _Blobs:
    """The blobs of a work, by sha; picklable, because it holds names and sizes only."""

    def __init__(self, work: Work, seed: int) -> None:
        self._work, self._seed = work, seed

    @cached_property
    def identities(self) -> list[list[str]]:
        """What makes the files' bytes, by repository."""
        work, seed = self._work, self._seed
        return [[work.identity(seed, r, f) for f in range(work.files)] for r in range(work.repositories)]

    @cached_property
    def drawn(self) -> Mapping[str, tuple[str, _Drawn]]:
        """Sha and file by identity."""
        unique = dict.fromkeys(identity for row in self.identities for identity in row)
        files = (_Drawn(identity, self._work.size(self._seed, identity), self._seed) for identity in unique)
        return {file.identity: (file.sha(), file) for file in files}

    @cached_property
    def files(self) -> Mapping[str, _Drawn]:
        """Files by sha."""
        return dict(self.drawn.values())

    def read(self, sha: str) -> bytes:
        """Return the bytes of a wanted file, or raise `AbsentBlobError` for another."""
        try:
            return self.files[sha].content()
        except KeyError:
            raise AbsentBlobError(sha) from None


@lru_cache(maxsize=4)
def _world(work: Work, seed: int) -> World:
    blobs = _Blobs(work, seed)
    rest = list(_rest(work))
    repositories = []
    for number, identities in enumerate(blobs.identities):
        wanted = (
            leaf(f"modules/{place:04d}/package.json", *_listed(blobs, identity))
            for place, identity in enumerate(identities)
        )
        snapshot = Snapshot.of([*wanted, *rest])
        repositories.append(WorldRepository.of(f"work/repository-{number:03d}", snapshot, blobs))
    return World(repositories, "work")


def _listed(blobs: _Blobs, identity: str) -> tuple[str, int]:
    sha, file = blobs.drawn[identity]
    return sha, file.size


def _rest(work: Work) -> Iterator[TreeEntry]:
    """Yield the entries that nobody wants: listed, with sizes, and without bytes."""
    for part in range(_PARTS if work.rest else 0):
        sha = hashlib.sha1(b"the rest, part %d" % part, usedforsecurity=False).hexdigest()
        yield leaf(f"source/{part}.py", sha, round(work.rest / _PARTS))
