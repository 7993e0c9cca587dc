"""The SQLite file under the cache: opened or created, shared by processes, set aside when it is damaged.

It knows the tables and how to run work on them; what an entry means and when it goes is `CacheManager`'s.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tenacity import retry, retry_if_exception, stop_after_delay, wait_fixed

from batchlab.errors import BatchLabError, InputError

T = TypeVar("T")

APPLICATION_ID = int.from_bytes(b"btlb")
SCHEMA_VERSION = 1
BUSY_TIMEOUT = 30.0  # seconds that a process waits for another one's write

# Bodies have a table of their own: noting that an entry was used rewrites its row, and that must stay small.
SCHEMA = (
    """CREATE TABLE IF NOT EXISTS entries (
           id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, sha TEXT NOT NULL, used INTEGER NOT NULL,
           size INTEGER NOT NULL, etag TEXT, last_modified TEXT)""",
    """CREATE TABLE IF NOT EXISTS contents (
           id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE, body BLOB NOT NULL)""",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)

_logger = logging.getLogger("batchlab.cache")


class _UnreadableDatabaseError(Exception):
    """The file is no database, a damaged one, or one of another schema version."""


class CacheDatabase:
    """One connection to the cache's tables, for all threads of the process.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        ``path`` is a folder, cannot be written, or is the database of another program.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.closed = False
        # One connection under one lock: an operation takes microseconds.
        self._lock = threading.RLock()
        self._connection = self._open()

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work in a transaction; if the file turns out damaged, again in a fresh one.

        Raises
        ------
        BatchLabError
            The disk is full or fails, or another process held the database for longer than 30 s.
        """
        with self._lock:
            try:
                with self._connection:
                    return work(self._connection)
            except sqlite3.ProgrammingError:  # closed, or a value that SQLite does not take
                raise
            except sqlite3.DatabaseError as error:
                self._begin_afresh(error)
                with self._connection:
                    return work(self._connection)

    def vacuum(self) -> None:
        """Give the disk space of deleted entries back."""
        self.run(lambda connection: connection.execute("VACUUM"))

    def close(self) -> None:
        """Close the connection; closing again does nothing."""
        with self._lock:
            self._connection.close()
            self.closed = True

    def _open(self) -> sqlite3.Connection:
        _make_folder(Path(self.path))
        try:
            return _connect(self.path)
        except _UnreadableDatabaseError as reason:
            _set_aside(Path(self.path), reason)
            return _connect(self.path)

    def _begin_afresh(self, error: sqlite3.DatabaseError) -> None:
        if not _is_damage(error):
            raise BatchLabError(
                f"the cache {self.path} failed: {error}; see that its disk has room and can be written, "
                "or name another folder in BATCHLAB_CACHE_DIR"
            ) from error
        self._connection.close()
        _set_aside(Path(self.path), error)
        self._connection = self._open()


def _make_folder(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{path} is a folder; name the cache's file in it, such as {path / 'cache.sqlite3'}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: str | Path, error: Exception) -> InputError:
    return InputError(
        f"no cache can be kept at {path}: {error}; give another path, name a folder that can be written in "
        "BATCHLAB_CACHE_DIR, or keep it in memory with CacheManager(':memory:')"
    )


def _connect(path: str) -> sqlite3.Connection:
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level="IMMEDIATE", check_same_thread=False)
        _check_owner(connection, path)
        _prepare(connection)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if not isinstance(error, sqlite3.DatabaseError):
            raise
        raise _UnreadableDatabaseError(error) if _is_damage(error) else _unusable(path, error) from error
    return connection


def _check_owner(connection: sqlite3.Connection, path: str) -> None:
    with connection:
        connection.execute("BEGIN")  # one snapshot: another process may be creating the tables just now
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and application != APPLICATION_ID:
        raise InputError(f"{path} is a database of another program; give the cache a file of its own")
    if tables and version != SCHEMA_VERSION:
        raise _UnreadableDatabaseError(f"its schema is version {version}, not {SCHEMA_VERSION}")


def _prepare(connection: sqlite3.Connection) -> None:
    _switch_to_wal(connection)
    # Syncs at checkpoints only; enough to keep the file whole if the power fails.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA:
            connection.execute(statement)


# SQLite's own timeout does not cover the switch, which fails at once while another process opens the file.
@retry(
    retry=retry_if_exception(lambda error: _code(error) == sqlite3.SQLITE_BUSY),
    stop=stop_after_delay(BUSY_TIMEOUT),
    wait=wait_fixed(0.01),
    reraise=True,
)
def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # With a write-ahead log a commit is a write to the operating system: it survives the process without
    # waiting for the disk.
    connection.execute("PRAGMA journal_mode = WAL")


def _is_damage(error: sqlite3.Error) -> bool:
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _code(error: BaseException) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code & 0xFF  # without the extended part


def _set_aside(path: Path, reason: Exception) -> None:
    names = (path.with_name(f"{path.name}.corrupt-{number}") for number in itertools.count(1))
    aside = next(name for name in names if not name.exists())
    try:
        for suffix in ("", "-wal", "-shm"):  # left behind, a log would be replayed into the fresh database
            with contextlib.suppress(FileNotFoundError):
                Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    except OSError as error:
        raise _unusable(path, error) from error
    _logger.warning("the cache %s cannot be read (%s); it is now %s, a fresh one is begun", path, reason, aside)
