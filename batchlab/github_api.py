"""GitHub's API as values: the requests that are sent, and what their answers mean.

Pure: requests are built and answers are read here; `batchlab.github_connection` sends them.

References
----------
https://docs.github.com/en/rest
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote

from batchlab import graphql_answers
from batchlab.batch_models import Repository
from batchlab.control.rate_limits import recognise
from batchlab.errors import (
    AuthenticationError,
    BatchLabError,
    EmptyRepositoryError,
    FileError,
    GitHubError,
    NetworkError,
    RateLimitError,
    RepositoryAccessError,
    ServerError,
)

JSON = "application/vnd.github+json"
RAW = "application/vnd.github.raw+json"
API_VERSION = "2022-11-28"
LARGEST_FILE = 100 * 1024 * 1024  # bytes that contents and blobs serve at most
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FILE_ENDPOINTS = frozenset({"blob", "contents", "raw"})
_API_HOSTS = frozenset({"api", "graphql"})


Sink: TypeAlias = Callable[[AsyncIterator[bytes]], Awaitable[None]]
"""What takes the body of an answer as it comes."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One call to be made.

    Parameters
    ----------
    endpoint
        Short name: ``tree``, ``blob``, ``contents``, ``graphql``, ``tarball`` and the ``archive`` that it leads to,
        ``raw``, ``repository``, ``listing``, ``rate_limit``.
    path
        Path and query below the API's base address.
    repo
        owner/name that it is about; empty where it is about none.
    accept
        Media type asked for.
    pool
        Rate-limit resource it is charged to.
    points
        Budget points it costs.
    files, repositories
        Files it asks for, and in how many repositories they are.
    expected_bytes
        Size of the answer where known; patience grows with it.
    document
        JSON body; a call that has one is a POST.
    host
        Which server it goes to: ``api``, ``graphql``, ``raw``, or an origin such as ``https://codeload.github.com``.
    etag
        Validator of the answer that is held: the server is asked for another one only.
    """

    endpoint: str
    path: str
    repo: str = ""
    accept: str = JSON
    pool: str = "core"
    points: int = 1
    files: int = 0
    repositories: int = 1
    expected_bytes: int = 0
    document: bytes = field(default=b"", repr=False)
    host: str = "api"
    etag: str | None = None

    @property
    def about_files(self) -> bool:
        """Whether a refusal concerns the file asked for rather than its repository."""
        return self.endpoint in _FILE_ENDPOINTS


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers (names in lower case), the whole body, and the bytes that went to a sink instead.

    ``began`` is when its first byte came, on the run's clock; NaN where nobody looked.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    streamed: int = 0
    began: float = math.nan

    def json(self) -> Any:
        """Return the body decoded.

        Raises
        ------
        NetworkError
            It is no JSON: an error page, or cut off on the way.
        """
        try:
            return self._document
        except (ValueError, RecursionError):
            kind = self.headers.get("content-type", "no content type")
            raise NetworkError(f"status {self.status} with a body that is no JSON ({kind})") from None

    @cached_property
    def _document(self) -> Any:
        return json.loads(self.body)

    def message(self) -> str:
        """Return GitHub's ``message``, or the start of the body where it has none."""
        try:
            return str(self._document["message"]) if isinstance(self._document, dict) else ""
        except (ValueError, KeyError, RecursionError):
            return self.body[:200].decode("utf-8", "replace")


class TreeEntry(NamedTuple):
    """A line of a git tree: full path, mode, type (blob, tree, commit), sha, and bytes where it is a blob."""

    path: str
    mode: str
    type: str
    sha: str
    size: int | None


class TreeListing(NamedTuple):
    """A tree as listed: its own sha, whether the listing was cut, and the entries."""

    sha: str
    truncated: bool
    entries: list[TreeEntry]


def repository_request(repo: Repository) -> ApiRequest:
    """Return the call that describes a repository."""
    return ApiRequest("repository", f"/repos/{repo.full_name}", repo.full_name)


def tree_request(repo: Repository, ref: str, *, recursive: bool = True) -> ApiRequest:
    """Return the call that lists a tree; ``ref`` is a sha, branch, tag or ``HEAD``."""
    query = "?recursive=1" if recursive else ""
    path = f"/repos/{repo.full_name}/git/trees/{quote(ref, safe='')}{query}"
    return ApiRequest("tree", path, repo.full_name)


def blob_request(repo: Repository, sha: str, size: int = 0) -> ApiRequest:
    """Return the call that fetches a blob's bytes by its sha."""
    path = f"/repos/{repo.full_name}/git/blobs/{sha}"
    return ApiRequest("blob", path, repo.full_name, RAW, files=1, expected_bytes=size)


def contents_request(repo: Repository, file_path: str, size: int = 0) -> ApiRequest:
    """Return the call that fetches a file's bytes by its path."""
    query = f"?ref={quote(repo.ref, safe='')}" if repo.ref else ""
    path = f"/repos/{repo.full_name}/contents/{quote(file_path, errors='surrogatepass')}{query}"
    return ApiRequest("contents", path, repo.full_name, RAW, files=1, expected_bytes=size)


def listing_request(owner: str, kind: str) -> ApiRequest:
    """Return the call for the first page of an owner's repositories; ``kind`` is ``orgs`` or ``users``."""
    return ApiRequest("listing", f"/{kind}/{quote(owner, safe='')}/repos?per_page=100")


def rate_limit_request() -> ApiRequest:
    """Return the call that tells the budgets; it costs no point."""
    return ApiRequest("rate_limit", "/rate_limit", points=0)


def read_tree(reply: Reply) -> TreeListing:
    """Return the listing in the answer to a `tree_request`.

    Raises
    ------
    NetworkError
        The answer is no tree.
    """
    document = reply.json()
    try:
        entries = [TreeEntry(e["path"], e["mode"], e["type"], e["sha"], e.get("size")) for e in document["tree"]]
        return TreeListing(document["sha"], bool(document["truncated"]), entries)
    except (KeyError, TypeError):
        raise NetworkError("the answer to a tree request is no tree") from None


def read_repository(document: Mapping[str, Any]) -> Repository:
    """Return the repository that GitHub's JSON describes."""
    return Repository(
        document["full_name"],
        default_branch=document.get("default_branch"),
        archived=bool(document.get("archived")),
        updated_at=document.get("updated_at"),
    )


def error_of(request: ApiRequest, reply: Reply, token_kind: str, epoch: float) -> BatchLabError | None:
    """Return the error that an answer stands for, None when it is what was asked for.

    Parameters
    ----------
    request, reply
        The call and its answer.
    token_kind
        What kind of token was sent, for the message; never the token.
    epoch
        UTC epoch seconds now.
    """
    status = reply.status
    if request.endpoint == "graphql" and status < 400:
        return _graphql_error(reply, epoch)
    if status < 400:
        return None
    request_id = reply.headers.get("x-github-request-id")
    message = reply.message()
    if status in (403, 429):
        limit = recognise(status, reply.headers, reply.body.decode("utf-8", "replace"), epoch)
        if limit is not None:
            limit.request_id = request_id
            return limit if request.host in _API_HOSTS else _throttle(request, limit)
    if status == 401 and request.host in _API_HOSTS:
        return AuthenticationError(_refused_token(token_kind, message), status=401, request_id=request_id)
    if status >= 500:
        return ServerError(f"the server failed with {status}: {message}", status=status, request_id=request_id)
    kind, text = _refusal(request, status, message)
    return kind(text, status=status, request_id=request_id)


def _refused_token(token_kind: str, message: str) -> str:
    return f"GitHub refused the {token_kind} ({message}); check that it is current, or set GITHUB_TOKEN anew"


def _refusal(request: ApiRequest, status: int, message: str) -> tuple[type[GitHubError], str]:
    subject = request.repo or request.path
    if status == 409 or message.startswith("This repository is empty"):
        return EmptyRepositoryError, f"{subject} is empty: it has no commit yet"
    if status == 451:
        return RepositoryAccessError, f"{subject} is blocked for legal reasons: {message}"
    if request.about_files and "too large" in message:
        return FileError, f"{subject}: {message} ({request.path}); clone the repository for it"
    if status == 404 and request.about_files:
        return FileError, f"{subject}: no such file ({request.path})"
    if status in (404, 422) and request.endpoint == "tree":
        return (
            RepositoryAccessError,
            f"{subject}: no such repository or ref, or no access to it with this token",
        )
    if status == 404:
        return RepositoryAccessError, f"{subject} does not exist, or is private and this token cannot see it"
    if status == 403:
        return RepositoryAccessError, f"no access to {subject}: {message}"
    return (FileError if request.about_files else GitHubError), f"{subject}: status {status}, {message}"


def _graphql_error(reply: Reply, epoch: float) -> BatchLabError | None:
    request_id = reply.headers.get("x-github-request-id")
    try:
        error = graphql_answers.refusal(reply.json(), reply.headers, epoch)
    except NetworkError as no_json:  # the page of a gateway that gave up
        return ServerError(f"the server failed: {no_json}", status=reply.status, request_id=request_id)
    if isinstance(error, GitHubError):
        error.request_id = request_id
    return error


def _throttle(request: ApiRequest, limit: RateLimitError) -> RateLimitError:
    # Other hosts have limits of their own, unpublished ones: the API's budgets go on meanwhile.
    text = f"the {request.pool} host answers no more for a while; a token does not lift that, fewer calls do"
    return RateLimitError(text, kind="primary", wait=limit.wait, status=limit.status, request_id=limit.request_id)


def cost_of(request: ApiRequest, reply: Reply, error: BatchLabError | None) -> int:
    """Return the budget points that a call cost.

    Parameters
    ----------
    request, reply
        The call and its answer.
    error
        What the answer stands for, as `error_of` tells.

    Examples
    --------
    >>> query = ApiRequest("graphql", "/graphql", pool="graphql", host="graphql")
    >>> cost_of(query, Reply(200, {}, b'{"data": {"rateLimit": {"cost": 3}}}'), None)
    3
    """
    # Neither an unchanged answer nor a refusal at the door is charged.
    if reply.status == 304 or isinstance(error, (RateLimitError, AuthenticationError)):
        return 0
    told = graphql_answers.own_cost(reply.json()) if request.endpoint == "graphql" and error is None else None
    return request.points if told is None else told
