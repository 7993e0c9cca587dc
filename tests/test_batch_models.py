from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_models import (
    BatchRequest,
    BatchResult,
    CrossRepoBatch,
    FileContent,
    FileStatus,
    Repository,
)
from batchlab.errors import ErrorCategory, FileError, InputError, NetworkError

WORD = st.text(alphabet="abcXYZ09._-", min_size=1, max_size=12)
REF = st.text(alphabet="abc09._-/@", min_size=1, max_size=12)


@given(owner=WORD, name=WORD, ref=REF)
def test_a_repository_reads_back_what_it_is_written_as(owner: str, name: str, ref: str) -> None:
    repository = Repository(f"{owner}/{name}@{ref}")
    assert (repository.owner, repository.name, repository.ref) == (owner, name, ref)
    assert repository.full_name == f"{owner}/{name}"
    assert Repository.parse(str(repository)) == repository


def test_a_repository_without_ref_reads_head() -> None:
    assert Repository("pallets/flask").ref is None
    assert Repository("pallets/flask@").ref is None
    assert str(Repository("pallets/flask")) == "pallets/flask"


def test_a_ref_given_apart_is_the_same_as_one_in_the_name() -> None:
    assert Repository("pallets/flask", ref="3.0.x") == Repository("pallets/flask@3.0.x")


def test_equal_repositories_are_one_key_and_survive_pickling() -> None:
    here, there = Repository("pallets/flask"), Repository("pallets/flask")
    assert {here: 1}[there] == 1
    assert pickle.loads(pickle.dumps(here)) == here


@pytest.mark.parametrize(
    "text", ["", "flask", "/flask", "pallets/", "a/b/c", "pal lets/flask", "https://github.com/a/b", "a//b"]
)
def test_what_is_no_repository_is_named_with_what_would_be_one(text: str) -> None:
    with pytest.raises(InputError, match="owner/name or owner/name@ref") as caught:
        Repository(text)
    assert repr(text) in str(caught.value)


def test_parsing_leaves_a_repository_alone() -> None:
    repository = Repository("pallets/flask", default_branch="main")
    assert Repository.parse(repository) is repository


def test_content_is_bytes_and_text_on_request() -> None:
    content = FileContent("é".encode(), "sha", 2)
    assert content.content == b"\xc3\xa9"
    assert content.text() == "é"
    assert FileContent(b"\xff", "sha", 1).text() == "\ufffd"
    with pytest.raises(UnicodeDecodeError):
        FileContent(b"\xff", "sha", 1).text(errors="strict")


def test_content_stays_out_of_what_is_printed() -> None:
    assert "secret" not in repr(FileContent(b"secret", "sha", 6))


def _result(**values: object) -> BatchResult:
    return BatchResult(BatchRequest(Repository("a/b"), "x"), **values)  # type: ignore[arg-type]


def test_a_result_is_delivered_failed_or_skipped() -> None:
    assert _result(content=FileContent(b"", "sha", 0)).status is FileStatus.DELIVERED
    assert _result(error=FileError("gone")).status is FileStatus.FAILED
    assert _result(error=FileError("no wanted file"), skipped=True).status is FileStatus.SKIPPED


def test_a_result_has_a_category_only_where_it_has_an_error() -> None:
    assert _result().error_category is None
    assert _result(error=NetworkError("reset")).error_category is ErrorCategory.NETWORK
    assert _result(error=KeyError("x")).error_category is ErrorCategory.INTERNAL


def test_the_documented_defaults_of_request_and_result_hold() -> None:
    request = BatchRequest(Repository("a/b"), "x")
    assert (request.priority, request.estimated_size, request.cache_key) == (0, 0, None)
    result = BatchResult(request)
    assert result.content is result.error is None
    assert (result.from_cache, result.processing_time) == (False, 0.0)


def test_a_cross_repository_batch_names_who_takes_part() -> None:
    batch = CrossRepoBatch({"a/b": ["x"], "c/d": ["x", "y"]}, 3, 1, estimated=False, reason="one query")
    assert batch.repositories == ["a/b", "c/d"]
