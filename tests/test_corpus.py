"""All repositories of the corpus, read by all five strategies: nothing is lost, nothing is changed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.git_objects import blob_sha
from batchlab.hub.sim import SimHub
from batchlab.patterns import PathFilter
from batchlab.study import Study, compare

FIVE = [strategy.value for strategy in BatchStrategy]


@pytest.fixture(scope="module")
def study(corpus_hub: SimHub) -> Study:
    return compare(corpus_hub.under("no-limits"), seeds=[0], config=BatchConfig.lab())


@pytest.fixture(scope="module")
def asked(corpus_folder: Path) -> dict[tuple[str, str], str]:
    """Git sha by repository and path of every wanted file, read from the corpus without batchlab's engine."""
    trees = pd.read_parquet(corpus_folder / "trees.parquet", columns=["full_name", "path", "type", "sha"])
    wanted = trees[(trees["type"] == "blob") & trees["path"].map(PathFilter())]
    return {
        (repo, path): sha for repo, path, sha in zip(wanted["full_name"], wanted["path"], wanted["sha"], strict=True)
    }


@pytest.mark.parametrize("strategy", FIVE)
def test_every_file_asked_for_is_delivered_with_the_bytes_of_its_git_sha(
    study: Study, asked: dict[tuple[str, str], str], strategy: str
) -> None:
    files = study.runs[strategy].files
    assert len(files) == len(asked)
    assert set(files["status"]) == {"delivered"}
    assert {
        (repo, path): blob_sha(bytes(content))
        for repo, path, content in zip(files["repo"], files["path"], files["content"], strict=True)
    } == asked


@pytest.mark.parametrize("strategy", FIVE)
def test_every_repository_without_wanted_files_has_a_row_that_says_so(
    study: Study, asked: dict[tuple[str, str], str], strategy: str
) -> None:
    results = study.runs[strategy].results
    others = results[results["path"].isna()]
    assert set(others["status"]) == {"skipped"}
    assert set(others["repo"]).isdisjoint(repo for repo, _ in asked)
    assert results["repo"].nunique() == len(others) + len({repo for repo, _ in asked})


def test_adaptive_needs_a_twentieth_of_the_time_of_sequential_where_nothing_is_limited(study: Study) -> None:
    makespan = study.table.set_index("strategy")["makespan"]
    assert makespan["sequential"] >= 20 * makespan["adaptive"]


def test_no_strategy_has_more_calls_in_flight_than_it_may(study: Study) -> None:
    peaks = study.replications.set_index("strategy")["peak_in_flight"]
    assert peaks["sequential"] == 1
    assert peaks["conservative"] <= 4
    assert peaks.max() <= BatchConfig.lab().max_concurrent_requests
