"""How GitHub tells a caller where its hourly window stands: headers, and ``GET /rate_limit``.

References
----------
https://docs.github.com/en/rest/rate-limit/rate-limit
"""

from __future__ import annotations

from datetime import UTC, datetime

from batchlab.hub import media, refusals, rest_bodies
from batchlab.hub.limits import PrimaryWindow
from batchlab.hub.messages import Answer

PATH = "/rate_limit"
_SEARCH_LIMIT = 30
_SEARCH_WINDOW = 60
_FIRST_VERSION_WITHOUT_RATE = "2026-03-10"


def headers(window: PrimaryWindow | None) -> dict[str, str]:
    """Return the rate-limit headers; a server without limits sends none."""
    if window is None:
        return {}
    return {
        "x-ratelimit-limit": str(window.limit),
        "x-ratelimit-remaining": str(window.remaining),
        "x-ratelimit-used": str(window.used),
        "x-ratelimit-reset": str(window.reset),
        "x-ratelimit-resource": window.resource,
    }


def answer(window: PrimaryWindow | None, graphql: PrimaryWindow | None, epoch: float, version: str) -> Answer:
    """Return the answer of ``GET /rate_limit``; it costs nothing of the primary limit.

    Parameters
    ----------
    window, graphql
        The caller's windows; a server without the first has no rate limiting.
    epoch
        UTC epoch seconds.
    version
        The API version asked for.
    """
    if window is None:
        return refusals.error(404, "Rate limiting is not enabled.", "rate_limit")
    search = {"limit": _SEARCH_LIMIT, "used": 0, "remaining": _SEARCH_LIMIT, "reset": int(epoch) + _SEARCH_WINDOW}
    core = _counts(window)
    body: rest_bodies.Body = {"resources": {"core": core, "search": search}}
    if graphql is not None:
        body["resources"]["graphql"] = _counts(graphql)
    if version < _FIRST_VERSION_WITHOUT_RATE:
        body["rate"] = core
    described = {"content-type": media.JSON, "cache-control": "no-cache"}
    return Answer(200, rest_bodies.encoded(body), described, "rate_limit", free=True)


def graphql_fields(window: PrimaryWindow, cost: int, nodes: int) -> dict[str, int | str]:
    """Return the values of GraphQL's ``rateLimit``."""
    moment = datetime.fromtimestamp(window.reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "limit": window.limit,
        "cost": cost,
        "remaining": window.remaining,
        "used": window.used,
        "resetAt": moment,
        "nodeCount": nodes,
    }


def _counts(window: PrimaryWindow) -> dict[str, int]:
    return {"limit": window.limit, "used": window.used, "remaining": window.remaining, "reset": window.reset}
