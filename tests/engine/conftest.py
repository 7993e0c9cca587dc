"""A town of small repositories with shared blobs, and the accounts that every run of the engine must balance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from batchlab.git_objects import blob_sha
from batchlab.hub.world import World

Files = dict[str, dict[str, bytes]]


def _town(repositories: int = 12, files: int = 5) -> Files:
    """Files by repository: the first of each is everybody's, the others are its own."""
    return {
        f"town/house-{n:02}": {
            f"src/{m}/go.mod": b"module shared\n" if m == 0 else b"module house%d/%d\n" % (n, m) * (m + 1)
            for m in range(files)
        }
        for n in range(repositories)
    }


@pytest.fixture(scope="session")
def town_files() -> Files:
    return _town()


@pytest.fixture(scope="session")
def town(town_files: Files) -> World:
    return World.build(town_files, "town")


@pytest.fixture(scope="session")
def build_town() -> Callable[..., World]:
    """Return a world of so many repositories with so many files each."""
    return lambda repositories, files: World.build(_town(repositories, files), "town")


@pytest.fixture(scope="session")
def assert_balanced() -> Callable[..., None]:
    """Check one operation's rows and calls against what was asked and what the server saw."""
    return _assert_balanced


def _assert_balanced(reading: Any, asked: Files) -> None:
    _assert_every_file_is_one_row(reading.results, asked)
    _assert_times_add_up(reading.results)
    _assert_books_agree(reading)
    assert reading.leaked == ()


def _assert_every_file_is_one_row(results: Any, asked: Files) -> None:
    whole = list(results.repo[results.path.isna()])
    assert len(whole) == len(set(whole))
    expected = Counter((repo, path) for repo, files in asked.items() if repo not in whole for path in files)
    files = results[results.path.notna()]
    assert Counter(zip(files.repo, files.path, strict=True)) == expected
    for row in results.itertuples():
        assert (row.status == "delivered") == (row.content is not None and blob_sha(row.content) == row.sha)
        assert (row.status == "delivered") == (str(row.error) == "<NA>")


def _assert_times_add_up(results: Any) -> None:
    parts = ["queue_wait", "pacing_wait", "limit_wait", "backoff_wait", "processing_time"]
    for row in results.itertuples():
        values = [getattr(row, part) for part in parts]
        assert min(values) >= -1e-9, row
        assert math.isclose(math.fsum(values), row.finished - row.queued, abs_tol=1e-9), row


def _assert_books_agree(reading: Any) -> None:
    calls, books = reading.calls, reading.books
    assert len(calls) == books.total_calls
    assert calls.status.value_counts().to_dict() == {
        status: count for status, count in _by_status(books).items() if status
    }
    spent = calls.points.groupby(calls.pool).sum()
    # A call whose connection broke was charged, and its client cannot know.
    graphql, archives = books.calls["graphql", 0], books.calls["archive", 0]
    assert spent.get("graphql", 0) + graphql == books.graphql_spent
    assert spent.get("core", 0) + _by_status(books)[0] - graphql - archives == books.core_spent
    assert (calls.in_flight <= calls.limit).all()
    assert books.peak_in_flight <= calls.limit.max()
    assert books.in_flight == 0


def _by_status(books: Any) -> Counter[int]:
    by_status: Counter[int] = Counter()
    for (_, status), count in books.calls.items():
        by_status[status] += count
    return by_status
