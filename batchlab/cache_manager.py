"""`CacheManager`: blobs by git sha and validators by URL and credential, least recently used out first.

It keeps and returns bytes within a size cap; what is worth asking for, and when, is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import platformdirs

from batchlab.cache_in_memory import CacheInMemory
from batchlab.cache_on_disk import CacheOnDisk
from batchlab.cache_store import SHARE_LEFT_BY_EVICTION, Cached, CacheStore
from batchlab.errors import InputError
from batchlab.git_objects import blob_sha

IN_MEMORY = ":memory:"
DEFAULT_MAX_BYTES = 2_000_000_000

_logger = logging.getLogger("batchlab.cache")


@dataclass(frozen=True)
class Validator:
    """What a conditional request needs: the last answer's validators, and its body for a 304.

    Parameters
    ----------
    etag, last_modified
        The answer's headers of these names as received, None where absent.
    body
        The answer's bytes.

    References
    ----------
    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    """

    etag: str | None
    last_modified: str | None
    body: bytes = field(repr=False)


def fingerprint(token: str | None) -> str:
    """Return what stands for a token in the cache: GitHub's etags differ by token, and no token is stored.

    Examples
    --------
    >>> fingerprint(None)
    'anonymous'
    >>> fingerprint("ghp_example") == fingerprint("ghp_another")
    False
    """
    if token is None:
        return "anonymous"
    return hmac.new(b"batchlab cache credential", token.encode(), hashlib.sha256).hexdigest()[:16]


def default_path() -> Path:
    """Return where the cache is when no path is given.

    It is ``cache.sqlite3`` in the folder that the environment variable ``BATCHLAB_CACHE_DIR`` names, else in
    the user's cache folder.
    """
    named = os.environ.get("BATCHLAB_CACHE_DIR")
    folder = Path(named) if named else platformdirs.user_cache_path("batchlab", appauthor=False)
    return folder / "cache.sqlite3"


class CacheManager:
    r"""A cache that outlives the process and is shared by processes and threads.

    A put is with the operating system when it returns: a killed process loses none. What is read from disk
    is checked against its git sha; what does not match is set aside, logged under ``batchlab.cache`` and
    counts as absent. A database that cannot be read is renamed to ``*.corrupt-N``, and a fresh one begun.

    Parameters
    ----------
    path
        The database file, ``":memory:"`` to keep everything in the process, None for `default_path`.
    max_bytes
        Cap on the bytes of all bodies, at least 1; beyond it the least recently used go. A body of more than
        nine tenths of the cap is not kept. The database takes some 200 bytes an entry beside the bodies.

    Raises
    ------
    InputError
        ``path`` cannot hold a cache: a folder, not writable, or the database of another program.

    Examples
    --------
    >>> with CacheManager(":memory:") as cache:
    ...     cache.put_blob("ce013625030ba8dba906f756967f9e9ca394464a", b"hello\n")
    ...     cache.get_blob("ce013625030ba8dba906f756967f9e9ca394464a")
    b'hello\n'
    """

    def __init__(self, path: str | Path | None = None, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        if max_bytes < 1:
            raise InputError(f"max_bytes={max_bytes!r} is no cap; give at least 1 byte")
        self.path = str(default_path() if path is None else path)
        self.max_bytes = max_bytes
        in_memory = self.path == IN_MEMORY
        self._store: CacheStore = CacheInMemory(max_bytes) if in_memory else CacheOnDisk(self.path, max_bytes)

    def get_blob(self, sha: str) -> bytes | None:
        """Return the blob's bytes, None where they are not held."""
        cached = self._store.read(sha)
        return None if cached is None else cached.body

    def put_blob(self, sha: str, content: bytes) -> None:
        """Keep a blob whose content was checked against its sha; one that is held already stays as it is."""
        self._write(sha, Cached(sha, None, None, content), replace=False)

    def held(self, shas: Iterable[str]) -> set[str]:
        """Return those of the shas that are held, without reading a content."""
        return self._store.held(shas)

    def get_validator(self, url: str, credential: str) -> Validator | None:
        """Return what the last answer to this URL and credential (a `fingerprint`) left, None if nothing."""
        cached = self._store.read(f"{credential} {url}")
        return None if cached is None else Validator(cached.etag, cached.last_modified, cached.body)

    def put_validator(self, url: str, credential: str, validator: Validator) -> None:
        """Keep the validators and body of an answer in place of those of an earlier one."""
        etag, last_modified, body = validator.etag, validator.last_modified, validator.body
        self._write(f"{credential} {url}", Cached(blob_sha(body), etag, last_modified, body), replace=True)

    def _write(self, key: str, cached: Cached, *, replace: bool) -> None:
        if len(cached.body) > self.max_bytes * SHARE_LEFT_BY_EVICTION:
            _logger.debug("%s: %d bytes are too many for a cache of %d", key, len(cached.body), self.max_bytes)
        else:
            self._store.write(key, cached, replace=replace)

    @property
    def size_bytes(self) -> int:
        """Bytes of all bodies held."""
        return self._store.size_bytes

    def clear(self) -> None:
        """Forget everything and give the disk space back."""
        self._store.clear()

    def close(self) -> None:
        """Save what is to last; closing again does nothing."""
        if not self._store.closed:
            self._store.close()

    def __enter__(self) -> CacheManager:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._store.closed else f"size_bytes={self.size_bytes}"
        return f"CacheManager({self.path!r}, max_bytes={self.max_bytes}, {state})"
