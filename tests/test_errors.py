from __future__ import annotations

import inspect

import pytest

from batchlab import errors
from batchlab.errors import (
    AuthenticationError,
    BatchLabError,
    CancelledFileError,
    ConfigError,
    EmptyRepositoryError,
    ErrorCategory,
    FileError,
    InputError,
    IntegrityError,
    NetworkError,
    RateLimitError,
    RepositoryAccessError,
    ServerError,
    category_of,
)

TREE = [error for _, error in inspect.getmembers(errors, inspect.isclass) if issubclass(error, Exception)]


@pytest.mark.parametrize("error", TREE)
def test_every_error_has_the_one_base_and_stands_in_the_drawn_tree(error: type[Exception]) -> None:
    assert issubclass(error, BatchLabError)
    assert errors.__doc__ is not None
    assert error.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (NetworkError("connection reset"), ErrorCategory.NETWORK),
        (IntegrityError("other bytes"), ErrorCategory.NETWORK),
        (ServerError("502", status=502), ErrorCategory.NETWORK),
        (RateLimitError("wait", kind="primary"), ErrorCategory.RATE_LIMIT),
        (AuthenticationError("401", status=401), ErrorCategory.AUTHENTICATION),
        (FileError("too large"), ErrorCategory.FILE),
        (RepositoryAccessError("404", status=404), ErrorCategory.REPOSITORY_ACCESS),
        (EmptyRepositoryError("no commit"), ErrorCategory.REPOSITORY_ACCESS),
        (CancelledFileError("stopped"), ErrorCategory.CANCELLED),
        (InputError("no repository"), ErrorCategory.INTERNAL),
        (KeyError("foreign"), ErrorCategory.INTERNAL),
    ],
)
def test_every_error_has_one_category(error: Exception, category: ErrorCategory) -> None:
    assert category_of(error) is category


def test_only_what_may_pass_is_retryable() -> None:
    assert {error for error in TREE if error.retryable} == {
        NetworkError,
        IntegrityError,
        ServerError,
        RateLimitError,
        CancelledFileError,
    }


def test_bad_input_is_a_value_error_for_those_who_catch_that() -> None:
    assert issubclass(ConfigError, InputError)
    assert issubclass(InputError, ValueError)


def test_an_answer_that_went_wrong_keeps_what_its_support_would_ask_for() -> None:
    error = RateLimitError("wait", kind="secondary", wait=60.0, status=403, request_id="C0DE:1")
    assert (error.kind, error.wait, error.status, error.request_id) == ("secondary", 60.0, 403, "C0DE:1")
    assert str(error) == "wait"
