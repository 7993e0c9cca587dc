"""What a cache holds beyond the life of the process, in a database that processes and threads share.

Bodies read from it are checked against their git sha; the least recently used go first.
"""

from __future__ import annotations

import itertools
import json
import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from batchlab.cache_database import CacheDatabase
from batchlab.cache_store import SHARE_LEFT_BY_EVICTION, Cached
from batchlab.git_objects import blob_sha

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


class CacheOnDisk:
    """Answers by key; see `batchlab.cache_store.CacheStore`."""

    def __init__(self, path: str, max_bytes: int) -> None:
        self._path, self._max_bytes = path, max_bytes
        self._database = CacheDatabase(path)
        self._unsaved_uses: dict[str, int] = {}
        newest, size = self._database.run(_newest_use_and_size)
        # Recency is a count, not a time: the same run leaves the same cache, under virtual time too.
        self._ticks = itertools.count(newest + 1)
        self._room = self._room_beside(size)

    @property
    def closed(self) -> bool:
        """Whether the database is closed."""
        return self._database.closed

    @property
    def size_bytes(self) -> int:
        """Bytes of all bodies held."""
        return self._database.run(_newest_use_and_size)[1]

    def read(self, key: str) -> Cached | None:
        """Return what is held, and note that it was used; None where nothing is, or what is damaged."""
        row = self._database.run(lambda connection: connection.execute(_FIND, (key,)).fetchone())
        if row is None:
            return None
        cached = Cached(*row)
        if blob_sha(cached.body) != cached.sha:
            self._set_aside(key)
            return None
        self._note_use(key)
        return cached

    def write(self, key: str, cached: Cached, *, replace: bool) -> None:
        """Hold an answer; in place of an earlier one, or not at all where there is one."""
        statement = _ADD_ENTRY.format("REPLACE" if replace else "IGNORE")
        entry: dict[str, Any] = asdict(cached) | {"key": key, "size": len(cached.body)}

        def add(connection: sqlite3.Connection) -> bool:
            cursor = connection.execute(statement, entry | {"used": next(self._ticks)})
            if cursor.rowcount == 0:
                return False
            connection.execute("INSERT INTO contents VALUES (?, ?)", (cursor.lastrowid, cached.body))
            self._unsaved_uses.pop(key, None)
            self._keep_to_cap(connection, len(cached.body))
            return True

        if not self._database.run(add):
            self._note_use(key)

    def held(self, keys: Iterable[str]) -> set[str]:
        """Return those of the keys that are held, without using them."""
        wanted = json.dumps(list(keys))
        rows = self._database.run(lambda connection: connection.execute(_HELD, (wanted,)).fetchall())
        return {key for (key,) in rows}

    def clear(self) -> None:
        """Forget everything and give the disk space back."""
        self._database.run(lambda connection: connection.execute("DELETE FROM entries"))
        self._database.vacuum()

    def close(self) -> None:
        """Save which were used last, and close the database."""
        self._database.run(self._save_uses)
        self._database.close()

    def _keep_to_cap(self, connection: sqlite3.Connection, added: int) -> None:
        self._room -= added
        if self._room >= 0:
            return
        self._save_uses(connection)
        if _newest_use_and_size(connection)[1] > self._max_bytes:
            connection.execute(_EVICT, (self._max_bytes * SHARE_LEFT_BY_EVICTION,))
        self._room = self._room_beside(_newest_use_and_size(connection)[1])

    def _room_beside(self, size: int) -> int:
        # A tenth of the cap at most before looking again: other processes fill the same cache unseen.
        return min(self._max_bytes - size, self._max_bytes // 10)

    def _note_use(self, key: str) -> None:
        self._unsaved_uses[key] = next(self._ticks)
        if len(self._unsaved_uses) > MOST_UNSAVED_USES:
            self._database.run(self._save_uses)

    def _save_uses(self, connection: sqlite3.Connection) -> None:
        uses, self._unsaved_uses = self._unsaved_uses, {}
        connection.executemany("UPDATE entries SET used = ? WHERE key = ?", [(n, key) for key, n in uses.items()])

    def _set_aside(self, key: str) -> None:
        _logger.warning("%s in %s does not match its sha; it is set aside, as if absent", key, self._path)
        # With the oldest use of all, it is kept for inspection until its room is needed.
        query = "UPDATE OR REPLACE entries SET key = 'corrupt ' || key, used = 0 WHERE key = ?"
        self._database.run(lambda connection: connection.execute(query, (key,)))


def _newest_use_and_size(connection: sqlite3.Connection) -> tuple[int, int]:
    newest, size = connection.execute("SELECT coalesce(max(used), 0), coalesce(sum(size), 0) FROM entries").fetchone()
    return newest, size
