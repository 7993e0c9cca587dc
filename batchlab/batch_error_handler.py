"""What to do about a failure: its category, whether a retry can help, how soon and in how large a batch.

Plans only; nothing is sent or waited for here.
"""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from batchlab.batch_config import BatchConfig
from batchlab.batch_models import BatchRecoveryPlan, BatchRequest, BatchResult
from batchlab.control.rate_limits import pause
from batchlab.control.retry import RetryPolicy
from batchlab.errors import (
    BatchLabError,
    CancelledFileError,
    ErrorCategory,
    InputError,
    NetworkError,
    RateLimitError,
    category_of,
)

RequestOrResult: TypeAlias = BatchRequest | BatchResult

_CONNECTION_ERRORS = (ConnectionError, TimeoutError, socket.gaierror)
_KEEPS_SIZE = (ErrorCategory.RATE_LIMIT, ErrorCategory.CANCELLED)
_ADVICE = {
    ErrorCategory.NETWORK: "the connection may recover",
    ErrorCategory.RATE_LIMIT: "the limit passes",
    ErrorCategory.AUTHENTICATION: "no retry helps before the token is replaced",
    ErrorCategory.FILE: "this file cannot be delivered, others can",
    ErrorCategory.REPOSITORY_ACCESS: "this repository is skipped, others go on",
    ErrorCategory.CANCELLED: "the run was stopped; these can be asked for again",
    ErrorCategory.INTERNAL: "this is no failure of GitHub's; please report it",
}


class BatchErrorHandler:
    """Turns failures into recovery plans.

    Parameters
    ----------
    retry
        Decides on the retries of network errors; by default as a default `BatchConfig` says.

    Examples
    --------
    >>> from batchlab.batch_models import Repository
    >>> from batchlab.errors import NetworkError
    >>> batch = [BatchRequest(Repository("pallets/flask"), path) for path in ("setup.py", "tox.ini")]
    >>> plan = BatchErrorHandler().handle_batch_failure(batch, NetworkError("connection reset"))
    >>> plan.category, len(plan.retry), plan.batch_size
    (<ErrorCategory.NETWORK: 'network'>, 2, 1)
    """

    def __init__(self, retry: RetryPolicy | None = None) -> None:
        defaults = BatchConfig()
        self._retry = retry or RetryPolicy(defaults.retry_attempts, defaults.retry_delay_base)

    def categorize(self, error: BaseException) -> ErrorCategory:
        """Return the documented category of an error; Python's own connection errors are network errors."""
        return category_of(_known(error))

    def handle_batch_failure(
        self, failed_batch: Sequence[RequestOrResult], error: BaseException, *, attempt: int = 1
    ) -> BatchRecoveryPlan:
        """Plan the recovery of a batch that failed as a whole.

        A batch of several files returns in halves where one of them may be to blame: that finds the culprit in
        few calls and saves the others.

        Parameters
        ----------
        failed_batch
            What was in it.
        error
            What it failed with.
        attempt
            Number of the attempt that failed, from 1; for a rate limit, the number of hits in a row.

        Returns
        -------
        BatchRecoveryPlan
            Every request of the batch is in either ``retry`` or ``give_up``.
        """
        requests = [_request(item) for item in failed_batch]
        known = _known(error)
        category = category_of(known)
        delay = self._delay(known, attempt, requests)
        retry, give_up = (requests, []) if delay is not None else ([], requests)
        size = len(requests) if category in _KEEPS_SIZE else math.ceil(len(requests) / 2)
        return BatchRecoveryPlan(category, retry, give_up, delay or 0.0, max(1, size), _reason(error, category))

    def _delay(self, error: BaseException, attempt: int, requests: Sequence[BatchRequest]) -> float | None:
        match category_of(error):
            case ErrorCategory.NETWORK if isinstance(error, Exception):
                return self._retry.backoff(error, attempt, _identity(requests))
            case ErrorCategory.RATE_LIMIT if isinstance(error, RateLimitError):
                return pause(error, attempt)
            case ErrorCategory.FILE:
                return 0.0 if len(requests) > 1 else None
            case ErrorCategory.REPOSITORY_ACCESS:
                return 0.0 if len({str(request.repo) for request in requests}) > 1 else None
            case ErrorCategory.CANCELLED:
                return 0.0
            case _:
                return None

    def handle_partial_failure(
        self,
        successful_results: Iterable[BatchResult],
        failed_requests: Iterable[RequestOrResult],
    ) -> list[BatchRequest]:
        """Return the failed requests that are worth sending again, in their order.

        Parameters
        ----------
        successful_results
            The batch's results; errors are looked up in them where ``failed_requests`` brings none.
        failed_requests
            Requests or results. One without a known error is worth sending again.
        """
        failed = list(failed_requests)
        errors: dict[tuple[str, str], Exception] = {}
        for item in [*successful_results, *failed]:
            if isinstance(item, BatchResult) and item.error is not None:
                errors[_key(item.request)] = item.error
        return [request for request in map(_request, failed) if _may_pass(errors, request)]


def _known(error: BaseException) -> BaseException:
    if isinstance(error, _CONNECTION_ERRORS):
        return NetworkError(type(error).__name__)
    if isinstance(error, (asyncio.CancelledError, KeyboardInterrupt)):
        return CancelledFileError(type(error).__name__)
    return error


def _request(item: RequestOrResult) -> BatchRequest:
    request = item.request if isinstance(item, BatchResult) else item
    if isinstance(request, BatchRequest):
        return request
    raise InputError(
        f"{type(item).__name__} is neither BatchRequest nor BatchResult; "
        "rows of a results frame name them: BatchRequest(Repository(row.repo), row.path)"
    )


def _key(request: BatchRequest) -> tuple[str, str]:
    return str(request.repo), request.file_path


def _identity(requests: Sequence[BatchRequest]) -> str:
    return " ".join(map("/".join, map(_key, requests)))


def _may_pass(errors: Mapping[tuple[str, str], Exception], request: BatchRequest) -> bool:
    error = errors.get(_key(request))
    known = None if error is None else _known(error)
    return known is None or (isinstance(known, BatchLabError) and known.retryable)


def _reason(error: BaseException, category: ErrorCategory) -> str:
    # A foreign message may quote a header, and with it a token.
    what = str(error) if isinstance(error, BatchLabError) else type(error).__name__
    return f"{what}: {_ADVICE[category]}"
