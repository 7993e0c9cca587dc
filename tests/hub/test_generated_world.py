from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.errors import InputError
from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import AbsentBlobError
from batchlab.hub.generated_world import generated_world
from batchlab.hub.world_spec import WorldSpec


@given(repositories=st.integers(1, 3), files=st.integers(1, 5), size=st.integers(1, 300), seed=st.integers(0, 9))
def test_every_blob_has_its_true_sha_and_the_size_asked_for(
    repositories: int, files: int, size: int, seed: int
) -> None:
    world = WorldSpec.generated(repositories, files, size, seed).build()
    assert len(world) == repositories
    for repository in world:
        snapshot = repository.snapshot("HEAD")
        assert snapshot is not None
        blobs = [entry for entry in snapshot.entries if entry.type == "blob"]
        assert len(blobs) == files
        for entry in blobs:
            content = repository.blobs.read(entry.sha)
            assert (len(content), blob_sha(content)) == (entry.size, entry.sha) == (size, entry.sha)


def test_the_seed_alone_decides_the_contents() -> None:
    trees = [
        [repository.snapshot("HEAD").tree for repository in generated_world(2, 3, 100, seed)]  # type: ignore[union-attr]
        for seed in (0, 0, 1)
    ]
    assert trees[0] == trees[1] != trees[2]
    assert len(set(trees[0])) == 2


def test_a_blob_of_another_repository_is_absent() -> None:
    first, second = generated_world(2, 1, 100)
    snapshot = second.snapshot("HEAD")
    assert snapshot is not None
    with pytest.raises(AbsentBlobError):
        first.blobs.read(next(iter(snapshot.blobs)))


@pytest.mark.parametrize("numbers", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_world_of_nothing_is_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="each must be at least 1"):
        generated_world(*numbers)
