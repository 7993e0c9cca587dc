"""The client on an ordinary loop, against recorded shapes: where it sends the token, and what it makes of answers."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import httpx
import pytest
import respx

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_models import Repository
from batchlab.credentials import Token
from batchlab.errors import AuthenticationError, FileError, InputError, NetworkError, RateLimitError, ServerError
from batchlab.git_objects import blob_sha
from batchlab.github_api import Reply, blob_request, tree_request
from batchlab.github_connection import DEFAULT_BASE_URL, USER_AGENT
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.twin import run_virtual

T = TypeVar("T")
SECRET = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
APP = Repository("acme/app")
RENAMED = "https://api.github.com/repositories/5"


@pytest.fixture
def github() -> Any:
    with respx.mock(base_url=DEFAULT_BASE_URL, assert_all_called=False) as router:
        yield router


def ask(use: Callable[[AsyncGitHubClient], Coroutine[Any, Any, T]], token: str = SECRET) -> T:
    async def main() -> T:
        async with AsyncGitHubClient(token) as client:
            return await use(client)

    return asyncio.run(main())


def refused(status: int, message: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"message": message, "status": str(status)}, headers=headers)


def told_by(error: BaseException) -> str:
    """Return all that a traceback with local variables shows, of every frame but the tests' own."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    told.stack = traceback.StackSummary.from_list([frame for frame in told.stack if frame.filename != __file__])
    return "".join(told.format())


def test_every_call_says_who_asks_for_what_in_which_version(github: Any) -> None:
    route = github.get("/repos/acme/app/contents/go.mod").respond(content=b"module app")
    content = ask(lambda client: client.get_file_content("acme/app", "go.mod"))
    assert (content.content, content.sha, content.size) == (b"module app", blob_sha(b"module app"), 10)
    sent = route.calls.last.request.headers
    assert sent["authorization"] == f"Bearer {SECRET}"
    assert sent["user-agent"] == USER_AGENT
    assert sent["accept"] == "application/vnd.github.raw+json"
    assert sent["x-github-api-version"] == "2022-11-28"


def test_without_a_token_none_is_sent(github: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    route = github.get("/rate_limit").respond(json={"resources": {"core": {"limit": 60}}})
    assert ask(lambda client: client.get_rate_limit(), token="") == {"core": {"limit": 60}}
    assert "authorization" not in route.calls.last.request.headers
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    assert AsyncGitHubClient().token_kind == "classic personal access token"
    assert AsyncGitHubClient("").token_kind == "missing token"


def test_a_renamed_repository_is_found_and_its_new_address_remembered(github: Any) -> None:
    old = github.get(path__startswith="/repos/acme/app/").mock(
        side_effect=lambda request: refused(
            301, "Moved Permanently", location=str(request.url).replace(f"{DEFAULT_BASE_URL}/repos/acme/app", RENAMED)
        )
    )
    new = github.get(path__startswith="/repositories/5/").respond(
        json={"sha": "a" * 40, "tree": [], "truncated": False}
    )

    async def thrice(client: AsyncGitHubClient) -> None:
        for _ in range(2):
            await client.get_tree(APP, "feature/x")
        await client.get_file_content(APP, "a b/c.txt")

    ask(thrice)
    assert (old.call_count, new.call_count) == (1, 3)
    assert [call.request.url.raw_path for call in new.calls] == [
        b"/repositories/5/git/trees/feature%2Fx?recursive=1",
        b"/repositories/5/git/trees/feature%2Fx?recursive=1",
        b"/repositories/5/contents/a%20b/c.txt",
    ]


@pytest.mark.parametrize(
    ("location", "base", "path"),
    [
        (f"{RENAMED}/git/trees/HEAD?recursive=1", DEFAULT_BASE_URL, "/repositories/5/git/trees/HEAD?recursive=1"),
        ("/repositories/5", DEFAULT_BASE_URL, "/repositories/5"),
        ("https://ghe.acme.org/api/v3/repositories/5", "https://ghe.acme.org/api/v3", "/repositories/5"),
    ],
)
def test_a_redirect_within_the_host_is_followed(location: str, base: str, path: str) -> None:
    target = AsyncGitHubClient(SECRET, base).follow(tree_request(APP, "HEAD"), Reply(302, {"location": location}, b""))
    assert target is not None
    assert (target.path, target.repo, target.endpoint) == (path, "acme/app", "tree")


@pytest.mark.parametrize(
    "location",
    ["https://evil.example/repos", "http://api.github.com/repos", "//evil.example/x", "https://api.github.com:444/",
     "https://api.github.com@evil.example/", "https://[bad/", "javascript:alert(1)", ""],
)  # fmt: skip
def test_a_redirect_to_another_host_or_to_nowhere_is_refused(location: str) -> None:
    with pytest.raises(NetworkError, match="refused"):
        AsyncGitHubClient(SECRET).follow(tree_request(APP, "HEAD"), Reply(302, {"location": location}, b""))


@pytest.mark.parametrize("location", ["https://evil.example/x", "http://api.github.com/x"])
def test_the_token_never_leaves_the_host_of_the_api(location: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return refused(302, "Found", location=location)

    async def main() -> None:
        async with AsyncGitHubClient(SECRET, transport=httpx.MockTransport(answer)) as client:
            with pytest.raises(NetworkError, match="another host refused"):
                await client.get_tree(APP)

    run_virtual(main)
    assert set(asked) == {"api.github.com"}


def test_redirects_in_a_circle_end(github: Any) -> None:
    github.get(path__startswith="/repos/").mock(
        side_effect=lambda request: refused(302, "Found", location=str(request.url) + "x")
    )

    async def main() -> None:
        async with AsyncGitHubClient(SECRET) as client:
            with pytest.raises(NetworkError, match="more than 5 redirects"):
                await client._attempt(tree_request(APP, "HEAD"))

    asyncio.run(main())


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        (SECRET, "classic personal access token"),
        ("github_pat_11A_secret", "fine-grained personal access token"),
        ("ghs_123_header.payload.signature", "GitHub App installation token"),
        ("0123456789abcdef", "token"),
        ("", "missing token"),
    ],
)
def test_a_refused_token_is_named_by_its_kind_and_never_by_its_value(github: Any, token: str, kind: str) -> None:
    github.get(path__startswith="/repos/").mock(return_value=refused(401, "Bad credentials"))
    with pytest.raises(AuthenticationError, match=rf"refused the {kind} \(Bad credentials\); check") as caught:
        ask(lambda client: client.get_tree(APP), token)
    assert not token or token not in told_by(caught.value)


def test_the_secret_shows_in_no_repr_and_in_no_traceback_of_a_broken_call(github: Any) -> None:
    github.get(path__startswith="/repos/").mock(side_effect=httpx.ConnectError("no route to host"))

    async def broken(client: AsyncGitHubClient) -> None:
        await client.exchange(tree_request(APP, "HEAD"))

    with pytest.raises(NetworkError, match="tree: ConnectError: no route to host") as caught:
        ask(broken)
    assert "classic personal access token" in told_by(caught.value)
    assert SECRET not in told_by(caught.value) + told_by(caught.value.__context__ or caught.value)
    assert SECRET not in repr(AsyncGitHubClient(SECRET)) + repr(Token(SECRET)) + str(vars(AsyncGitHubClient(SECRET)))


@pytest.mark.parametrize("token", ["ghp_with blank", "ghp_\u00fc", "one\ntwo"])
def test_a_token_that_can_be_none_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(InputError, match="copy it again") as caught:
        Token(token)
    assert token not in str(caught.value)
    assert Token(f"  {SECRET}\n").reveal() == SECRET


def test_an_address_without_a_scheme_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"base_url 'api.github.com' must start with http"):
        AsyncGitHubClient("", "api.github.com")


def test_one_client_serves_successive_loops(github: Any) -> None:
    github.get("/repos/acme/app").respond(json={"full_name": "acme/app", "default_branch": "trunk"})
    client = AsyncGitHubClient(SECRET)

    async def use() -> str | None:
        async with client:
            return (await client.get_repository("acme/app")).default_branch

    assert [asyncio.run(use()) for _ in range(3)] == ["trunk"] * 3


def test_a_timeout_is_an_error_of_the_network_that_names_the_patience(github: Any) -> None:
    github.get(path__startswith="/repos/").mock(side_effect=httpx.ReadTimeout("slow"))

    async def impatient(client: AsyncGitHubClient) -> None:
        await client.exchange(tree_request(APP, "HEAD"), 7.0)

    with pytest.raises(NetworkError, match="no answer to tree within 7 s"):
        ask(impatient)


def page(start: int, stop: int, *relations: str) -> httpx.Response:
    link = ", ".join(f'<{DEFAULT_BASE_URL}/organizations/9/repos?per_page=100&page={n}>; rel="{rel}"'
                     for rel, n in (relation.split() for relation in relations))  # fmt: skip
    documents = [{"full_name": f"acme/{n:03}"} for n in range(start, stop)]
    return httpx.Response(200, json=documents, headers={"link": link} if link else {})


def listed(owner: str) -> Callable[[AsyncGitHubClient], Coroutine[Any, Any, list[str]]]:
    async def collect(client: AsyncGitHubClient) -> list[str]:
        return [repository.full_name async for repository in client.list_repositories(owner)]

    return collect


def test_a_listing_follows_its_links_to_the_last_page(github: Any) -> None:
    first = github.get("/orgs/acme/repos").mock(return_value=page(0, 100, "next 2", "last 3"))
    github.get("/organizations/9/repos", params={"page": "2"}).mock(return_value=page(100, 200, "prev 1", "next 3"))
    github.get("/organizations/9/repos", params={"page": "3"}).mock(return_value=page(200, 205, "prev 2", "first 1"))
    assert ask(listed("acme")) == [f"acme/{n:03}" for n in range(205)]
    assert first.call_count == 1


def test_a_name_that_is_no_organisation_is_listed_as_a_user(github: Any) -> None:
    github.get("/orgs/ada/repos").mock(return_value=refused(404, "Not Found"))
    github.get("/users/ada/repos").mock(return_value=page(0, 2))
    assert ask(listed("ada")) == ["acme/000", "acme/001"]


def test_a_listing_does_not_follow_links_to_another_host(github: Any) -> None:
    link = {"link": '<https://evil.example/repos?page=2>; rel="next"'}
    github.get("/orgs/acme/repos").mock(return_value=httpx.Response(200, json=[], headers=link))
    with pytest.raises(NetworkError, match="another host refused"):
        ask(listed("acme"))


@pytest.mark.parametrize(
    ("answers", "seconds"),
    [
        ([refused(403, "You have exceeded a secondary rate limit.", **{"retry-after": "42"})], 42.0),
        ([refused(429, "secondary rate limit"), refused(429, "secondary rate limit")], 60.0 + 120.0),
        ([httpx.Response(502, text="<html>"), refused(503, "No server")], pytest.approx(2.25, abs=0.75)),
    ],
)
def test_calls_outside_the_engine_wait_as_asked_and_try_again(answers: list[httpx.Response], seconds: float) -> None:
    tree = httpx.Response(200, json={"sha": "a" * 40, "tree": [], "truncated": False})
    queue = [*answers, tree]

    async def main() -> float:
        async with AsyncGitHubClient("", transport=httpx.MockTransport(lambda request: queue.pop(0))) as client:
            await client.get_tree(APP)
            return asyncio.get_running_loop().time()

    assert run_virtual(main) == seconds


@pytest.mark.parametrize(
    ("answer", "kind", "calls"),
    [
        (refused(404, "Not Found"), FileError, 1),
        (refused(502, "Server Error"), ServerError, 4),
        (refused(403, "secondary rate limit", **{"retry-after": "5"}), RateLimitError, 4),
    ],
)
def test_calls_outside_the_engine_give_up_with_what_the_last_attempt_met(
    answer: httpx.Response, kind: type[Exception], calls: int
) -> None:
    asked: list[httpx.Request] = []

    def server(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    async def main() -> None:
        async with AsyncGitHubClient("", transport=httpx.MockTransport(server)) as client:
            await client.get_file_content(APP, "go.mod")

    with pytest.raises(kind):
        run_virtual(main)
    assert len(asked) == calls


def test_the_embedded_github_lists_and_reads_like_the_real_one() -> None:
    hub = SimHub(World.build({f"acme/{n:03}": {"go.mod": b"module"} for n in range(101)}), "no-limits")

    async def main() -> tuple[list[str], dict[str, Any]]:
        async with AsyncGitHubClient(hub.token, transport=hub.connect()) as client:
            names = [repository.full_name async for repository in client.list_repositories("acme")]
            return names, (await client.get_tree("acme/000"))._asdict()

    names, tree = run_virtual(main)
    assert sorted(names) == [f"acme/{n:03}" for n in range(101)]
    assert [entry.path for entry in tree["entries"]] == ["go.mod"]


def test_the_timeouts_for_connecting_and_reading_grow_with_the_bytes_expected() -> None:
    seen: list[dict[str, float]] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, content=b"")

    async def main() -> None:
        async with AsyncGitHubClient("", transport=httpx.MockTransport(server)) as client:
            for size in (0, 10_000_000):
                await client.exchange(blob_request(APP, "0" * 40, size), 30.0)

    asyncio.run(main())
    assert [(waits["connect"], waits["read"]) for waits in seen] == [(30.0, 30.0), (130.0, 130.0)]
