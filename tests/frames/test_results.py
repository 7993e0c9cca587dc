from __future__ import annotations

import pandas as pd

from batchlab.batch_models import BatchRequest, BatchResult, FileContent, Repository
from batchlab.errors import EmptyRepositoryError, NetworkError
from batchlab.frames.results import results_frame
from batchlab.frames.schemas import RESULTS

REPOSITORY = Repository("pallets/flask@3.0.x")
DELIVERED = BatchResult(
    BatchRequest(REPOSITORY, "pyproject.toml", priority=3),
    content=FileContent(b"[project]", "5" * 40, 9),
    sha="5" * 40,
    size=9,
    route="blobs",
    batch=4,
    attempts=2,
    started=0.5,
    finished=1.25,
)
FAILED = BatchResult(BatchRequest(REPOSITORY, "setup.py"), error=NetworkError("connection reset"))
EMPTY = BatchResult(BatchRequest(Repository("a/empty"), ""), error=EmptyRepositoryError("no commit"), skipped=True)


def test_no_results_are_a_frame_of_no_rows() -> None:
    RESULTS.validate(results_frame([]))


def test_every_result_is_one_row_in_the_order_given() -> None:
    frame = results_frame([FAILED, DELIVERED, FAILED, EMPTY])
    RESULTS.validate(frame)
    assert frame["status"].tolist() == ["failed", "delivered", "failed", "skipped"]
    assert frame["repo"].tolist() == ["pallets/flask@3.0.x"] * 3 + ["a/empty"]


def test_a_delivered_file_keeps_its_bytes_and_its_history() -> None:
    row = results_frame([DELIVERED]).iloc[0]
    assert row["content"] == b"[project]"
    assert (row["route"], row["batch"], row["attempts"], row["priority"]) == ("blobs", 4, 2, 3)
    assert pd.isna(row["error"])


def test_a_failed_file_has_a_category_and_a_reason() -> None:
    row = results_frame([FAILED]).iloc[0]
    assert (row["error_category"], row["error"]) == ("network", "connection reset")
    assert row["content"] is None


def test_a_row_of_a_whole_repository_has_no_path() -> None:
    assert pd.isna(results_frame([EMPTY])["path"].iloc[0])


def test_contents_can_be_left_out_without_losing_rows() -> None:
    frame = results_frame([DELIVERED, FAILED], contents=False)
    assert frame["content"].tolist() == [None, None]
    assert frame["size"].iloc[0] == 9


def test_a_pointer_of_git_lfs_is_delivered_as_it_is_and_flagged() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
    long_text = pointer + b"#" * 1024
    rows = [BatchResult(BatchRequest(REPOSITORY, "a"), FileContent(b, "5" * 40, len(b))) for b in (pointer, long_text)]
    frame = results_frame([*rows, DELIVERED, FAILED])
    assert frame["lfs_pointer"].tolist() == [True, False, False, False]
    assert frame["content"][0] == pointer
