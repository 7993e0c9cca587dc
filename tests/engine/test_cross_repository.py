"""What several repositories can share: found in trees that were seen, assumed where none was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_config import BatchConfig
from batchlab.batch_models import Repository
from batchlab.batch_strategy_manager import BatchStrategyManager
from batchlab.engine.cross_repository import ASSUMED_FILES, shared_blobs, shared_calls
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.routes import ROUTES, WantedFile

Read = Callable[..., Any]
GRAPHQL = ROUTES["graphql"]
wanted = st.builds(
    WantedFile,
    st.sampled_from([Repository(f"acme/{n}") for n in range(40)]),
    st.sampled_from([f"{n}/go.mod" for n in range(5)] + ["logo.png"]),
    st.integers(0, 60).map(lambda n: f"{n:040}"),
    st.integers(0, 400_000),
)


def files_of(batch: Any) -> list[tuple[str, str]]:
    return [(repo, path) for repo, paths in batch.files.items() for path in paths]


@given(st.lists(wanted, max_size=150))
def test_shared_blobs_are_all_that_several_repositories_hold_each_in_one_group(files: list[WantedFile]) -> None:
    holders: dict[str, set[str]] = {}
    for file in files:
        holders.setdefault(file.sha, set()).add(file.repo.full_name)
    shared = [file for file in files if len(holders[file.sha]) > 1]
    batches = shared_blobs(files)
    assert Counter(place for batch in batches for place in files_of(batch)) == Counter(
        (file.repo.full_name, file.path) for file in shared
    )
    assert sum(batch.calls_before for batch in batches) == len(shared)
    assert sum(batch.calls_after for batch in batches) == len({file.sha for file in shared})
    assert not any(batch.estimated for batch in batches)


@given(st.lists(wanted, max_size=150), st.integers(1, 60))
def test_shared_calls_keep_every_bound_of_their_route(files: list[WantedFile], most_files: int) -> None:
    sizes = {(file.repo.full_name, file.path, file.sha): file.size for file in files}
    batches = shared_calls(files, GRAPHQL, most_files)
    for batch in batches:
        assert 1 < len(batch.repositories) <= GRAPHQL.most_repositories
        assert len(files_of(batch)) == batch.calls_before <= min(most_files, GRAPHQL.most_files)
        assert batch.calls_after == 1
        assert "logo.png" not in {path for _, path in files_of(batch)}
    assert sum(batch.calls_before for batch in batches) <= len({sha for _, _, sha in sizes})


def test_a_manager_that_has_seen_no_tree_assumes_usual_manifests_and_says_so() -> None:
    batches = BatchStrategyManager().identify_cross_repo_opportunities(["acme/app", "acme/site", "ACME/app"])
    (batch,) = batches
    assert batch.estimated
    assert batch.files == {"acme/app": list(ASSUMED_FILES), "acme/site": list(ASSUMED_FILES)}
    assert (batch.calls_before, batch.calls_after) == (2 * len(ASSUMED_FILES), 1)


def test_a_coordinators_manager_knows_the_trees_that_were_read(read: Read, town: World) -> None:
    reading = read(SimHub(town, Scenario("calm")), routes=("blobs", "graphql"))
    manager, calls = reading.coordinator.strategy_manager, len(reading.coordinator.trace.calls)
    batches = manager.identify_cross_repo_opportunities([*map(str, town.repositories), "town/unseen"])
    shared, *together = batches
    assert shared.files == {f"town/house-{n:02}": ["src/0/go.mod"] for n in range(12)}
    assert (shared.calls_before, shared.calls_after, shared.estimated) == (12, 1, False)
    assert sum(batch.calls_before for batch in together) == 49  # each blob once
    assert not any(batch.estimated for batch in together)
    assert len(reading.coordinator.trace.calls) == calls  # nothing was read for it


def test_what_is_foretold_of_shared_blobs_is_what_folding_saves(read: Read, town: World) -> None:
    folded, apart = (
        read(SimHub(town, Scenario("calm")), fold_duplicates=fold, use_cache=False) for fold in (True, False)
    )
    batches = folded.coordinator.strategy_manager.identify_cross_repo_opportunities(town.repositories)
    (shared,) = [batch for batch in batches if "the same" in batch.reason]
    assert len(apart.calls) - len(folded.calls) == shared.calls_before - shared.calls_after == 11


@pytest.mark.parametrize("routes", [("blobs",), ("contents", "tarball")])
def test_without_a_route_for_several_only_equal_blobs_are_shared(routes: tuple[str, ...]) -> None:
    manager = BatchStrategyManager(BatchConfig(routes=routes))
    assert manager.identify_cross_repo_opportunities(["acme/app", "acme/site"]) == []
