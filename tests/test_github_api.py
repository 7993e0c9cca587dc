"""What GitHub's answers mean; bodies and headers are as recorded from the real one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_models import Repository
from batchlab.errors import (
    AuthenticationError,
    BatchLabError,
    EmptyRepositoryError,
    FileError,
    NetworkError,
    RateLimitError,
    RepositoryAccessError,
    ServerError,
)
from batchlab.github_api import (
    ApiRequest,
    Reply,
    blob_request,
    contents_request,
    error_of,
    listing_request,
    read_repository,
    read_tree,
    repository_request,
    tree_request,
)

EPOCH = 1_800_000_000.0
APP = Repository("acme/app")
TREE, BLOB, FILE = tree_request(APP, "HEAD"), blob_request(APP, "a" * 40), contents_request(APP, "go.mod")
LEFT = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4999", "x-ratelimit-reset": str(int(EPOCH + 600))}
SPENT = LEFT | {"x-ratelimit-remaining": "0"}
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


def refusal(
    status: int, message: str, headers: dict[str, str] | None = None, request: ApiRequest = TREE
) -> BatchLabError | None:
    body = json.dumps({"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)})
    return error_of(request, Reply(status, headers or LEFT, body.encode()), "fine-grained personal access token", EPOCH)


@pytest.mark.parametrize(
    ("status", "message", "headers", "kind", "wait"),
    [
        (403, SECONDARY, {"retry-after": "60"} | LEFT, "secondary", 60.0),
        (403, SECONDARY, LEFT, "secondary", None),
        (403, "You have triggered an abuse detection mechanism.", {"retry-after": "30"}, "secondary", 30.0),
        (429, "Too Many Requests", {"retry-after": "30"}, "secondary", 30.0),
        (429, SECONDARY, SPENT | {"retry-after": "7"}, "secondary", 7.0),
        (403, "API rate limit exceeded for user ID 1.", SPENT, "primary", 601.0),
        (429, "API rate limit exceeded for user ID 1.", SPENT, "primary", 601.0),
    ],
)
def test_each_form_of_a_rate_limit_says_how_long_to_wait(
    status: int, message: str, headers: dict[str, str], kind: str, wait: float | None
) -> None:
    error = refusal(status, message, headers)
    assert isinstance(error, RateLimitError)
    assert (error.kind, error.wait, error.retryable) == (kind, wait, True)


@pytest.mark.parametrize(
    ("status", "message", "request_", "kind"),
    [
        (401, "Bad credentials", TREE, AuthenticationError),
        (403, "Resource not accessible by personal access token", TREE, RepositoryAccessError),
        (404, "Not Found", TREE, RepositoryAccessError),
        (404, "Not Found", repository_request(APP), RepositoryAccessError),
        (404, "Not Found", FILE, FileError),
        (404, "No commit found for the ref x", FILE, FileError),
        (404, "This repository is empty.", FILE, EmptyRepositoryError),
        (409, "Git Repository is empty.", TREE, EmptyRepositoryError),
        (422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].", BLOB, FileError),
        (403, "The requested blob is too large to fetch via the API", BLOB, FileError),
        (451, "Repository access blocked", BLOB, RepositoryAccessError),
        (500, "Server Error", TREE, ServerError),
        (502, "Server Error", BLOB, ServerError),
        (503, "No server is currently available to service your request.", FILE, ServerError),
    ],
)
def test_a_refusal_is_of_the_kind_that_tells_what_to_do(
    status: int, message: str, request_: ApiRequest, kind: type[BatchLabError]
) -> None:
    error = refusal(status, message, LEFT | {"x-github-request-id": "A:B:C"}, request_)
    assert type(error) is kind
    assert (error.status, error.request_id) == (status, "A:B:C")
    assert error.retryable == (status >= 500)


def test_what_was_asked_for_is_no_error() -> None:
    assert [refusal(status, "") for status in (200, 301, 302, 304)] == [None] * 4


@pytest.mark.parametrize("body", [b"<html>502 Bad Gateway</html>", b"", b"\xff\xfe", b"[1]", b'"text"', b'{"a": 1}'])
def test_bodies_that_are_no_json_objects_still_give_a_message(body: bytes) -> None:
    error = error_of(TREE, Reply(502, {}, body), "token", EPOCH)
    assert isinstance(error, ServerError)


@given(st.binary(max_size=60))
def test_an_answer_that_is_no_tree_is_an_error_that_may_pass(body: bytes) -> None:
    with pytest.raises(NetworkError):
        read_tree(Reply(200, {"content-type": "text/html"}, body))


def test_a_tree_is_read_with_and_without_sizes() -> None:
    entries = [
        {"path": "go.mod", "mode": "100644", "type": "blob", "sha": "a" * 40, "size": 3, "url": "..."},
        {"path": "lib", "mode": "160000", "type": "commit", "sha": "b" * 40},
    ]
    listing = read_tree(Reply(200, {}, json.dumps({"sha": "c" * 40, "tree": entries, "truncated": True}).encode()))
    assert (listing.sha, listing.truncated) == ("c" * 40, True)
    assert [(entry.path, entry.type, entry.size) for entry in listing.entries] == [
        ("go.mod", "blob", 3),
        ("lib", "commit", None),
    ]


def test_a_repository_is_read_as_github_describes_it() -> None:
    told = {"default_branch": "trunk", "archived": True, "updated_at": "2026-01-01T00:00:00Z"}
    assert read_repository({"full_name": "acme/app", **told}) == Repository("acme/app", **told)


def test_names_in_paths_are_quoted_and_slashes_of_refs_are_no_slashes() -> None:
    assert tree_request(APP, "feature/x y").path == "/repos/acme/app/git/trees/feature%2Fx%20y?recursive=1"
    at_ref = Repository("acme/app@v1/x")
    assert contents_request(at_ref, "a b/c#d?.txt").path == "/repos/acme/app/contents/a%20b/c%23d%3F.txt?ref=v1%2Fx"
    assert listing_request("a/b", "orgs").path == "/orgs/a%2Fb/repos?per_page=100"
