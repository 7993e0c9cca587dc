"""Blob stores: bytes by git sha, some of them declared absent.

A store does not know which repository may show a blob; that is `batchlab.hub.world`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from batchlab.errors import BatchLabError


class AbsentBlobError(BatchLabError):
    """A blob that a tree lists and that this world does not hold the bytes of."""

    def __init__(self, sha: str) -> None:
        super().__init__(f"blob {sha} is listed in a tree, but its bytes are not part of this world")
        self.sha = sha


class BlobStore(Protocol):
    """Bytes by git sha."""

    def read(self, sha: str) -> bytes:
        """Return the bytes of a blob.

        Raises
        ------
        AbsentBlobError
            The bytes are not held.
        """
        ...


class MemoryBlobs:
    """Blobs held in memory.

    Parameters
    ----------
    contents
        Bytes by sha.
    """

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def read(self, sha: str) -> bytes:
        """Return the bytes of a blob, or raise `AbsentBlobError`."""
        try:
            return self._contents[sha]
        except KeyError:
            raise AbsentBlobError(sha) from None


class LazyBlobs:
    """Blobs that a function reads when they are asked for.

    Parameters
    ----------
    find
        Returns the bytes of a sha, or None where it has none.
    """

    def __init__(self, find: Callable[[str], bytes | None]) -> None:
        self._find = find

    def read(self, sha: str) -> bytes:
        """Return the bytes of a blob, or raise `AbsentBlobError`."""
        content = self._find(sha)
        if content is None:
            raise AbsentBlobError(sha)
        return content
