"""A tree is complete or its repository fails: no file is lost between the listings of a large one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_models import Repository
from batchlab.engine.tree_reading import TreeJob, TreeReading
from batchlab.errors import NetworkError
from batchlab.github_api import TreeEntry, TreeListing
from batchlab.hub import git_database
from batchlab.hub.scenario import Latency, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World

Read = Callable[..., Any]
names = st.sampled_from(["a", "a-b", "a.b", "b", "ü"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


def without_conflicts(wanted: set[str]) -> set[str]:
    return {path for path in wanted if not any(other.startswith(path + "/") for other in wanted)}


@given(wanted=st.sets(paths, min_size=1, max_size=40).map(without_conflicts), cut=st.integers(5, 12))
def test_a_cut_tree_is_walked_and_its_rows_are_those_of_the_whole(wanted: set[str], cut: int, read: Read) -> None:
    world = World.build({"acme/mono": {path: path.encode() for path in sorted(wanted)}})
    scenario = Scenario("noisy", latency=Latency(sigma=1.0))
    whole = read(SimHub(world, scenario)).results
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(git_database, "LARGEST_TREE_ENTRIES", cut)
        walked = read(SimHub(world, scenario)).results
    assert list(whole.path) == list(walked.path)
    assert set(walked.path) == wanted
    assert list(walked.content) == [path.encode() for path in walked.path]
    assert set(walked.tree) == {world.get("acme/mono").snapshot("HEAD").tree}


def test_a_directory_too_large_for_the_api_fails_its_repository_instead_of_losing_files(
    monkeypatch: pytest.MonkeyPatch, read: Read
) -> None:
    monkeypatch.setattr(git_database, "LARGEST_TREE_ENTRIES", 5)
    world = World.build({"acme/flat": {f"many/{n}": b"" for n in range(9)}, "acme/small": {"go.mod": b""}})
    results = read(SimHub(world, "no-limits")).results
    assert list(results.status) == ["failed", "delivered"]
    assert (
        "acme/flat: the server lists only 5 entries of many/ and cuts the rest; clone the repository"
        in (results.error.iloc[0])
    )


def test_a_reading_given_up_fails_once_and_asks_for_nothing_more() -> None:
    jobs: list[Any] = []
    failures: list[Exception] = []
    reading = TreeReading(Repository("acme/app"), jobs.append, lambda *tree: pytest.fail("complete"), failures.append)
    reading.begin()
    reading.listed(jobs[0], TreeListing("1" * 40, True, []))
    folders = [TreeEntry(name, "040000", "tree", name * 40, None) for name in "ab"]
    reading.listed(jobs[1], TreeListing("1" * 40, False, folders))
    assert [(job.ref, job.prefix) for job in jobs if isinstance(job, TreeJob)][2:] == [
        ("a" * 40, "a/"),
        ("b" * 40, "b/"),
    ]
    error = NetworkError("reset")
    jobs[2].failed(error)
    jobs[3].failed(NetworkError("again"))
    reading.listed(jobs[3], TreeListing("b" * 40, True, []))
    assert failures == [error]
    assert len(jobs) == 4
