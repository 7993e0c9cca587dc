from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.control.retry import LONGEST_BACKOFF, RetryPolicy
from batchlab.errors import (
    AuthenticationError,
    CancelledFileError,
    FileError,
    IntegrityError,
    NetworkError,
    RateLimitError,
    RepositoryAccessError,
    ServerError,
)

RESET = NetworkError("connection reset")


@given(base=st.floats(0.0, 300.0), attempt=st.integers(1, 20), seed=st.integers(), identity=st.text(max_size=20))
def test_a_backoff_is_half_to_all_of_the_doubled_base_and_never_above_two_minutes(
    base: float, attempt: int, seed: int, identity: str
) -> None:
    wait = RetryPolicy(20, base, seed).backoff(RESET, attempt, identity)
    longest = min(LONGEST_BACKOFF, base * 2 ** (attempt - 1))
    assert wait is not None
    assert 0.5 * longest <= wait <= longest


@pytest.mark.parametrize("attempts", [0, 1, 3])
def test_there_are_so_many_attempts_after_the_first_and_no_more(attempts: int) -> None:
    policy = RetryPolicy(attempts, 1.0)
    waits = [policy.backoff(RESET, attempt, "a/b x") for attempt in range(1, attempts + 3)]
    assert [wait is not None for wait in waits] == [True] * attempts + [False] * 2


@pytest.mark.parametrize(
    "error",
    [NetworkError("x"), IntegrityError("x"), ServerError("x"), RateLimitError("x", kind="primary")],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    assert RetryPolicy(3, 1.0).backoff(error, 1, "a/b x") is not None


@pytest.mark.parametrize(
    "error",
    [AuthenticationError("x"), RepositoryAccessError("x"), FileError("x"), KeyError("x"), OSError("x")],
    ids=lambda error: type(error).__name__,
)
def test_what_cannot_pass_is_given_up_at_once(error: Exception) -> None:
    assert RetryPolicy(3, 1.0).backoff(error, 1, "a/b x") is None


def test_a_file_that_a_stopped_run_did_not_reach_may_be_asked_for_again() -> None:
    assert RetryPolicy(3, 1.0).backoff(CancelledFileError("stopped"), 1, "a/b x") is not None


def test_the_same_seed_waits_alike_whatever_else_was_drawn_before() -> None:
    one, other = RetryPolicy(3, 1.0, seed=7), RetryPolicy(3, 1.0, seed=7)
    one.backoff(RESET, 1, "c/d y")
    assert one.backoff(RESET, 1, "a/b x") == other.backoff(RESET, 1, "a/b x")


def test_batches_that_failed_together_do_not_return_together() -> None:
    policy = RetryPolicy(3, 1.0)
    waits = {policy.backoff(RESET, 1, f"a/b {number}") for number in range(100)}
    assert len(waits) == 100


def test_seeds_and_attempts_spread_differently() -> None:
    shares = [RetryPolicy(9, 1.0, seed).backoff(RESET, 1, "a/b x") for seed in range(10)]
    assert len(set(shares)) == 10
    policy = RetryPolicy(9, 1.0)
    first, second = (policy.backoff(RESET, attempt, "a/b x") for attempt in (1, 2))
    assert second != 2 * first  # type: ignore[operator]
