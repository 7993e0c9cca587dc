"""How GitHub tells a caller where its hourly window stands: headers, and ``GET /rate_limit``.

References
----------
https://docs.github.com/en/rest/rate-limit/rate-limit
"""

from __future__ import annotations

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
        "x-ratelimit-resource": "core",
    }


def answer(window: PrimaryWindow | None, epoch: float, version: str) -> Answer:
    """Return the answer of ``GET /rate_limit``; it costs nothing of the primary limit."""
    if window is None:
        return refusals.error(404, "Rate limiting is not enabled.", "rate_limit")
    core = {
        "limit": window.limit,
        "used": window.used,
        "remaining": window.remaining,
        "reset": window.reset,
    }
    search = {
        "limit": _SEARCH_LIMIT,
        "used": 0,
        "remaining": _SEARCH_LIMIT,
        "reset": int(epoch) + _SEARCH_WINDOW,
    }
    body: rest_bodies.Body = {"resources": {"core": core, "search": search}}
    if version < _FIRST_VERSION_WITHOUT_RATE:
        body["rate"] = core
    described = {"content-type": media.JSON, "cache-control": "no-cache"}
    return Answer(200, rest_bodies.encoded(body), described, "rate_limit", free=True)
