"""Contents of files outside memory: temporary files, each removed when nothing refers to it any more."""

from __future__ import annotations

import hashlib
import itertools
import shutil
import tempfile
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from batchlab.batch_models import FileContent
from batchlab.errors import BatchLabError, IntegrityError
from batchlab.git_objects import blob_sha


class StoredFile:
    """A temporary file that goes with the last reference to this object.

    Parameters
    ----------
    store
        Whose folder it is in; the folder outlives its files.
    path
        Where it is.
    """

    def __init__(self, store: ContentStore, path: Path) -> None:
        self._store, self.path = store, path
        weakref.finalize(self, path.unlink, missing_ok=True)


class ContentStore:
    """A temporary folder, made when it is first needed and removed with the last of its files."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._numbers = itertools.count()

    def new_file(self) -> StoredFile:
        """Return a file yet to be written."""
        if self._folder is None:
            with _room_on_disk():
                self._folder = Path(tempfile.mkdtemp(prefix="batchlab-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return StoredFile(self, self._folder / str(next(self._numbers)))

    def write(self, content: bytes) -> StoredFile:
        """Return a file of these bytes."""
        file = self.new_file()
        with _room_on_disk():
            file.path.write_bytes(content)
        return file


@contextmanager
def _room_on_disk() -> Iterator[None]:
    """Say what can be done about a disk that takes no more."""
    try:
        yield
    except OSError as error:
        raise BatchLabError(
            f"contents beyond max_memory_usage_mb cannot be kept in {tempfile.gettempdir()}: {error}; "
            "free disk space there, name another folder in TMPDIR, or raise max_memory_usage_mb"
        ) from error


class HeldContent(FileContent):
    r"""A file's bytes, in memory or on disk: the same to whoever reads them.

    Parameters
    ----------
    sha, size
        Git blob sha, and bytes.
    place
        The bytes themselves, or the file that has them.

    Examples
    --------
    >>> content = HeldContent("ce013625030ba8dba906f756967f9e9ca394464a", 6, b"hello\n")
    >>> content.move_to(ContentStore())
    >>> content.in_memory, bytes(content)
    (False, b'hello\n')
    """

    _place: bytes | StoredFile

    def __init__(self, sha: str, size: int, place: bytes | StoredFile) -> None:
        vars(self).update(sha=sha, size=size, _place=place)

    @property
    def content(self) -> bytes:
        """The bytes; those on disk are read, and checked against their sha, each time.

        Raises
        ------
        BatchLabError
            The temporary file is gone or damaged.
        """
        return self._place if isinstance(self._place, bytes) else self._read(self._place.path)

    def _read(self, path: Path) -> bytes:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BatchLabError(f"the temporary file of blob {self.sha} cannot be read: {error}") from error
        if blob_sha(content) != self.sha:
            raise IntegrityError(f"the temporary file {path} of blob {self.sha} was changed; read the blob again")
        return content

    @property
    def in_memory(self) -> bool:
        """Whether the bytes are held in memory."""
        return isinstance(self._place, bytes)

    def move_to(self, store: ContentStore) -> None:
        """Put the bytes on disk, unless they are there."""
        if isinstance(self._place, bytes):
            self._place = store.write(self._place)

    def load(self) -> None:
        """Hold the bytes in memory, and no longer on disk."""
        self._place = self.content

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileContent):
            return NotImplemented
        return (self.sha, self.size) == (other.sha, other.size) and self.content == other.content

    def __hash__(self) -> int:
        return hash((self.content, self.sha, self.size))

    def __reduce__(self) -> tuple[Any, ...]:
        # What is stored or sent elsewhere takes its bytes along.
        return FileContent, (self.content, self.sha, self.size)


class Spool:
    """Takes the body of an answer to disk as it comes, and computes its git blob sha on the way.

    Parameters
    ----------
    store
        Where the file goes.
    size
        Bytes expected: git puts the size before the content, so another length gives another sha.
    """

    def __init__(self, store: ContentStore, size: int) -> None:
        self._file = store.new_file()
        self._digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        self._size = 0

    async def take(self, body: AsyncIterator[bytes]) -> None:
        """Write the body."""
        # The disk's cache takes a piece in less time than handing it to a thread would need.
        with _room_on_disk(), self._file.path.open("wb") as file:
            async for piece in body:
                self._digest.update(piece)
                self._size += len(piece)
                file.write(piece)

    def content(self) -> HeldContent:
        """Return what was taken, under the sha that it really has."""
        return HeldContent(self._digest.hexdigest(), self._size, self._file)
