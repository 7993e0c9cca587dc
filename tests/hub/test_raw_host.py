from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from batchlab.git_objects import blob_sha
from batchlab.hub.messages import HubRequest
from batchlab.hub.scenario import Latency, Limits, RawFiles, Scenario, Throttle
from batchlab.hub.service import EmbeddedGitHub
from batchlab.hub.world import World

Get = Callable[..., Any]


@pytest.mark.parametrize("ref", ["main", "HEAD", "refs/heads/main", "heads/main"])
def test_a_file_is_its_bytes(get: Get, ref: str) -> None:
    response = get(f"/acme/app/{ref}/src/a%20b%23c/package.json", host="raw")
    assert (response.status, response.body) == (200, b"{}")
    assert response.headers["etag"] == f'"{blob_sha(b"{}")}"'
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/acme", "/acme/app", "/acme/app/main", "/acme/app/main/none", "/acme/app/main/src"),
        *("/acme/app/none/go.mod", "/acme/app/main/absent.bin", "/acme/hidden/main/README.md"),
        *("/acme/sso/main/README.md", "/acme/blocked/main/run.sh"),
    ],
)
def test_what_is_not_there_is_plain_404(get: Get, path: str) -> None:
    response = get(path, host="raw")
    assert (response.status, response.body) == (404, b"404: Not Found")
    assert response.headers["content-type"].startswith("text/plain")


def test_a_private_file_needs_the_token(get: Get) -> None:
    path = "/acme/private/main/README.md"
    assert [get(path, host="raw").status, get(path, host="raw", authorization=None).status] == [200, 404]


def test_a_file_that_was_asked_for_is_near_by_from_then_on(world: World) -> None:
    scenario = Scenario("test", latency=Latency(median=0.4), raw=RawFiles(latency=Latency(median=0.02)))
    github = EmbeddedGitHub(world, scenario)
    request = HubRequest("GET", "/acme/app/main/README.md", host="raw")
    assert [github.arrive(request, 0.0, 0.0).service_time for _ in range(3)] == [0.4, 0.02, 0.02]


def test_the_raw_host_has_a_throttle_of_its_own_and_can_be_off(world: World, asking: Callable[..., Get]) -> None:
    throttled = RawFiles(throttle=Throttle(requests=1, lockout=30.0))
    github = EmbeddedGitHub(world, Scenario("test", limits=Limits(core=1), raw=throttled))
    path = "/acme/app/main/README.md"
    assert [asking(github)(path, host="raw").status for _ in range(2)] == [200, 429]
    off = asking(EmbeddedGitHub(world, Scenario("test", raw=RawFiles(enabled=False))))
    assert off(path, host="raw").status == 404
