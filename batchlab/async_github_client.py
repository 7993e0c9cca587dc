"""The asynchronous client: sends one call at a time and returns its answer; the one module that reaches the network.

Limits, retries and concurrency belong to the engine; the convenience methods here retry politely by themselves.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import date
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, cast
from weakref import WeakKeyDictionary

import httpx

from batchlab import __version__, clock
from batchlab.addresses import GITHUB_API, Addresses
from batchlab.batch_models import FileContent, Repository
from batchlab.cache_manager import fingerprint
from batchlab.control.rate_limits import pause
from batchlab.control.retry import RetryPolicy
from batchlab.errors import BatchLabError, GitHubError, InputError, NetworkError, RateLimitError
from batchlab.file_contents import FileContents, read_all
from batchlab.file_stream import BlobCheck, EvenChunks, expected_blob
from batchlab.git_objects import blob_sha
from batchlab.github_api import (
    API_VERSION,
    REDIRECTS,
    ApiRequest,
    Reply,
    Sink,
    TreeListing,
    contents_request,
    error_of,
    listing_request,
    rate_limit_request,
    read_repository,
    read_tree,
    repository_request,
    tree_request,
)
from batchlab.repository_filter import RepositoryFilter

T = TypeVar("T")

DEFAULT_BASE_URL = GITHUB_API
USER_AGENT = f"batchlab/{__version__}"
MOST_REDIRECTS = 5
PATIENCE = 30.0  # seconds for the first byte
SLOWEST_LINK = 100_000  # bytes/s that patience allows for
# httpcore looks through all idle connections for each call: 20 keep that cheap, the rest are opened as needed.
LIMITS = httpx.Limits(max_connections=128, max_keepalive_connections=20)
NO_BODY = httpx.ByteStream(b"")
_TOKEN_KINDS = {
    "ghp_": "classic personal access token",
    "github_pat_": "fine-grained personal access token",
    "gho_": "OAuth token",
    "ghu_": "GitHub App user token",
    "ghs_": "GitHub App installation token",
    "ghr_": "refresh token (which cannot read anything)",
}


class Token:
    """A secret that shows its kind, as its prefix tells it, and never its value."""

    def __init__(self, value: str | None) -> None:
        value = (value or "").strip()
        if not value.isascii() or any(c.isspace() for c in value):
            raise InputError("the token holds blanks or non-ASCII characters; copy it again")
        self._value = value
        self.kind = _kind_of(value)

    def headers(self) -> dict[str, str]:
        """Return the ``Authorization`` header, or nothing where there is no token."""
        return {"Authorization": f"Bearer {self._value}"} if self._value else {}

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def _kind_of(token: str) -> str:
    if not token:
        return "missing token"
    return next((kind for prefix, kind in _TOKEN_KINDS.items() if token.startswith(prefix)), "token")


class AsyncGitHubClient:
    """A client of GitHub's API, or of any server that speaks it.

    May be built outside an event loop and used from successive loops: each has its own connections. Proxies and
    certificate authorities are taken from the environment, as httpx does.

    Parameters
    ----------
    token
        Credential; from ``GITHUB_TOKEN`` unless given. Empty reads anonymously.
    base_url
        Address of the API; from ``GITHUB_API_URL``, else ``https://api.github.com``.
    graphql_url
        Address of GraphQL; from ``GITHUB_GRAPHQL_URL``, else derived from ``base_url``.
    raw_url, archive_url
        Addresses of the hosts of plain files and of archives; derived from ``base_url`` unless given.
    transport
        What carries the calls, such as the embedded GitHub's; the network unless given.

    Examples
    --------
    >>> AsyncGitHubClient(token="ghp_secret", base_url="https://github.example.com/api/v3")
    AsyncGitHubClient('https://github.example.com/api/v3', <classic personal access token>)
    """

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
        return f"AsyncGitHubClient({self.base_url!r}, {self._token!r})"

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
        with _NetworkErrors(request, patience):
            outgoing = self._outgoing(request, patience)
            return await self._received(outgoing, sink)

    async def _received(self, outgoing: httpx.Request, sink: Sink | None) -> Reply:
        response = await self._send(outgoing)
        began = clock.now()
        try:
            headers = _by_name(response.headers)
            if sink is None or response.status_code != 200:
                return Reply(response.status_code, headers, await _body(response, headers), began=began)
            await sink(response.aiter_bytes())
            return Reply(200, headers, b"", response.num_bytes_downloaded, began)
        finally:
            await response.aclose()

    def _outgoing(self, request: ApiRequest, patience: float) -> httpx.Request:
        # A large answer is slow to begin, and its neighbours on the link are slow to connect.
        grown = patience + request.expected_bytes / SLOWEST_LINK
        extensions = {"timeout": {"connect": grown, "read": grown, "write": patience, "pool": None}}
        url = httpx.URL(self.addresses.url(request.host, self._located(request)))
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

    async def _open(self, request: ApiRequest) -> httpx.Response:
        for _ in range(MOST_REDIRECTS + 1):
            with _NetworkErrors(request, PATIENCE):
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

    async def get_repository(self, repo: Repository | str) -> Repository:
        """Return a repository as GitHub describes it: default branch, archived, last update."""
        reply = await self.call(repository_request(Repository.parse(repo)))
        return read_repository(reply.json())

    async def get_tree(self, repo: Repository | str, ref: str | None = None) -> TreeListing:
        """Return the recursive tree of a repository at a ref (``HEAD`` unless given)."""
        repo = Repository.parse(repo)
        return read_tree(await self.call(tree_request(repo, ref or repo.ref or "HEAD")))

    async def get_file_content(self, repo: Repository | str, file_path: str) -> FileContent:
        """Return one file by path."""
        reply = await self.call(contents_request(Repository.parse(repo), file_path))
        return FileContent(reply.body, blob_sha(reply.body), len(reply.body))

    async def get_multiple_file_contents_parallel(
        self, repo: Repository | str, file_paths: Iterable[str], max_concurrent: int = 5
    ) -> FileContents:
        """Return files of one repository by path; one that fails does not hold up the others.

        Parameters
        ----------
        repo
            The repository, at its ref.
        file_paths
            Paths from the root.
        max_concurrent
            Ceiling on calls in flight, at least 1.

        Returns
        -------
        FileContents
            A dict from path to content, in the order of asking; ``errors`` is a dict from path to what prevented it.

        Raises
        ------
        AuthenticationError
            The token was refused.
        """
        repo = Repository.parse(repo)
        return (await self.get_file_contents_across_repositories({repo: file_paths}, max_concurrent))[str(repo)]

    async def get_file_contents_across_repositories(
        self, file_paths: Mapping[Repository, Iterable[str]] | Mapping[str, Iterable[str]], max_concurrent: int = 5
    ) -> dict[str, FileContents]:
        """Return files of several repositories; `BatchCoordinator` does it in far fewer calls.

        Parameters
        ----------
        file_paths
            Paths from the root, by repository.
        max_concurrent
            Ceiling on calls in flight, over all repositories.

        Returns
        -------
        dict
            As for `get_multiple_file_contents_parallel`, by ``owner/name``, with ``@ref`` where one was asked for.

        Raises
        ------
        AuthenticationError
            The token was refused.
        """
        contents = {str(repo): FileContents() for repo in file_paths}
        keys = [(str(repo), path) for repo, paths in file_paths.items() for path in paths]
        outcomes = await read_all(keys, lambda key: self.get_file_content(*key), max_concurrent)
        for (repo, path), outcome in outcomes.items():
            contents[repo].add(path, outcome)
        return contents

    async def stream_large_file_content(
        self, repo: Repository | str, file_path: str, chunk_size: int = 8192
    ) -> AsyncGenerator[bytes, None]:
        """Yield a file of up to 100 MB in chunks of ``chunk_size`` bytes, the last one smaller, never holding it whole.

        Limits are waited for and failures retried until the first byte. At the end the bytes are checked against the
        git sha that the server announced, where it did.

        Raises
        ------
        IntegrityError
            The bytes are not those of the sha announced: discard them.
        NetworkError
            The connection broke in the middle: begin again.
        """
        chunks = EvenChunks(chunk_size)
        request = contents_request(Repository.parse(repo), file_path)
        response = await self._persist(partial(self._open, request), request.path)
        check = BlobCheck(expected_blob(response.headers))
        try:
            with _NetworkErrors(request, PATIENCE):
                async for piece in response.aiter_bytes():
                    check.update(piece)
                    for chunk in chunks.cut(piece):
                        yield chunk
            for chunk in chunks.rest():
                yield chunk
            check.finish(f"{repo}: {file_path}")
        finally:
            await response.aclose()

    async def get_rate_limit(self) -> dict[str, dict[str, int]]:
        """Return ``{resource: {limit, used, remaining, reset}}``; the call is free."""
        resources: dict[str, dict[str, int]] = (await self.call(rate_limit_request())).json()["resources"]
        return resources

    async def list_repositories(
        self,
        owner: str,
        *,
        forks: bool = True,
        archived: bool = True,
        language: str | None = None,
        pushed_since: str | date | None = None,
        limit: int | None = None,
    ) -> AsyncGenerator[Repository, None]:
        """Yield the repositories of an organisation, or of a user of that name, in the server's order.

        Parameters
        ----------
        owner
            Name of the organisation or user.
        forks, archived, language, pushed_since
            What is wanted, as for `batchlab.repository_filter.RepositoryFilter`.
        limit
            Most repositories to yield; pages beyond are not asked for.
        """
        wanted = RepositoryFilter(forks, archived, language, pushed_since)
        left = math.inf if limit is None else limit
        async with aclosing(self._listed(owner)) as documents:
            while left > 0 and (document := await anext(documents, None)) is not None:
                if wanted(document):
                    yield read_repository(document)
                    left -= 1

    async def _listed(self, owner: str) -> AsyncGenerator[Mapping[str, Any], None]:
        request: ApiRequest | None = listing_request(owner, "orgs")
        try:
            reply = await self.call(listing_request(owner, "orgs"))
        except GitHubError as error:
            if error.status != 404:
                raise
            request = listing_request(owner, "users")
            reply = await self.call(request)
        while request is not None:
            for document in reply.json():
                yield document
            address = _next_page(reply)
            request = self.addresses.redirected(request, address) if address else None
            if request is not None:
                reply = await self.call(request)

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


class _NetworkErrors:
    """Turns what httpx raises into errors of the network, without the secrets that its own may carry."""

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


def _next_page(reply: Reply) -> str | None:
    links = httpx.Response(reply.status, headers=httpx.Headers(dict(reply.headers))).links
    return links.get("next", {}).get("url")


async def _body(response: httpx.Response, headers: Mapping[str, str]) -> bytes:
    if "content-encoding" in headers:
        return await response.aread()
    # What needs no decoding is taken as it comes; httpx would pass each piece through five hands.
    return b"".join([piece async for piece in cast("httpx.AsyncByteStream", response.stream)])


def _by_name(headers: httpx.Headers) -> dict[str, str]:
    # httpx looks each name up by going through all of them.
    by_name: dict[str, str] = {}
    encoding = headers.encoding
    for raw_name, raw_value in headers.raw:
        name, value = raw_name.decode(encoding).lower(), raw_value.decode(encoding)
        by_name[name] = f"{by_name[name]}, {value}" if name in by_name else value
    return by_name
