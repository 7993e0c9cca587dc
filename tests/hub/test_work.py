"""A work is the same to the byte everywhere, quick to build, and its shas are true."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.errors import InputError
from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import SMALLEST, Work
from batchlab.patterns import PathFilter

WANTED = PathFilter()
WORKS = st.builds(
    Work,
    repositories=st.integers(1, 4),
    files=st.integers(1, 8),
    median=st.floats(1.0, 1e5),
    sigma=st.floats(0.0, 2.0),
    shared=st.floats(0.0, 1.0),
    rest=st.sampled_from([0.0, 1e6]),
)


def blobs(world):
    return [
        (repo, entry)
        for repo in world
        for entry in repo.snapshot("HEAD").entries
        if entry.type == "blob" and WANTED(entry.path)
    ]


@given(WORKS, st.integers(0, 5))
def test_every_wanted_blob_has_the_sha_and_size_that_its_tree_lists(work, seed):
    found = blobs(work.world(seed))
    assert len(found) == work.repositories * work.files
    for repo, entry in found:
        content = repo.blobs.read(entry.sha)
        assert blob_sha(content) == entry.sha
        assert len(content) == entry.size >= SMALLEST
        content.decode()


def test_the_same_work_and_seed_is_the_same_world_and_another_seed_another():
    shas = [[entry.sha for _, entry in blobs(Work(2, 5).world(seed))] for seed in (0, 0, 1)]
    assert shas[0] == shas[1] != shas[2]


def test_the_rest_is_listed_with_its_size_and_has_no_bytes():
    (repository,) = Work(1, 2, rest=8e6).world()
    rest = [e for e in repository.snapshot("HEAD").entries if e.type == "blob" and not WANTED(e.path)]
    assert sum(entry.size for entry in rest) == 8_000_000
    with pytest.raises(AbsentBlobError):
        repository.blobs.read(rest[0].sha)


def test_forks_share_what_they_are_told_to():
    work = Work(20, 100, shared=0.7)
    distinct = {entry.sha for _, entry in blobs(work.world())}
    assert 20 * 100 * 0.2 < len(distinct) < 20 * 100 * 0.4


def test_a_warm_share_is_held_at_the_start_and_costs_no_call():
    scenario = Scenario("warm", work=Work(4, 50, warm=0.9))
    hub = SimHub(scenario=scenario)
    assert 0.8 * 200 < len(hub.held) < 0.99 * 200
    assert all(blob_sha(content) == sha for sha, content in hub.held.items())


def test_sizes_have_the_median_and_the_large_ones_that_were_asked_for():
    work = Work(10, 100, median=5000.0, large_share=0.05, large_smallest=1e6, large_largest=2e6)
    sizes = sorted(entry.size for _, entry in blobs(work.world()))
    assert 4000 < sizes[len(sizes) // 2] < 6000
    assert 20 <= sum(size >= 1e6 for size in sizes) <= 90
    assert sizes[-1] <= 2_000_000


def test_a_world_of_work_survives_pickling():
    world = Work(2, 3).world()
    again = pickle.loads(pickle.dumps(world))
    assert [entry for _, entry in blobs(again)] == [entry for _, entry in blobs(world)]


def test_a_scenario_file_names_its_work():
    scenario = Scenario.parse({"work": {"repositories": 3, "files": 4}}, "mine")
    assert scenario.work == Work(3, 4)
    assert len(SimHub(scenario=scenario).repositories) == 3
    with pytest.raises(InputError, match="repositories"):
        Scenario.parse({"work": {"repositories": 0}})
