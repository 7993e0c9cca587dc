"""The route ``tarball`` over a client: two calls, the token to the archive host only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from batchlab.batch_models import Repository
from batchlab.errors import AuthenticationError, NetworkError, RateLimitError, RepositoryAccessError
from batchlab.git_objects import blob_sha
from batchlab.routes import ROUTES, Price, UnsuitableError, WantedFile

Wanted = Callable[..., WantedFile]
FILES = {"go.mod": b"module acme\n", "src/a.py": b"a = 1\n"}


@pytest.fixture
def files(wanted: Wanted) -> list[WantedFile]:
    return [wanted(path, content) for path, content in FILES.items()]


def test_a_whole_repository_costs_two_calls_and_a_point(files: list[WantedFile]) -> None:
    assert ROUTES["tarball"].price(files) == Price(2, 1)


def test_files_come_out_of_the_archive_in_the_order_asked(
    fetch: Any, targz: Any, archive_server: Any, files: list[WantedFile]
) -> None:
    sent: list[httpx.Request] = []
    outcomes = fetch("tarball", files[::-1], archive_server(targz(FILES.items())), sent=sent)
    assert outcomes == [FILES["src/a.py"], FILES["go.mod"]]
    assert [(request.url.host, request.url.path) for request in sent] == [
        ("api.github.com", "/repos/acme/app/tarball/HEAD"),
        ("codeload.github.com", "/acme/app/legacy.tar.gz/refs/heads/main"),
    ]
    assert all(request.headers["authorization"].startswith("Bearer ghp_") for request in sent)


def test_a_ref_with_a_slash_is_one_parameter(fetch: Any, targz: Any, archive_server: Any) -> None:
    sent: list[httpx.Request] = []
    file = WantedFile(Repository("acme/app@feature/x"), "go.mod", blob_sha(b"x"), 1)
    fetch("tarball", [file], archive_server(targz([("go.mod", b"x")])), sent=sent)
    assert sent[0].url.raw_path == b"/repos/acme/app/tarball/feature%2Fx"


def test_bytes_of_another_sha_are_handed_on_for_the_engine_to_see(
    fetch: Any, targz: Any, archive_server: Any, files: list[WantedFile]
) -> None:
    changed = {"go.mod": b"module evil\n", "src/a.py": b"a = 1\n"}
    assert fetch("tarball", files, archive_server(targz(changed.items()))) == list(changed.values())


def test_what_the_archive_leaves_out_or_alters_is_for_another_route(
    fetch: Any, targz: Any, archive_server: Any, files: list[WantedFile]
) -> None:
    left_out, altered = fetch("tarball", files, archive_server(targz([("src/a.py", b"a = 1000\n")])))
    assert isinstance(left_out, UnsuitableError)
    assert "export-ignore" in str(left_out)
    assert isinstance(altered, UnsuitableError)
    assert "9 bytes" in str(altered)


def test_a_refused_archive_sends_what_is_missing_by_another_route(
    fetch: Any, targz: Any, archive_server: Any, files: list[WantedFile]
) -> None:
    members = [("go.mod", FILES["go.mod"]), ("../../etc/passwd", b"x"), ("src/a.py", FILES["src/a.py"])]
    came, missing = fetch("tarball", files, archive_server(targz(members)))
    assert came == FILES["go.mod"]
    assert isinstance(missing, UnsuitableError)
    assert "leads elsewhere" in str(missing)


def test_an_archive_that_is_cut_off_fails_the_batch(
    fetch: Any, targz: Any, archive_server: Any, files: list[WantedFile]
) -> None:
    with pytest.raises(NetworkError, match="ended early"):
        fetch("tarball", files, archive_server(targz(FILES.items())[:-60]))


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx.Response(204), NetworkError),
        (httpx.Response(302), NetworkError),
        (httpx.Response(302, headers={"location": "https://evil.example/x"}), NetworkError),
        (httpx.Response(302, headers={"location": "https://codeload.github.com/\x7f\n"}), NetworkError),
        (httpx.Response(404, json={"message": "Not Found"}), RepositoryAccessError),
        (httpx.Response(401, json={"message": "Bad credentials"}), AuthenticationError),
    ],
)
def test_a_refusal_of_the_api_fails_the_batch(response: Any, error: Any, fetch: Any, files: list[WantedFile]) -> None:
    with pytest.raises(error):
        fetch("tarball", files, lambda _: response)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_the_archive_host_is_no_judge_of_the_token(status: int, fetch: Any, files: list[WantedFile]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "api.github.com":
            return httpx.Response(302, headers={"location": "https://codeload.github.com/acme/app/legacy.tar.gz/x"})
        return httpx.Response(status, text="404: Not Found")

    with pytest.raises(Exception, match="acme/app") as caught:
        fetch("tarball", files, answer)
    assert not isinstance(caught.value, AuthenticationError)


def test_the_archive_hosts_throttle_is_its_own(fetch: Any, files: list[WantedFile]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "api.github.com":
            return httpx.Response(302, headers={"location": "https://codeload.github.com/acme/app/legacy.tar.gz/x"})
        return httpx.Response(429)

    with pytest.raises(RateLimitError, match="codeload host") as caught:
        fetch("tarball", files, answer)
    assert caught.value.kind == "primary"


@pytest.mark.parametrize("base_url", ["https://git.example/api/v3", "http://127.0.0.1:9"])
def test_a_server_may_serve_archives_beside_its_api(
    base_url: str, fetch: Any, targz: Any, files: list[WantedFile]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "/repos/" in request.url.path:
            return httpx.Response(302, headers={"location": "/codeload/acme/app/legacy.tar.gz/main"})
        return httpx.Response(200, content=targz(FILES.items()))

    assert fetch("tarball", files, answer, base_url=base_url) == list(FILES.values())
