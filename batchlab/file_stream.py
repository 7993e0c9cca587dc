"""Cut the body of an answer into even chunks, and check it against its git sha at the end; the whole is never held."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from batchlab.errors import InputError, IntegrityError

_OBJECT_ID = re.compile(r'(?:W/)?"([0-9a-f]{40})"')


def expected_blob(headers: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the git blob sha and bytes that the headers of a file announce, None where they leave either open.

    References
    ----------
    https://docs.github.com/en/rest/repos/contents : an observed property of its etag is that it is the object's id.

    Examples
    --------
    >>> expected_blob({"etag": 'W/"ce013625030ba8dba906f756967f9e9ca394464a"', "content-length": "6"})
    ('ce013625030ba8dba906f756967f9e9ca394464a', 6)
    """
    tag = _OBJECT_ID.fullmatch(headers.get("etag", ""))
    length = headers.get("content-length", "")
    if tag is None or not length.isdecimal() or headers.get("content-encoding", "identity") != "identity":
        return None
    return tag[1], int(length)


class EvenChunks:
    """Cuts what comes in pieces of any size.

    Parameters
    ----------
    chunk_size
        Bytes a chunk, at least 1.

    Raises
    ------
    InputError
        It is below 1.

    Examples
    --------
    >>> chunks = EvenChunks(2)
    >>> [*chunks.cut(b"abc"), *chunks.cut(b"de"), *chunks.rest()]
    [b'ab', b'cd', b'e']
    """

    def __init__(self, chunk_size: int) -> None:
        if chunk_size < 1:
            raise InputError(f"chunk_size={chunk_size!r} is out of range; accepted: whole numbers of bytes from 1")
        self._size = chunk_size
        self._left = b""

    def cut(self, piece: bytes) -> Iterator[bytes]:
        """Yield the whole chunks that are there with this piece."""
        buffer = self._left + piece
        whole = len(buffer) - len(buffer) % self._size
        self._left = buffer[whole:]
        for start in range(0, whole, self._size):
            yield buffer[start : start + self._size]

    def rest(self) -> list[bytes]:
        """Return the last chunk, the smaller one, if there is any."""
        return [self._left] if self._left else []


class BlobCheck:
    """Computes a git blob sha on the way.

    Parameters
    ----------
    expected
        Sha and bytes as `expected_blob` tells; None checks nothing.
    """

    def __init__(self, expected: tuple[str, int] | None) -> None:
        self._sha, size = expected or ("", 0)
        self._digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)

    def update(self, piece: bytes) -> None:
        """Take in the next bytes."""
        self._digest.update(piece)

    def finish(self, name: str) -> None:
        """Check the whole.

        Raises
        ------
        IntegrityError
            The bytes do not hash to the sha expected.
        """
        if self._sha not in ("", self._digest.hexdigest()):
            raise IntegrityError(f"{name} came with other bytes than its sha {self._sha} has; discard and reread it")
