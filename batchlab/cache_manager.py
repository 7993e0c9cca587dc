"""`CacheManager`: blobs by git sha and validators by URL and credential, least recently used out first.

It keeps and returns bytes within a size cap; what is worth asking for, and when, is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import logging
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import platformdirs

from batchlab.cache_database import IN_MEMORY, CacheDatabase
from batchlab.errors import InputError
from batchlab.git_objects import blob_sha

DEFAULT_MAX_BYTES = 2_000_000_000
SHARE_LEFT_BY_EVICTION = 0.9  # so that not every put evicts
MOST_UNSAVED_USES = 1000

# The cast keeps a damaged row, whose body need not be a blob any more, readable enough to be told by its sha.
_FIND = "SELECT sha, etag, last_modified, CAST(body AS BLOB) FROM entries JOIN contents USING (id) WHERE key = ?"
_HELD = "SELECT key FROM entries WHERE key IN (SELECT value FROM json_each(?))"
_ADD_ENTRY = (
    "INSERT OR {} INTO entries (key, sha, used, size, etag, last_modified) "
    "VALUES (:key, :sha, :used, :size, :etag, :last_modified)"
)
_EVICT = """DELETE FROM entries WHERE id IN (
    SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY used DESC, id DESC) AS held FROM entries)
    WHERE held > ?)"""

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
        self._database = CacheDatabase(self.path)
        self._unsaved_uses: dict[str, int] = {}
        newest, size = self._database.run(_newest_use_and_size)
        # Recency is a count, not a time: the same run leaves the same cache, under virtual time too.
        self._ticks = itertools.count(newest + 1)
        self._room = self._room_beside(size)

    def get_blob(self, sha: str) -> bytes | None:
        """Return the blob's bytes, None where they are not held."""
        row = self._read(sha)
        return None if row is None else row[-1]

    def put_blob(self, sha: str, content: bytes) -> None:
        """Keep a blob whose content was checked against its sha; one that is held already stays as it is."""
        self._write("IGNORE", sha, content, sha=sha)

    def held(self, shas: Iterable[str]) -> set[str]:
        """Return those of the shas that are held, without reading a content."""
        wanted = json.dumps(list(shas))
        rows = self._database.run(lambda connection: connection.execute(_HELD, (wanted,)).fetchall())
        return {key for (key,) in rows}

    def get_validator(self, url: str, credential: str) -> Validator | None:
        """Return what the last answer to this URL and credential (a `fingerprint`) left, None if nothing."""
        row = self._read(f"{credential} {url}")
        return None if row is None else Validator(*row[1:])

    def put_validator(self, url: str, credential: str, validator: Validator) -> None:
        """Keep the validators and body of an answer in place of those of an earlier one."""
        self._write(
            "REPLACE",
            f"{credential} {url}",
            validator.body,
            sha=blob_sha(validator.body),
            etag=validator.etag,
            last_modified=validator.last_modified,
        )

    @property
    def size_bytes(self) -> int:
        """Bytes of all bodies held."""
        return self._database.run(_newest_use_and_size)[1]

    def clear(self) -> None:
        """Forget everything and give the disk space back."""
        self._database.run(lambda connection: connection.execute("DELETE FROM entries"))
        self._database.vacuum()

    def close(self) -> None:
        """Close the database; closing again does nothing."""
        if not self._database.closed:
            self._database.run(self._save_uses)
            self._database.close()

    def __enter__(self) -> CacheManager:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._database.closed else f"size_bytes={self.size_bytes}"
        return f"CacheManager({self.path!r}, max_bytes={self.max_bytes}, {state})"

    def _read(self, key: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None
        row = self._database.run(lambda connection: connection.execute(_FIND, (key,)).fetchone())
        if row is None:
            return None
        if self.path != IN_MEMORY and blob_sha(row[-1]) != row[0]:
            self._set_aside(key)
            return None
        self._note_use(key)
        return row

    def _write(self, on_conflict: str, key: str, body: bytes, **columns: str | None) -> None:
        if len(body) > self.max_bytes * SHARE_LEFT_BY_EVICTION:
            _logger.debug("%s: %d bytes are too many for a cache of %d", key, len(body), self.max_bytes)
            return
        entry = {"key": key, "size": len(body), "etag": None, "last_modified": None, **columns}

        def add(connection: sqlite3.Connection) -> bool:
            cursor = connection.execute(_ADD_ENTRY.format(on_conflict), entry | {"used": next(self._ticks)})
            if cursor.rowcount == 0:
                return False
            connection.execute("INSERT INTO contents VALUES (?, ?)", (cursor.lastrowid, body))
            self._unsaved_uses.pop(key, None)
            self._keep_to_cap(connection, len(body))
            return True

        if not self._database.run(add):
            self._note_use(key)

    def _keep_to_cap(self, connection: sqlite3.Connection, added: int) -> None:
        self._room -= added
        if self._room >= 0:
            return
        self._save_uses(connection)
        if _newest_use_and_size(connection)[1] > self.max_bytes:
            connection.execute(_EVICT, (self.max_bytes * SHARE_LEFT_BY_EVICTION,))
        self._room = self._room_beside(_newest_use_and_size(connection)[1])

    def _room_beside(self, size: int) -> int:
        # A tenth of the cap at most before looking again: other processes fill the same cache unseen.
        return min(self.max_bytes - size, self.max_bytes // 10)

    def _note_use(self, key: str) -> None:
        self._unsaved_uses[key] = next(self._ticks)
        if len(self._unsaved_uses) > MOST_UNSAVED_USES:
            self._database.run(self._save_uses)

    def _save_uses(self, connection: sqlite3.Connection) -> None:
        uses, self._unsaved_uses = self._unsaved_uses, {}
        connection.executemany("UPDATE entries SET used = ? WHERE key = ?", [(n, key) for key, n in uses.items()])

    def _set_aside(self, key: str) -> None:
        _logger.warning("%s in %s does not match its sha; it is set aside, as if absent", key, self.path)
        # With the oldest use of all, it is kept for inspection until its room is needed.
        query = "UPDATE OR REPLACE entries SET key = 'corrupt ' || key, used = 0 WHERE key = ?"
        self._database.run(lambda connection: connection.execute(query, (key,)))


def _newest_use_and_size(connection: sqlite3.Connection) -> tuple[int, int]:
    newest, size = connection.execute("SELECT coalesce(max(used), 0), coalesce(sum(size), 0) FROM entries").fetchone()
    return newest, size
