"""The embedded GitHub as an ASGI application, in real time, with a control surface beside GitHub's paths.

Its three hosts share one address, in the way of an Enterprise Server without subdomain isolation: archives are
below ``/codeload``, raw files below ``/raw``, and all other paths are the API's. ``GET /_lab/books`` tells the
server's own count; ``POST /_lab/reset?seed=`` begins anew.

References
----------
https://docs.github.com/en/enterprise-server/admin/configuring-settings/hardening-security-for-your-enterprise/enabling-subdomain-isolation
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from batchlab import clock
from batchlab.hub.addresses import Addresses, Host
from batchlab.hub.messages import HubRequest
from batchlab.hub.service import EmbeddedGitHub, Exchange


class Application:
    """Serves an embedded GitHub; `github` is the present one.

    Parameters
    ----------
    github
        The service.
    """

    def __init__(self, github: EmbeddedGitHub) -> None:
        self.github = github
        self.asgi = Starlette(
            routes=[
                Route("/_lab/books", self._books, methods=["GET"]),
                Route("/_lab/reset", self._reset, methods=["POST"]),
                Mount("/", self._serve),
            ]
        )

    async def _books(self, request: Request) -> JSONResponse:
        return JSONResponse(self.github.books.summary())

    async def _reset(self, request: Request) -> JSONResponse:
        seed = request.query_params.get("seed", "")
        if seed and not seed.isdecimal():
            return JSONResponse({"message": f"seed is {seed!r}; write a whole number from 0"}, 422)
        self.github = self.github.renewed(int(seed) if seed else None)
        return JSONResponse(self.github.books.summary())

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A reset in the middle leaves this call with the service that it arrived at.
        github = self.github
        request = await _request(scope, receive)
        exchange = github.arrive(request, clock.now(), clock.epoch())
        try:
            await clock.sleep(exchange.service_time)
            await send(_start(exchange))
            if not exchange.is_reset:
                await _send_body(send, exchange, github)
            # Where some of the body is still owed, the server closes the connection.
        finally:
            github.depart(exchange, clock.now())


async def _send_body(send: Send, exchange: Exchange, github: EmbeddedGitHub) -> None:
    due = clock.now()
    for seconds, piece in github.carry(exchange, due):
        due += seconds
        # By the clock, since an operating system's short sleeps are too long, and there are many of them.
        await clock.sleep(max(0.0, due - clock.now()))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    if not exchange.is_truncated:
        await send({"type": "http.response.body", "body": b""})


async def _request(scope: Scope, receive: Receive) -> HubRequest:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in scope["headers"]}
    host, path = _host(scope["raw_path"].decode("ascii"))
    return HubRequest(scope["method"], path, scope["query_string"].decode("ascii"), headers, body, host)


def served_addresses(base_url: str) -> Addresses:
    """Return the addresses of the hosts of an application that is reached at ``base_url``."""
    return Addresses(base_url, f"{base_url}/codeload", f"{base_url}/raw")


def _host(path: str) -> tuple[Host, str]:
    """Return which host a path belongs to, and the path as that host knows it."""
    first, slash, rest = path[1:].partition("/")
    if first == "codeload":
        return "codeload", slash + rest
    return ("raw", slash + rest) if first == "raw" else ("api", path)


def _start(exchange: Exchange) -> Message:
    headers = exchange.response.headers
    if exchange.is_reset:
        headers = headers | {"content-length": "1"}
    return {
        "type": "http.response.start",
        "status": exchange.response.status,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
