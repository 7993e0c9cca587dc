"""What a person may ask for wrongly: each ends as a row that says what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import MemoryBlobs
from batchlab.hub.scenario import Faults, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.snapshot import SUBMODULE, SYMLINK, Snapshot, TreeEntry, leaf
from batchlab.hub.world import World, WorldRepository

Read = Callable[..., Any]
MB = 1024 * 1024
LARGE = b"x" * (2 * MB)
FILES = {"go.mod": b"module app", "docs/a b#c?d.txt": "ü".encode(), "empty.txt": b"", "large.bin": LARGE}


@pytest.fixture(scope="module")
def odd() -> World:
    """Repositories and files in every state in which they may be met."""
    shas = {path: blob_sha(content) for path, content in FILES.items()}
    leaves = [leaf(path, shas[path], len(content)) for path, content in FILES.items()]
    leaves += [leaf("link", blob_sha(b"go.mod"), 6, SYMLINK), TreeEntry("lib", SUBMODULE, "commit", "1" * 40)]
    leaves += [leaf("huge.iso", "b" * 40, 101 * MB), leaf("untold.iso", "c" * 40, None)]
    blobs = MemoryBlobs({shas[path]: content for path, content in FILES.items()})
    first, second = Snapshot.of(leaves), Snapshot.of([leaf("go.mod", shas["empty.txt"], 0)])
    state: dict[str, Any] = {
        "blobs": blobs,
        "snapshots": {"1" * 40: first, "2" * 40: second},
        "refs": {"main": "1" * 40, "feature/x": "2" * 40},
    }
    return World(
        [
            WorldRepository("acme/app", **state),
            WorldRepository("acme/empty"),
            WorldRepository("acme/taken-down", blocked=True, **state),
            WorldRepository("acme/hidden", visibility="hidden", **state),
            WorldRepository("acme/new-name", former_names=("acme/old-name",), **state),
        ]
    )


@pytest.fixture
def hub(odd: World) -> SimHub:
    return SimHub(odd, "no-limits", keep_log=True)


@pytest.mark.parametrize(
    ("name", "status", "category", "said"),
    [
        ("acme/empty", "skipped", "repository_access", "is empty: it has no commit yet"),
        ("acme/nowhere", "failed", "repository_access", "no such repository or ref, or no access to it"),
        ("acme/hidden", "failed", "repository_access", "no such repository or ref, or no access to it"),
        ("acme/app@no-such-branch", "failed", "repository_access", "no such repository or ref"),
        ("acme/taken-down", "failed", "repository_access", "is blocked for legal reasons"),
    ],
)
def test_a_repository_that_cannot_be_read_is_one_row_beside_the_others(
    name: str, status: str, category: str, said: str, hub: SimHub, read: Read
) -> None:
    results = read(hub, [name, "acme/app"], patterns=["go.mod"]).results
    assert list(results.repo) == [name, "acme/app"]
    refused, good = results.iloc[0], results.iloc[1]
    assert (refused.status, refused.error_category) == (status, category)
    assert refused.path is None or str(refused.path) == "<NA>"
    assert said in refused.error
    assert name.partition("@")[0] in refused.error
    assert good.content == b"module app"


def test_a_repository_without_a_wanted_file_is_a_skipped_row_that_says_so(hub: SimHub, read: Read) -> None:
    (row,) = read(hub, ["acme/app"], patterns=["*.lock"]).results.itertuples()
    assert row.status == "skipped"
    assert "none of its 9 entries matches the patterns; widen patterns=" in row.error


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("no/such.file", "does not exist in this tree"),
        ("GO.MOD", "paths are case-sensitive"),
        ("docs", "is a directory; ask for its files, for instance with patterns=['docs/**']"),
        ("lib", "is a submodule; its files are in another repository"),
        ("link", "is a symbolic link; ask for the file it points to"),
        ("huge.iso", "has 101 MB; GitHub's API serves files up to 100 MB, clone the repository"),
        ("untold.iso", "no such file"),
    ],
)
def test_what_is_no_readable_file_is_a_failed_row_that_says_what_it_is(
    path: str, said: str, hub: SimHub, read: Read
) -> None:
    reading = read(hub, ["acme/app"], paths=[path, "go.mod"])
    assert list(reading.results.status) == ["failed", "delivered"]
    assert reading.row(path).error_category == "file"
    assert said in reading.row(path).error
    assert "acme/app" in reading.row(path).error


@pytest.mark.parametrize("route", ["blobs", "contents"])
def test_files_of_any_name_and_of_more_than_a_megabyte_arrive_whole_by_any_route(
    route: str, hub: SimHub, read: Read
) -> None:
    reading = read(hub, ["acme/app"], paths=list(FILES), routes=(route,))
    assert {row.path: row.content for row in reading.results.itertuples()} == FILES
    assert set(reading.results.route) == {route}


def test_a_ref_with_a_slash_is_read_as_it_was_then(hub: SimHub, read: Read) -> None:
    for route in ("blobs", "contents"):
        (row,) = read(hub, ["acme/app@feature/x"], patterns=["go.mod"], routes=(route,)).results.itertuples()
        assert (row.repo, row.content) == ("acme/app@feature/x", b"")


def test_a_renamed_repository_is_redirected_once(hub: SimHub, read: Read) -> None:
    reading = read(hub, ["acme/old-name"], "sequential", patterns=["go.mod", "docs/*", "*.txt"])
    assert len(reading.delivered) == 3
    assert set(reading.results.repo) == {"acme/old-name"}
    assert [call.status for call in reading.books.log] == [301, 200, 200, 200, 200]


def test_a_wrong_token_ends_the_run_and_keeps_a_row_for_all_that_was_asked(hub: SimHub, read: Read) -> None:
    reading = read(hub, ["acme/app", "acme/empty", "acme/nowhere"], "sequential", token="ghp_wrong")
    assert list(reading.results.error_category) == ["authentication"] * 3
    assert reading.results.error.str.contains("GitHub refused the classic personal access token").all()
    assert not reading.results.error.str.contains("ghp_wrong").any()
    assert (reading.books.total_calls, reading.calls.points.sum()) == (1, reading.books.core_spent)


def test_a_path_asked_for_twice_is_two_rows_and_one_call(hub: SimHub, read: Read) -> None:
    reading = read(hub, ["acme/app"], paths=["go.mod", "empty.txt", "go.mod"])
    assert list(reading.results.path) == ["go.mod", "empty.txt", "go.mod"]
    assert list(reading.results.from_cache) == [False, False, True]
    assert reading.books.total_calls == 3


def test_a_repository_named_twice_is_read_once_whatever_its_case(hub: SimHub, read: Read) -> None:
    reading = read(hub, ["acme/app", "acme/empty", "Acme/App", "acme/app@main"], patterns=["go.mod"])
    assert list(reading.results.repo) == ["acme/app", "acme/empty", "acme/app@main"]


def test_asking_for_nothing_is_an_empty_frame(hub: SimHub, read: Read) -> None:
    for asked in ({"repositories": []}, {"repositories": ["acme/app"], "paths": []}):
        reading = read(hub, **asked)
        assert len(reading.results) == 0
        assert reading.books.total_calls == 0
        metrics = reading.coordinator.get_batch_metrics()
        assert (metrics.total_requests, len(metrics)) == (0, 1)


def test_a_tree_that_cannot_be_read_leaves_one_row_for_each_path_asked(odd: World, read: Read) -> None:
    broken = SimHub(odd, Scenario("down", faults=Faults({"503": 1.0})))
    results = read(broken, ["acme/app"], paths=["go.mod", "go.mod", "lib"], retry_attempts=1).results
    assert list(results.path) == ["go.mod", "go.mod", "lib"]
    assert set(results.error_category) == {"network"}
    assert (results.queue_wait == results.finished - results.queued).all()
