"""Which servers there are, which of them see the token, and where redirects may lead."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.addresses import Addresses, origin
from batchlab.errors import InputError, NetworkError
from batchlab.github_api import ApiRequest

GITHUB = Addresses.of("https://api.github.com")
TREE = ApiRequest("tree", "/repos/a/b/git/trees/HEAD?recursive=1", "a/b")
TARBALL = ApiRequest("tarball", "/repos/a/b/tarball/HEAD", "a/b")
QUERY = ApiRequest("graphql", "/graphql", pool="graphql", document=b"{}", host="graphql")
RAW = ApiRequest("raw", "/a/b/HEAD/f", "a/b", pool="raw", host="raw")
EVERY = [TREE, TARBALL, QUERY, RAW]

HOSTILE = [
    "https://evil.example/x",
    "//evil.example/x",
    "http://api.github.com/x",
    "https://api.github.com.evil.example/x",
    "https://api.github.com@evil.example/x",
    "https://codeload.github.com@evil.example/x",
    "https://codeload.github.com:444/x",
    "http://codeload.github.com/x",
    "https://codeload.github.com./x",
    "https://evil.example/https://codeload.github.com/x",
    "https://codeload.github.com\\@evil.example/x",
    "https://codeload.evil.example/x",
    "https://raw.githubusercontent.com.evil.example/x",
    "https://[::1/x",
    "https://codeload.github.com:port/x",
    "ftp://codeload.github.com/x",
    "/\t/evil.example/x",
    "javascript:alert(1)",
    "",
]
RELATIVE = ["@evil.example/x", ".evil.example/x", ":444/x", "/x", "?q", "x\\@evil.example"]


@pytest.mark.parametrize(
    ("api", "graphql", "raw", "archives"),
    [
        (
            "https://api.github.com",
            "https://api.github.com/graphql",
            "https://raw.githubusercontent.com",
            {"https://codeload.github.com"},
        ),
        (
            "https://api.octo.ghe.com/",
            "https://api.octo.ghe.com/graphql",
            "https://api.octo.ghe.com/raw",
            {"https://codeload.octo.ghe.com"},
        ),
        (
            "https://git.example:8443/api/v3",
            "https://git.example:8443/api/graphql",
            "https://git.example:8443/raw",
            {"https://git.example:8443", "https://codeload.git.example:8443"},
        ),
        (
            "http://127.0.0.1:9/",
            "http://127.0.0.1:9/graphql",
            "http://127.0.0.1:9/raw",
            {"http://127.0.0.1:9", "http://codeload.127.0.0.1:9"},
        ),
    ],
)
def test_a_githubs_servers_are_derived_from_its_api(api: str, graphql: str, raw: str, archives: set[str]) -> None:
    assert Addresses.of(api) == Addresses(api.rstrip("/"), graphql, raw, frozenset(archives))


def test_servers_may_be_named() -> None:
    named = Addresses.of("http://127.0.0.1:1", "http://127.0.0.1:2/q", "http://127.0.0.1:3/", "http://127.0.0.1:4/x")
    assert (named.graphql, named.raw) == ("http://127.0.0.1:2/q", "http://127.0.0.1:3")
    assert named.archives == {"http://127.0.0.1:4"}


@pytest.mark.parametrize("address", ["api.github.com", "ftp://x", "https://", "https://x:port"])
def test_an_address_that_is_none_is_refused_by_name(address: str) -> None:
    with pytest.raises(InputError, match=r"base_url .* must start with http"):
        Addresses.of(address)
    with pytest.raises(InputError, match="raw_url"):
        Addresses.of("https://api.github.com", raw=address)


@pytest.mark.parametrize("request_", EVERY)
@pytest.mark.parametrize("location", HOSTILE)
def test_no_redirect_leads_to_another_host(request_: ApiRequest, location: str) -> None:
    with pytest.raises(NetworkError, match="refused"):
        GITHUB.redirected(request_, location)


@pytest.mark.parametrize("request_", EVERY)
@pytest.mark.parametrize("location", RELATIVE)
def test_a_relative_redirect_stays_on_its_host(request_: ApiRequest, location: str) -> None:
    target = GITHUB.redirected(request_, location)
    here, there = (GITHUB.url(r.host, r.path) for r in (request_, target))
    assert origin(there) == origin(here)


@pytest.mark.parametrize("request_", [TREE, QUERY, RAW])
def test_only_an_archive_may_come_from_the_archive_host(request_: ApiRequest) -> None:
    with pytest.raises(NetworkError, match="refused: codeload"):
        GITHUB.redirected(request_, "https://codeload.github.com/a/b/legacy.tar.gz/refs/heads/main")


def test_the_archive_host_is_outside_the_budget_and_sees_the_token() -> None:
    target = GITHUB.redirected(TARBALL, "https://codeload.github.com/a/b/legacy.tar.gz/refs/heads/main?token=x")
    assert (target.endpoint, target.pool, target.points) == ("archive", "codeload", 0)
    assert GITHUB.url(target.host, target.path) == (
        "https://codeload.github.com/a/b/legacy.tar.gz/refs/heads/main?token=x"
    )
    assert GITHUB.may_see_token(target)
    with pytest.raises(NetworkError, match="refused"):
        GITHUB.redirected(target, "https://api.github.com/x")


def test_a_renamed_repositorys_archive_is_still_the_apis_business() -> None:
    target = GITHUB.redirected(TARBALL, "https://api.github.com/repositories/7/tarball/HEAD")
    assert target == ApiRequest("tarball", "/repositories/7/tarball/HEAD", "a/b")


def test_an_enterprise_server_may_have_its_archives_beside_its_api() -> None:
    addresses = Addresses.of("https://git.example/api/v3")
    target = addresses.redirected(TARBALL, "https://git.example/codeload/a/b/legacy.tar.gz/main")
    assert addresses.url(target.host, target.path) == "https://git.example/codeload/a/b/legacy.tar.gz/main"
    assert target.endpoint == "archive"
    renamed = addresses.redirected(TREE, "https://git.example/api/v3/repositories/7/git/trees/HEAD")
    assert (renamed.host, renamed.path) == ("api", "/repositories/7/git/trees/HEAD")


def test_the_raw_host_never_sees_the_token() -> None:
    assert not GITHUB.may_see_token(RAW)
    loopback = Addresses.of("http://127.0.0.1:9")
    assert not loopback.may_see_token(loopback.redirected(RAW, "/elsewhere"))
    assert not GITHUB.may_see_token(ApiRequest("tree", "/x", host="https://evil.example"))


@given(
    st.sampled_from(EVERY), st.text() | st.sampled_from(HOSTILE + RELATIVE).flatmap(lambda x: st.text().map(x.__add__))
)
def test_whatever_a_redirect_says_the_token_goes_to_the_api_and_its_archive_host_only(
    request_: ApiRequest, location: str
) -> None:
    try:
        target = GITHUB.redirected(request_, location)
    except NetworkError:
        return
    if GITHUB.may_see_token(target):
        host = urlsplit(GITHUB.url(target.host, target.path)).netloc
        assert host == "api.github.com" or (host == "codeload.github.com" and request_ is TARBALL)
