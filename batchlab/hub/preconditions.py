"""What GitHub checks before it looks at the path: User-Agent, API version, token.

References
----------
https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from batchlab.hub import refusals
from batchlab.hub.messages import Answer
from batchlab.hub.repository_request import DEFAULT_VERSION

SUPPORTED_VERSIONS = ("2026-03-10", DEFAULT_VERSION)


def refusal(headers: Mapping[str, str], token: str) -> Answer | None:
    """Return why a request is turned away unread, None if it is not.

    Parameters
    ----------
    headers
        Values by lower-case name.
    token
        The only token that is accepted. A request without any is let in as an anonymous one.
    """
    if not headers.get("user-agent"):
        return refusals.no_user_agent()
    version = headers.get("x-github-api-version", DEFAULT_VERSION)
    if version not in SUPPORTED_VERSIONS:
        return refusals.unknown_version(version, SUPPORTED_VERSIONS)
    if "authorization" in headers and not _is_token(headers["authorization"], token):
        return refusals.bad_credentials()
    return None


def is_authorized(headers: Mapping[str, str], token: str) -> bool:
    """Tell whether a request carries the token."""
    return "authorization" in headers and _is_token(headers["authorization"], token)


def _is_token(authorization: str, token: str) -> bool:
    scheme, _, credentials = authorization.partition(" ")
    known = scheme.lower() in ("bearer", "token")
    return known and hmac.compare_digest(credentials.strip().encode(), token.encode())
