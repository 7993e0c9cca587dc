from __future__ import annotations

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_error_handler import BatchErrorHandler
from batchlab.batch_models import BatchRequest, BatchResult, FileContent, Repository
from batchlab.control.retry import RetryPolicy
from batchlab.errors import (
    AuthenticationError,
    CancelledFileError,
    ErrorCategory,
    FileError,
    InputError,
    NetworkError,
    RateLimitError,
    RepositoryAccessError,
    ServerError,
)

ONE = [BatchRequest(Repository("a/b"), "x")]
FOUR = [BatchRequest(Repository("a/b"), path) for path in "wxyz"]
TWO_REPOSITORIES = [BatchRequest(Repository(name), "x") for name in ("a/b", "c/d")]
ERRORS = [
    NetworkError("connection reset"),
    ServerError("502", status=502),
    RateLimitError("wait", kind="secondary", wait=60.0),
    AuthenticationError("401", status=401),
    FileError("too large"),
    RepositoryAccessError("404", status=404),
    CancelledFileError("stopped"),
    ConnectionResetError("peer"),
    KeyError("bug"),
]


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (NetworkError("reset"), ErrorCategory.NETWORK),
        (ConnectionResetError(), ErrorCategory.NETWORK),
        (TimeoutError(), ErrorCategory.NETWORK),
        (socket.gaierror(), ErrorCategory.NETWORK),
        (RateLimitError("wait", kind="primary"), ErrorCategory.RATE_LIMIT),
        (AuthenticationError("401"), ErrorCategory.AUTHENTICATION),
        (FileError("gone"), ErrorCategory.FILE),
        (RepositoryAccessError("404"), ErrorCategory.REPOSITORY_ACCESS),
        (asyncio.CancelledError(), ErrorCategory.CANCELLED),
        (PermissionError(), ErrorCategory.INTERNAL),
        (KeyError("bug"), ErrorCategory.INTERNAL),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_has_a_category(error: BaseException, category: ErrorCategory) -> None:
    assert BatchErrorHandler().categorize(error) is category


@given(
    paths=st.lists(st.sampled_from("wxyz"), max_size=6),
    error=st.sampled_from(ERRORS),
    attempt=st.integers(1, 9),
)
def test_no_request_is_lost_or_doubled_by_a_plan(paths: list[str], error: Exception, attempt: int) -> None:
    batch = [BatchRequest(Repository("a/b"), path) for path in paths]
    plan = BatchErrorHandler().handle_batch_failure(batch, error, attempt=attempt)
    assert [*plan.retry, *plan.give_up] == batch
    assert plan.delay >= 0.0
    assert 1 <= plan.batch_size <= max(1, len(batch))
    assert plan.reason


@pytest.mark.parametrize("error", [NetworkError("reset"), ServerError("502"), ConnectionResetError()])
def test_a_network_error_is_retried_in_halves_after_a_backoff(error: Exception) -> None:
    plan = BatchErrorHandler(RetryPolicy(3, 4.0)).handle_batch_failure(FOUR, error)
    assert (plan.retry, plan.batch_size) == (FOUR, 2)
    assert 2.0 <= plan.delay <= 4.0


def test_backoffs_grow_and_end_with_the_attempts() -> None:
    handler = BatchErrorHandler(RetryPolicy(2, 1.0))
    plans = [handler.handle_batch_failure(ONE, NetworkError("reset"), attempt=n) for n in (1, 2, 3)]
    assert plans[1].delay > plans[0].delay
    assert [bool(plan.give_up) for plan in plans] == [False, False, True]


def test_the_default_retries_are_those_of_the_default_configuration() -> None:
    handler = BatchErrorHandler()
    plans = [handler.handle_batch_failure(ONE, NetworkError("reset"), attempt=n) for n in (3, 4)]
    assert [len(plan.retry) for plan in plans] == [1, 0]


def test_a_rate_limit_is_waited_for_as_asked_and_never_given_up_for_its_number() -> None:
    error = RateLimitError("wait", kind="secondary", wait=60.0)
    plan = BatchErrorHandler().handle_batch_failure(FOUR, error, attempt=50)
    assert (plan.retry, plan.delay, plan.batch_size) == (FOUR, 60.0, 4)


def test_a_rate_limit_that_names_no_wait_is_waited_for_longer_each_time() -> None:
    error = RateLimitError("wait", kind="secondary")
    delays = [BatchErrorHandler().handle_batch_failure(ONE, error, attempt=n).delay for n in (1, 2, 3)]
    assert delays == [60.0, 120.0, 240.0]


@pytest.mark.parametrize("error", [AuthenticationError("401: expired"), KeyError("bug")])
def test_what_no_retry_can_save_is_given_up_at_once(error: Exception) -> None:
    plan = BatchErrorHandler().handle_batch_failure(FOUR, error)
    assert (plan.retry, plan.give_up, plan.delay) == ([], FOUR, 0.0)


def test_a_file_that_cannot_be_delivered_is_given_up_alone() -> None:
    assert BatchErrorHandler().handle_batch_failure(ONE, FileError("gone")).give_up == ONE


def test_of_several_files_the_culprit_is_sought_by_halving() -> None:
    plan = BatchErrorHandler().handle_batch_failure(FOUR, FileError("gone"))
    assert (plan.retry, plan.batch_size, plan.delay) == (FOUR, 2, 0.0)


def test_a_repository_without_access_is_skipped_and_another_goes_on() -> None:
    handler, error = BatchErrorHandler(), RepositoryAccessError("404", status=404)
    assert handler.handle_batch_failure(FOUR, error).give_up == FOUR
    plan = handler.handle_batch_failure(TWO_REPOSITORIES, error)
    assert (plan.retry, plan.batch_size) == (TWO_REPOSITORIES, 1)


def test_a_stopped_run_leaves_everything_to_be_asked_for_again() -> None:
    plan = BatchErrorHandler().handle_batch_failure(FOUR, CancelledFileError("stopped"))
    assert (plan.retry, plan.batch_size) == (FOUR, 4)


def test_the_reason_never_quotes_a_foreign_message() -> None:
    plan = BatchErrorHandler().handle_batch_failure(ONE, RuntimeError("authorization: ghp_secret"))
    assert "ghp_secret" not in plan.reason
    assert "RuntimeError" in plan.reason


def test_a_failed_batch_may_be_results() -> None:
    results = [BatchResult(request, error=NetworkError("reset")) for request in FOUR]
    assert BatchErrorHandler().handle_batch_failure(results, NetworkError("reset")).retry == FOUR


def test_requests_without_a_known_error_are_worth_another_attempt() -> None:
    assert BatchErrorHandler().handle_partial_failure([], FOUR) == FOUR


def test_failed_results_are_judged_by_the_errors_they_bring() -> None:
    errors = [NetworkError("reset"), FileError("gone"), TimeoutError(), AuthenticationError("401")]
    failed = [BatchResult(request, error=error) for request, error in zip(FOUR, errors, strict=True)]
    assert BatchErrorHandler().handle_partial_failure([], failed) == [FOUR[0], FOUR[2]]


def test_errors_of_failed_requests_are_looked_up_among_the_results() -> None:
    delivered = BatchResult(FOUR[0], content=FileContent(b"", "sha", 0))
    gone = BatchResult(FOUR[1], error=FileError("gone"))
    assert BatchErrorHandler().handle_partial_failure([delivered, gone], FOUR[1:]) == FOUR[2:]


def test_the_same_path_of_another_repository_or_ref_is_another_file() -> None:
    gone = BatchResult(BatchRequest(Repository("a/b"), "x"), error=FileError("gone"))
    elsewhere = [BatchRequest(Repository(name), "x") for name in ("a/c", "a/b@main")]
    assert BatchErrorHandler().handle_partial_failure([gone], elsewhere) == elsewhere


def test_a_request_asked_for_twice_is_tried_twice() -> None:
    assert BatchErrorHandler().handle_partial_failure([], ONE + ONE) == ONE + ONE


@pytest.mark.parametrize("wrong", ["x", 5, None])
def test_what_is_neither_request_nor_result_is_refused_by_name(wrong: object) -> None:
    with pytest.raises(InputError, match=f"{type(wrong).__name__} is neither BatchRequest nor BatchResult"):
        BatchErrorHandler().handle_partial_failure([], [wrong])  # type: ignore[list-item]
