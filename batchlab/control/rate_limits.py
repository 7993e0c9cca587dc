"""Recognise GitHub's rate-limit answers and decide how long to wait for them.

References
----------
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from batchlab.errors import RateLimitError

FIRST_WAIT = 60.0
LONGEST_WAIT = 3600.0
CLOCK_SKEW = 1.0
_STATUSES = (403, 429)
_SECONDARY_WORDS = ("secondary rate", "abuse detection", "abuse-rate-limits", "secondary-rate-limits")


def recognise(status: int, headers: Mapping[str, str], body: str, epoch: float) -> RateLimitError | None:
    """Return the rate-limit error that an answer stands for, None when it is none.

    Parameters
    ----------
    status
        HTTP status; only 403 and 429 name a limit. The last good answer of a window also says that nothing
        remains.
    headers
        The answer's headers, keys in lower case or case-insensitive.
    body
        The answer's text: the message is the only mark that some secondary limits carry.
    epoch
        UTC epoch seconds now, to turn dates into seconds.
    """
    if status not in _STATUSES:
        return None
    words = body.lower()
    secondary = any(mark in words for mark in _SECONDARY_WORDS)
    exhausted = headers.get("x-ratelimit-remaining") == "0"
    retry_after = _retry_after(headers, epoch)
    if not (secondary or exhausted or status == 429 or retry_after is not None or "rate limit" in words):
        return None
    kind = "primary" if exhausted and not secondary else "secondary"
    wait = retry_after
    if wait is None and exhausted:
        wait = _until_reset(headers, epoch)
    return RateLimitError(_sentence(kind, wait), kind=kind, wait=wait, status=status)


def pause(error: RateLimitError, hits_in_a_row: int) -> float:
    """Return the seconds for which all requests rest after a limit answer.

    GitHub's three steps: ``retry-after``; else the reset when nothing remains; else a minute, doubling with
    each hit in a row (1 for the first).
    """
    if error.wait is not None:
        return max(CLOCK_SKEW, error.wait)
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (hits_in_a_row - 1))


def _retry_after(headers: Mapping[str, str], epoch: float) -> float | None:
    value = (headers.get("retry-after") or "").strip()
    seconds = _finite(value)
    return _seconds_until(value, epoch) if seconds is None else max(0.0, seconds)


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _seconds_until(http_date: str, epoch: float) -> float | None:
    try:
        moment: datetime = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - epoch)


def _until_reset(headers: Mapping[str, str], epoch: float) -> float | None:
    reset = _finite(headers.get("x-ratelimit-reset", ""))
    return None if reset is None else max(0.0, reset - epoch) + CLOCK_SKEW


def _sentence(kind: str, wait: float | None) -> str:
    asked = f"the server asks to wait {wait:.0f} s" if wait is not None else "the server names no wait"
    advice = {
        "primary": "a token with more budget, or fewer calls, avoids it",
        "secondary": "lower max_concurrent_requests or rate_limit_buffer to stay under it",
    }
    return f"{kind} rate limit met: {asked}; {advice[kind]}"
