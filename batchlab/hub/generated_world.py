"""A world of any size whose contents are made from a seed when they are asked for, with true git shas."""

from __future__ import annotations

from hashlib import blake2b

from batchlab.errors import InputError
from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import LazyBlobs
from batchlab.hub.snapshot import Snapshot, leaf
from batchlab.hub.world import World, WorldRepository


def generated_world(repositories: int, files: int, size: int, seed: int = 0) -> World:
    """Return a world that takes some hundred bytes of memory a file, however large its files are.

    Each content is made once to learn its sha, and anew each time that it is read.

    Parameters
    ----------
    repositories
        How many there are, at least 1, named ``generated/repo-000`` and so on.
    files
        Files of each, at least 1, named ``data/00000.txt`` and so on.
    size
        Bytes of each file, at least 1.
    seed
        Of the contents.

    Raises
    ------
    InputError
        A number is below 1.

    Examples
    --------
    >>> world = generated_world(repositories=1, files=2, size=70)
    >>> repository = world.get("generated/repo-000")
    >>> [len(repository.blobs.read(entry.sha)) for entry in repository.snapshot("HEAD").entries if entry.size]
    [70, 70]
    """
    if min(repositories, files, size) < 1:
        raise InputError(f"repositories={repositories}, files={files}, size={size}: each must be at least 1")
    names = (f"generated/repo-{number:03}" for number in range(repositories))
    return World((_repository(name, files, size, seed) for name in names), "generated")


def _repository(name: str, files: int, size: int, seed: int) -> WorldRepository:
    paths = {}
    leaves = []
    for number in range(files):
        path = f"data/{number:05}.txt"
        sha = blob_sha(_content(name, path, size, seed))
        paths[sha] = path
        leaves.append(leaf(path, sha, size))

    def find(sha: str) -> bytes | None:
        return _content(name, paths[sha], size, seed) if sha in paths else None

    return WorldRepository.of(name, Snapshot.of(leaves), LazyBlobs(find))


def _content(name: str, path: str, size: int, seed: int) -> bytes:
    line = blake2b(f"{seed} {name} {path}".encode(), digest_size=32).hexdigest().encode() + b"\n"
    return (line * (size // len(line) + 1))[:size]
