"""The file under the cache: who owns it, what is set aside, who may open it together."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from batchlab.cache_database import SCHEMA_VERSION, CacheDatabase
from batchlab.errors import BatchLabError, InputError

OPENER = """
import sys
from batchlab.cache_database import CacheDatabase
sys.stdin.read()
CacheDatabase(sys.argv[1]).close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.sqlite3"


@contextmanager
def opened(path: Path) -> Iterator[CacheDatabase]:
    with closing(CacheDatabase(str(path))) as database:
        yield database


def count_entries(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM entries").fetchone()
    return int(count)


def add_entries(connection: sqlite3.Connection) -> None:
    for number in range(500):
        row = (number, f"key {number}", "sha", number, 0)
        connection.execute("INSERT INTO entries (id, key, sha, used, size) VALUES (?, ?, ?, ?, ?)", row)
        connection.execute("INSERT INTO contents VALUES (?, ?)", (number, b"x" * 1000))


def test_a_file_that_is_no_database_is_set_aside_whole(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_bytes(b"no database at all" * 1000)
    with caplog.at_level(logging.WARNING, "batchlab.cache"), opened(path) as database:
        assert database.run(count_entries) == 0
    assert path.with_name("cache.sqlite3.corrupt-1").read_bytes() == b"no database at all" * 1000
    assert "corrupt-1" in caplog.text


def test_each_file_set_aside_has_a_name_of_its_own(path: Path) -> None:
    for _ in range(2):
        path.write_bytes(b"no database at all" * 1000)
        with opened(path):
            pass
    assert sorted(file.name for file in path.parent.glob("*.corrupt-*")) == [
        "cache.sqlite3.corrupt-1",
        "cache.sqlite3.corrupt-2",
    ]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_database_is_replaced_at_first_use(path: Path, share: float) -> None:
    with opened(path) as database:
        database.run(add_entries)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with opened(path) as database:
        database.run(lambda connection: connection.execute("SELECT * FROM entries JOIN contents USING (id)").fetchall())
        assert database.run(count_entries) == 0
    assert path.with_name("cache.sqlite3.corrupt-1").exists()


def test_damage_found_while_open_costs_the_contents_and_not_the_work(path: Path) -> None:
    with opened(path) as database:
        database.run(add_entries)
        database.run(lambda connection: connection.execute("SELECT 1"))
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = path.read_bytes()
        path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
        database.run(lambda connection: connection.execute("PRAGMA shrink_memory"))
        assert database.run(count_entries) == 0
        database.run(add_entries)
        assert database.run(count_entries) == 500


def test_another_schema_version_is_set_aside(path: Path) -> None:
    with opened(path) as database:
        database.run(add_entries)
        database.run(lambda connection: connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}"))
    with opened(path) as database:
        assert database.run(count_entries) == 0
    assert path.with_name("cache.sqlite3.corrupt-1").exists()


def test_the_database_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE invoices (id)")
    before = path.read_bytes()
    with pytest.raises(InputError, match="database of another program; give the cache a file of its own"):
        CacheDatabase(str(path))
    assert path.read_bytes() == before


def test_a_folder_is_refused_with_the_file_to_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder; name the cache's file in it, such as .*cache\.sqlite3"):
        CacheDatabase(str(tmp_path))


def test_a_place_that_cannot_be_written_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"no cache can be kept at .*BATCHLAB_CACHE_DIR.*:memory:"):
        CacheDatabase(str(tmp_path / "file" / "cache.sqlite3"))


def test_a_full_disk_is_reported_with_what_to_do(path: Path) -> None:
    with opened(path) as database:
        database.run(lambda connection: connection.execute("PRAGMA max_page_count = 10"))
        with pytest.raises(BatchLabError, match="full; see that its disk has room"):
            database.run(add_entries)
        assert database.run(count_entries) == 0


def test_work_after_close_is_refused(path: Path) -> None:
    database = CacheDatabase(str(path))
    database.close()
    database.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        database.run(count_entries)


def test_processes_may_create_the_file_at_the_same_moment(path: Path) -> None:
    command = [sys.executable, "-c", OPENER, str(path)]
    checkout = Path(__file__).resolve().parents[1]
    openers = [subprocess.Popen(command, cwd=checkout, stdin=subprocess.PIPE) for _ in range(4)]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.close()
    assert [opener.wait() for opener in openers] == [0, 0, 0, 0]
    assert not list(path.parent.glob("*.corrupt-*"))
