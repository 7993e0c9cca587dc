"""The bodies that GitHub sends instead of content: status, message, documentation_url.

When they are sent is decided elsewhere.

References
----------
https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from batchlab.hub import media
from batchlab.hub.messages import Answer

DOCS = "https://docs.github.com/rest"
_LIMITS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
_NO_USER_AGENT = (
    b"\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header "
    b"(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). "
    b"Check https://developer.github.com for other possible causes.\r\n"
)
_PAGE = (
    b"<!DOCTYPE html><html><head><title>Unicorn!</title></head>"
    b"<body><p>We had issues producing the response to your request.</p></body></html>"
)


def error(
    status: int,
    message: str,
    endpoint: str = "other",
    *,
    docs: str = DOCS,
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> Answer:
    """Return an error as GitHub words it: JSON with message, documentation_url and status."""
    body = {"message": message, **extra, "documentation_url": docs, "status": str(status)}
    return Answer(
        status,
        json.dumps(body, separators=(",", ":")).encode(),
        {"content-type": media.JSON} | dict(headers or {}),
        endpoint,
    )


def plain(status: int, text: str, endpoint: str) -> Answer:
    """Return what the hosts beside the API say: a line of text."""
    return Answer(status, text.encode(), {"content-type": "text/plain; charset=utf-8"}, endpoint)


def html_page() -> Answer:
    """Return an error page that comes with status 200, from somewhere between server and client."""
    return Answer(200, _PAGE, {"content-type": "text/html; charset=utf-8"}, "other")


def single_sign_on(owner: str) -> Answer:
    """Return the 403 of an organisation that asks for a SAML session."""
    address = f"https://github.com/orgs/{owner}/sso?authorization_request=AUTHORIZATION"
    message = (
        "Resource protected by organization SAML enforcement. You must grant your Personal Access token access "
        "to this organization."
    )
    docs = "https://docs.github.com/articles/authenticating-to-a-github-organization-with-saml-single-sign-on/"
    headers = {"x-github-sso": f"required; url={address}"}
    return error(403, message, "repository", docs=docs, headers=headers)


def not_found(endpoint: str = "other", anchor: str = "") -> Answer:
    """Return the 404 of what does not exist, or is not visible to this caller."""
    return error(404, "Not Found", endpoint, docs=DOCS + anchor)


def bad_credentials() -> Answer:
    """Return the 401 of a wrong or expired token."""
    return error(401, "Bad credentials")


def no_user_agent() -> Answer:
    """Return the 403 of a request without a User-Agent; it is plain text."""
    return Answer(403, _NO_USER_AGENT, {"content-type": "text/html; charset=utf-8"}, "other")


def unknown_version(asked: str, supported: tuple[str, ...]) -> Answer:
    """Return the 400 of an unknown API version; its ``errors`` is a string, not a list."""
    errors = f"Invalid API version '{asked}'. Supported versions: {', '.join(supported)}."
    return error(400, "Bad Request", docs=f"{DOCS}/about-the-rest-api/api-versions", errors=errors)


def primary_limit(caller: str, status: int = 403) -> Answer:
    """Return the refusal of a caller whose hourly window is spent.

    Parameters
    ----------
    caller
        ``"user ID N"``, or the address of a caller without a token.
    status
        403 or 429: GitHub documents both.
    """
    message = f"API rate limit exceeded for {caller}."
    if not caller.startswith("user"):
        message += (
            " (But here's the good news: Authenticated requests get a higher rate limit. Check out the"
            " documentation for more details.)"
        )
    return error(status, message, docs=f"{_LIMITS}#primary-rate-limit-for-authenticated-users")


def secondary_limit(wait: int | None, status: int = 403) -> Answer:
    """Return the refusal of a secondary limit; ``wait`` seconds go into ``retry-after`` unless None."""
    return error(
        status,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        docs=f"{_LIMITS}#about-secondary-rate-limits",
        headers={} if wait is None else {"retry-after": str(wait)},
    )


def server_error(status: int) -> Answer:
    """Return what a server that fails says."""
    if status == 503:
        return error(503, "No server is currently available to service your request. Please try again.")
    return error(status, "Server Error")


def blocked(full_name: str, created_at: str) -> Answer:
    """Return the 451 of a repository that was taken down."""
    notice = f"https://github.com/github/dmca/blob/master/{full_name.replace('/', '-')}.md"
    block = {"reason": "dmca", "created_at": created_at, "html_url": notice}
    return error(451, "Repository access blocked", "repository", block=block)


def moved(location: str) -> Answer:
    """Return the 301 of a renamed repository."""
    return error(
        301,
        "Moved Permanently",
        "redirect",
        docs="https://docs.github.com/v3/#http-redirects",
        headers={"location": location},
        url=location,
    )
