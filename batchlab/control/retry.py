"""Decide whether a failed batch is sent again, and when: tenacity's objects on the engine's own clock."""

from __future__ import annotations

import hashlib

from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_exponential
from tenacity.wait import wait_base

from batchlab.errors import BatchLabError

LONGEST_BACKOFF = 120.0


class wait_identity_jitter(wait_base):  # noqa: N801  # tenacity's rules bear lower-case names
    """Spread waits over half to all of their length, by who waits and not by drawing order.

    Two runs with the same seed wait alike, and batches that failed together do not return together.

    Parameters
    ----------
    wait
        The rule to spread.
    """

    def __init__(self, wait: wait_base) -> None:
        self._wait = wait

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the seconds to wait after the attempt that ``retry_state`` describes."""
        identity = f"{retry_state.args!r}/{retry_state.attempt_number}".encode()
        digest = hashlib.blake2b(identity, digest_size=8).digest()
        share = int.from_bytes(digest, "big") / 2**64
        return self._wait(retry_state) * (0.5 + 0.5 * share)


class RetryPolicy:
    """Retries with exponential backoff and jitter, for errors that may pass.

    Parameters
    ----------
    attempts
        Attempts after the first.
    base
        Seconds of the first backoff; it doubles with each attempt, up to two minutes.
    seed
        Seed of the jitter.

    Examples
    --------
    >>> from batchlab.errors import FileError, NetworkError
    >>> policy = RetryPolicy(attempts=3, base=1.0)
    >>> policy.backoff(FileError("no such file"), attempt=1, identity="a") is None
    True
    >>> 0.5 <= policy.backoff(NetworkError("reset"), attempt=1, identity="a") <= 1.0
    True
    """

    def __init__(self, attempts: int, base: float, seed: int = 0) -> None:
        self._stop = stop_after_attempt(attempts + 1)
        self._wait = wait_identity_jitter(wait_exponential(multiplier=base, max=LONGEST_BACKOFF))
        self._retrying = Retrying()
        self._seed = seed

    def backoff(self, error: BaseException, attempt: int, identity: str) -> float | None:
        """Return the seconds to wait before the next attempt; None gives up.

        Parameters
        ----------
        error
            What the attempt ended with.
        attempt
            Number of that attempt, from 1.
        identity
            What was attempted, such as repository and path: the key of the jitter.
        """
        if not (isinstance(error, BatchLabError) and error.retryable):
            return None
        state = RetryCallState(self._retrying, None, (self._seed, identity), {})
        state.attempt_number = attempt
        return None if self._stop(state) else self._wait(state)
