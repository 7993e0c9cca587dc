"""The embedded GitHub as an httpx transport: in process, on whatever loop runs.

It waits as long as the service says; on a virtual loop that takes no time at all.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable

import httpx

from batchlab import clock
from batchlab.hub.addresses import Host
from batchlab.hub.messages import HubRequest
from batchlab.hub.service import EmbeddedGitHub, Exchange


class HubTransport(httpx.AsyncBaseTransport):
    """Carries requests to an embedded GitHub.

    Parameters
    ----------
    github
        The service.
    speed
        On an ordinary loop, how many times faster than real time its waits pass; infinite for no waits.
        A virtual loop has its own speed and ignores this one.
    """

    def __init__(self, github: EmbeddedGitHub, speed: float = math.inf) -> None:
        self.github = github
        self._speed = speed
        addresses = github.addresses
        self._hosts: dict[str, Host] = {
            httpx.URL(addresses.codeload).host: "codeload",
            httpx.URL(addresses.raw).host: "raw",
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Serve one request; a read timeout in the request's extensions is obeyed."""
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        arrival = HubRequest(
            request.method,
            path,
            query,
            _by_name(request.headers),
            b"" if request.method == "GET" else await request.aread(),
            self._hosts.get(request.url.host, "api"),
        )
        exchange = self.github.arrive(arrival, clock.now(), clock.epoch())
        try:
            await self._serve(request, exchange)
        except BaseException:
            self.github.depart(exchange, clock.now())
            raise
        response = exchange.response
        headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.headers.items()]
        return httpx.Response(response.status, headers=headers, stream=_Body(self, exchange))

    async def _serve(self, request: httpx.Request, exchange: Exchange) -> None:
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and exchange.service_time > patience:
            await self.wait(patience)
            raise httpx.ReadTimeout(f"no answer within {patience} s", request=request)
        await self.wait(exchange.service_time)
        if exchange.is_reset:
            raise httpx.ReadError("connection reset by the embedded GitHub", request=request)

    def wait(self, seconds: float) -> Awaitable[None]:
        """Let seconds of the embedded GitHub pass."""
        return clock.sleep(seconds if clock.is_virtual() else seconds / self._speed)


class _Body(httpx.AsyncByteStream):
    """A response body that takes its time on the wire; the call departs with its last byte."""

    def __init__(self, transport: HubTransport, exchange: Exchange) -> None:
        self._transport = transport
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for seconds, piece in self._transport.github.carry(self._exchange, clock.now()):
            if seconds > 0:
                await self._transport.wait(seconds)
            yield piece
        if self._exchange.is_truncated:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")

    async def aclose(self) -> None:
        self._transport.github.depart(self._exchange, clock.now())


def _by_name(headers: httpx.Headers) -> dict[str, str]:
    return {name.decode("ascii").lower(): value.decode("latin-1") for name, value in headers.raw}
