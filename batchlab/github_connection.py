"""A connection to GitHub's API: one call at a time, and its answer; the one module that reaches the network.

Limits, retries and concurrency belong to the engine; `GitHubConnection.call` retries politely by itself.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache, partial
from types import TracebackType
from typing import Self, TypeVar, cast
from weakref import WeakKeyDictionary

import httpx

from batchlab import __version__, clock
from batchlab.addresses import GITHUB_API, Addresses
from batchlab.cache_manager import fingerprint
from batchlab.control.rate_limits import pause
from batchlab.control.retry import RetryPolicy
from batchlab.credentials import Token
from batchlab.errors import BatchLabError, NetworkError, RateLimitError
from batchlab.github_api import API_VERSION, REDIRECTS, ApiRequest, Reply, Sink, error_of

T = TypeVar("T")

DEFAULT_BASE_URL = GITHUB_API
USER_AGENT = f"batchlab/{__version__}"
MOST_REDIRECTS = 5
PATIENCE = 30.0  # seconds for the first byte
SLOWEST_LINK = 100_000  # bytes/s that patience allows for
# httpcore looks through all idle connections for each call: 20 keep that cheap, the rest are opened as needed.
LIMITS = httpx.Limits(max_connections=128, max_keepalive_connections=20)
NO_BODY = httpx.ByteStream(b"")
# Runs of a study ask for the same addresses; to parse one takes a tenth of a simulated call, to keep it 0.7 KB.
_parsed = lru_cache(maxsize=16_384)(httpx.URL)


class GitHubConnection:
    """What `batchlab.async_github_client.AsyncGitHubClient` sends its calls through; see there for the parameters."""

    def __init__(
        self,
        token: str | None = None,
        base_url: str | None = None,
        *,
        graphql_url: str | None = None,
        raw_url: str | None = None,
        archive_url: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._token = Token(os.environ.get("GITHUB_TOKEN") if token is None else token)
        base_url = (base_url or os.environ.get("GITHUB_API_URL") or DEFAULT_BASE_URL).rstrip("/")
        graphql_url = graphql_url or os.environ.get("GITHUB_GRAPHQL_URL")
        self.addresses = Addresses.of(base_url, graphql_url, raw_url, archive_url)
        self._transport = transport
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()
        self._moved: dict[str, str] = {}
        self._headers: dict[tuple[str, str, bool, bool], httpx.Headers] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r}, {self._token!r})"

    @property
    def base_url(self) -> str:
        """Address of the REST API."""
        return self.addresses.api

    @property
    def authenticated(self) -> bool:
        """Whether a token is sent."""
        return bool(self._token)

    @property
    def credential(self) -> str:
        """What stands for the token where answers are kept; the token cannot be told from it."""
        return fingerprint(self._token.reveal() or None)

    @property
    def token_kind(self) -> str:
        """What kind of token is in use."""
        return self._token.kind

    async def _send(self, outgoing: httpx.Request) -> httpx.Response:
        # A transport is called directly: what httpx adds are proxies, redirects and cookies, none of which it wants.
        if self._transport is not None:
            return await self._transport.handle_async_request(outgoing)
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            pool = self._pools[loop] = httpx.AsyncClient(limits=LIMITS, follow_redirects=False)
        return await pool.send(outgoing, stream=True)

    async def exchange(self, request: ApiRequest, patience: float = PATIENCE, sink: Sink | None = None) -> Reply:
        """Send one call and return its answer, whatever its status.

        Parameters
        ----------
        request
            The call.
        patience
            Seconds to wait for the first byte; it grows with the bytes expected.
        sink
            What takes the body of a 200 answer as it comes; the answer returned then has none.

        Raises
        ------
        NetworkError
            No complete answer arrived.
        """
        with NetworkErrors(request, patience):
            outgoing = self._outgoing(request, patience)
            return await self._received(outgoing, sink)

    async def _received(self, outgoing: httpx.Request, sink: Sink | None) -> Reply:
        response = await self._send(outgoing)
        began = clock.now()
        stream = cast("httpx.AsyncByteStream", response.stream)
        try:
            headers = _by_name(response.headers)
            if sink is None or response.status_code != 200:
                # What needs no decoding is taken as it comes; httpx would pass each piece through five hands.
                body = await (response.aread() if "content-encoding" in headers else _joined(stream))
                return Reply(response.status_code, headers, body, began=began)
            await sink(response.aiter_bytes())
            return Reply(200, headers, b"", response.num_bytes_downloaded, began)
        finally:
            await stream.aclose()

    def _outgoing(self, request: ApiRequest, patience: float) -> httpx.Request:
        # A large answer is slow to begin, and its neighbours on the link are slow to connect.
        grown = patience + request.expected_bytes / SLOWEST_LINK
        extensions = {"timeout": {"connect": grown, "read": grown, "write": patience, "pool": None}}
        url = _parsed(self.addresses.url(request.host, self._located(request)))
        headers = _conditional(self._sent_headers(request, url), request.etag)
        if request.document:
            return httpx.Request("POST", url, headers=headers, content=request.document, extensions=extensions)
        # Given a stream, httpx adds no headers; working them out takes as long as all the rest.
        return httpx.Request("GET", url, headers=headers, stream=NO_BODY, extensions=extensions)

    def _sent_headers(self, request: ApiRequest, url: httpx.URL) -> httpx.Headers:
        key = (request.host, request.accept, bool(request.document), self.addresses.may_see_token(request))
        if key not in self._headers:
            _, accept, posts, trusted = key
            headers = {"Host": url.netloc.decode("ascii"), "Accept": accept, "User-Agent": USER_AGENT}
            headers |= {"X-GitHub-Api-Version": API_VERSION, "Accept-Encoding": "gzip"}
            headers |= {"Content-Type": "application/json"} if posts else {}
            self._headers[key] = httpx.Headers(headers | (self._token.headers() if trusted else {}))
        return self._headers[key]

    def _located(self, request: ApiRequest) -> str:
        # A renamed repository answers 301 at its old name for each call; once met, its new address is used.
        old = f"/repos/{request.repo}"
        moved = self._moved.get(request.repo) if request.path.startswith(old) else None
        return moved + request.path.removeprefix(old) if moved else request.path

    def follow(self, request: ApiRequest, reply: Reply) -> ApiRequest | None:
        """Return the call that a redirect asks for, None when the answer is no redirect.

        Raises
        ------
        NetworkError
            The redirect leads to a host that must not see the token.
        """
        if reply.status not in REDIRECTS:
            return None
        target = self.addresses.redirected(request, reply.headers.get("location", ""))
        here = self._located(request)
        rest = here.removeprefix(self._moved.get(request.repo, f"/repos/{request.repo}"))
        is_moved = reply.status in (301, 308) and target.host == "api" and rest != here
        if is_moved and rest and target.path.endswith(rest):
            self._moved[request.repo] = target.path.removesuffix(rest)
        return target

    def error_of(self, request: ApiRequest, reply: Reply) -> BatchLabError | None:
        """Return the error that an answer stands for, None when it is what was asked for."""
        return error_of(request, reply, self._token.kind, clock.epoch())

    async def call(self, request: ApiRequest, retry: RetryPolicy | None = None) -> Reply:
        """Make one call outside the engine: redirects followed, limits waited for, failures retried.

        Raises
        ------
        BatchLabError
            What the last attempt ended with.
        """
        return await self._persist(partial(self._attempt, request), request.path, retry)

    async def _persist(self, make: Callable[[], Awaitable[T]], identity: str, retry: RetryPolicy | None = None) -> T:
        policy = retry or RetryPolicy(attempts=3, base=1.0)
        attempt = limit_hits = 0
        while True:
            try:
                return await make()
            except RateLimitError as error:
                limit_hits += 1
                if limit_hits > 3:
                    raise
                await clock.sleep(pause(error, limit_hits))
            except BatchLabError as error:
                attempt += 1
                backoff = policy.backoff(error, attempt, identity)
                if backoff is None:
                    raise
                await clock.sleep(backoff)

    async def _attempt(self, request: ApiRequest) -> Reply:
        for _ in range(MOST_REDIRECTS + 1):
            reply = await self.exchange(request)
            target = self._target(request, reply)
            if target is None:
                return reply
            request = target
        raise NetworkError(f"{request.path}: more than {MOST_REDIRECTS} redirects")

    def _target(self, request: ApiRequest, reply: Reply) -> ApiRequest | None:
        target = self.follow(request, reply)
        error = self.error_of(request, reply) if target is None else None
        if error is not None:
            raise error
        return target

    async def open(self, request: ApiRequest) -> httpx.Response:
        """Return an answer whose body has yet to be read, as it lies at GitHub; see `call` for limits and failures.

        The caller closes it, and reads it within `NetworkErrors`.
        """
        return await self._persist(partial(self._open, request), request.path)

    async def _open(self, request: ApiRequest) -> httpx.Response:
        for _ in range(MOST_REDIRECTS + 1):
            with NetworkErrors(request, PATIENCE):
                outgoing = self._outgoing(request, PATIENCE)
                outgoing.headers["Accept-Encoding"] = "identity"  # so that the length told is that of the file
                response = await self._send(outgoing)
                if response.status_code == 200:
                    return response
                reply = Reply(response.status_code, _by_name(response.headers), await response.aread())
            target = self._target(request, reply)
            if target is None:
                raise NetworkError(f"{request.path}: status {reply.status} instead of a file")
            request = target
        raise NetworkError(f"{request.path}: more than {MOST_REDIRECTS} redirects")

    async def aclose(self) -> None:
        """Close the connections of the running loop, and forget those of loops that have ended."""
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.aclose()
        if self._transport is not None:
            await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class NetworkErrors:
    """A context that turns what httpx raises into errors of the network, without the secrets that its own may carry."""

    def __init__(self, request: ApiRequest, patience: float) -> None:
        self._request, self._patience = request, patience

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, httpx.TimeoutException):
            raise NetworkError(f"no answer to {self._request.endpoint} within {self._patience:.0f} s") from None
        if isinstance(error, (httpx.HTTPError, httpx.InvalidURL)):
            reason = str(error) or "connection lost"
            raise NetworkError(f"{self._request.endpoint}: {type(error).__name__}: {reason}") from None


def _conditional(headers: httpx.Headers, etag: str | None) -> httpx.Headers:
    return headers if etag is None else httpx.Headers({**headers, "If-None-Match": etag})


def next_page(reply: Reply) -> str | None:
    """Return the address of the page after this one, None after the last."""
    links = httpx.Response(reply.status, headers=httpx.Headers(dict(reply.headers))).links
    return links.get("next", {}).get("url")


async def _joined(stream: httpx.AsyncByteStream) -> bytes:
    return b"".join([piece async for piece in stream])


def _by_name(headers: httpx.Headers) -> dict[str, str]:
    # httpx looks each name up by going through all of them, and decodes them once more to find out how.
    try:
        return _decoded(headers.raw, "utf-8")
    except UnicodeDecodeError:
        return _decoded(headers.raw, "latin-1")


def _decoded(raw: Sequence[tuple[bytes, bytes]], encoding: str) -> dict[str, str]:
    by_name: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode(encoding).lower(), raw_value.decode(encoding)
        by_name[name] = f"{by_name[name]}, {value}" if name in by_name else value
    return by_name
