"""What can go wrong, by what the caller can do about it.

::

    BatchLabError
    ├── InputError (ValueError)         fix the input: the message names it and what is accepted
    │   └── ConfigError                 a BatchConfig value or pair of values
    ├── GitHubError                     the server's answer; carries status, message, request id
    │   ├── AuthenticationError         fix the token: 401, or a token that cannot be read
    │   ├── RateLimitError              wait: primary or secondary limit; carries the wait in seconds
    │   ├── RepositoryAccessError       fix access: 403, 404, 451 on a repository
    │   │   └── EmptyRepositoryError    nothing to read: a repository without commits
    │   ├── FileError                   one file: missing, too large, not a regular file
    │   └── ServerError                 retry: 5xx
    ├── NetworkError                    retry: no usable answer (connection, timeout, broken body)
    │   └── IntegrityError              retry: the bytes do not hash to the git sha asked for
    └── CancelledFileError              the run was stopped before this file was read
"""

from __future__ import annotations

from enum import Enum


class ErrorCategory(Enum):
    """The documented error categories, and one for files that a stopped run did not reach."""

    NETWORK = "network"
    RATE_LIMIT = "rate_limit"
    AUTHENTICATION = "authentication"
    FILE = "file"
    REPOSITORY_ACCESS = "repository_access"
    CANCELLED = "cancelled"
    INTERNAL = "internal"


class BatchLabError(Exception):
    """Base of every error that batchlab raises on purpose."""

    category = ErrorCategory.INTERNAL
    retryable = False


class InputError(BatchLabError, ValueError):
    """A value given by the caller cannot be used."""


class ConfigError(InputError):
    """A `BatchConfig` value, or a pair of them, is out of range."""


class GitHubError(BatchLabError):
    """An answer of the server that is not the one asked for.

    Parameters
    ----------
    message
        What happened and what to do about it.
    status
        HTTP status, None when no single answer is meant.
    request_id
        The server's ``x-github-request-id``, for a report to its support.
    """

    def __init__(self, message: str, *, status: int | None = None, request_id: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id


class AuthenticationError(GitHubError):
    """The token was refused, or could not be read.

    ``partial`` is what was read before, where there was something: a `Run`, or a processor's list of results.
    """

    category = ErrorCategory.AUTHENTICATION
    partial: object = None


class RateLimitError(GitHubError):
    """A primary or secondary limit stands in the way.

    Parameters
    ----------
    message, status, request_id
        As for `GitHubError`.
    kind
        ``"primary"`` or ``"secondary"``.
    wait
        Seconds to wait as the server asked, None when it named none.

    ``pool`` is the rate-limit resource that it belongs to, where that is known.
    """

    category = ErrorCategory.RATE_LIMIT
    retryable = True
    pool = ""

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        wait: float | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.kind = kind
        self.wait = wait


class RepositoryAccessError(GitHubError):
    """A repository cannot be read with this token: 403, 404 or 451."""

    category = ErrorCategory.REPOSITORY_ACCESS


class EmptyRepositoryError(RepositoryAccessError):
    """The repository has no commit yet."""


class FileError(GitHubError):
    """One file cannot be delivered: missing, too large, or no regular file."""

    category = ErrorCategory.FILE


class ServerError(GitHubError):
    """The server failed (5xx); the same call may succeed later."""

    category = ErrorCategory.NETWORK
    retryable = True


class NetworkError(BatchLabError):
    """No usable answer arrived: connection, timeout, truncated or unreadable body."""

    category = ErrorCategory.NETWORK
    retryable = True


class IntegrityError(NetworkError):
    """The bytes that arrived do not hash to the git sha that was asked for."""


class CancelledFileError(BatchLabError):
    """The run was stopped before this file was read."""

    category = ErrorCategory.CANCELLED
    retryable = True


def category_of(error: BaseException) -> ErrorCategory:
    """Return the category of any exception; foreign ones are ``INTERNAL``."""
    return error.category if isinstance(error, BatchLabError) else ErrorCategory.INTERNAL
