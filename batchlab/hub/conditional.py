"""Conditional requests: GitHub's ETags, and when an answer may be 304.

References
----------
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from hashlib import sha256

from batchlab.hub.messages import Answer


def entity_tag(headers: Mapping[str, str], body: bytes) -> str:
    """Return the ETag of an ordinary endpoint.

    It hashes the values of ``Accept``, ``Authorization`` and ``Cookie`` with the body, so another token has
    another ETag. The formula is the one that outside observers found.

    References
    ----------
    https://github.com/bored-engineer/github-conditional-http-transport
    """
    values = [headers[name] for name in ("accept", "authorization", "cookie") if name in headers]
    return f'"{sha256(":".join(values).encode() + body).hexdigest()}"'


def is_unchanged(headers: Mapping[str, str], answer: Answer) -> bool:
    """Tell whether what the client holds is still what the answer says; ETags are compared weakly."""
    if answer.status != 200:
        return False
    if held := headers.get("if-none-match"):
        tags = {tag.strip().removeprefix("W/") for tag in held.split(",")}
        return "*" in tags or answer.headers.get("etag") in tags
    since, modified = headers.get("if-modified-since"), answer.headers.get("last-modified")
    return bool(since and modified) and _is_not_after(str(modified), str(since))


def _is_not_after(modified: str, since: str) -> bool:
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
