"""Several files by one call of the client, in virtual time: contents by path, failures typed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_models import FileContent, Repository
from batchlab.errors import AuthenticationError, ErrorCategory, FileError, InputError
from batchlab.git_objects import blob_sha
from batchlab.hub.scenario import Faults, Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.twin import run_virtual

T = TypeVar("T")
FILES = {f"acme/app-{n}": {f"{m}.txt": b"%d of %d" % (m, n) for m in range(12)} for n in range(2)}
PATHS = [f"{m}.txt" for m in range(12)]


def hub(**conditions: Any) -> SimHub:
    return SimHub(World.build(FILES), Scenario("calm", latency=Latency(median=0.25), **conditions))


def ask(github: SimHub, use: Callable[[AsyncGitHubClient], Coroutine[Any, Any, T]], token: str = "") -> T:
    async def main() -> T:
        transport = github.connect(0)
        async with AsyncGitHubClient(token or github.token, github.base_url, transport=transport) as client:
            return await use(client)

    return run_virtual(main)


def test_contents_come_by_path_in_the_order_of_asking() -> None:
    paths = PATHS[::-1]
    contents = ask(hub(), lambda client: client.get_multiple_file_contents_parallel("acme/app-0", paths))
    assert list(contents) == paths
    for path, content in contents.items():
        body = FILES["acme/app-0"][path]
        assert content == FileContent(body, blob_sha(body), len(body))
    assert contents.errors == {}


@pytest.mark.parametrize("ceiling", [1, 5])
def test_no_more_than_max_concurrent_calls_fly(ceiling: int) -> None:
    github = hub()
    ask(github, lambda client: client.get_multiple_file_contents_parallel("acme/app-0", PATHS, ceiling))
    assert github.books.peak_in_flight == ceiling


def test_a_file_that_fails_is_an_error_of_its_path_and_the_others_come() -> None:
    paths = ["0.txt", "absent", "1.txt"]
    contents = ask(hub(), lambda client: client.get_multiple_file_contents_parallel("acme/app-0", paths))
    assert list(contents) == ["0.txt", "1.txt"]
    assert list(contents.errors) == ["absent"]
    assert isinstance(contents.errors["absent"], FileError)


def test_a_path_asked_for_twice_is_read_once() -> None:
    github = hub()
    contents = ask(github, lambda client: client.get_multiple_file_contents_parallel("acme/app-0", ["0.txt"] * 3))
    assert list(contents) == ["0.txt"]
    assert github.books.total_calls == 1


def test_failures_that_pass_are_tried_again() -> None:
    github = hub(faults=Faults({"502": 0.3}))
    contents = ask(github, lambda client: client.get_multiple_file_contents_parallel("acme/app-0", PATHS))
    assert set(contents) | set(contents.errors) == set(PATHS)
    assert {error.category for error in contents.errors.values()} <= {ErrorCategory.NETWORK}
    assert len(contents) >= 11
    assert github.books.total_calls > 12


def test_a_limit_is_waited_for() -> None:
    github = hub(limits=Limits(core=5000, remaining=4, reset_in=100.0))
    contents = ask(github, lambda client: client.get_multiple_file_contents_parallel("acme/app-0", PATHS))
    assert len(contents) == 12


def test_a_refused_token_is_raised_and_ends_the_rest() -> None:
    github = hub()
    with pytest.raises(AuthenticationError):
        ask(github, lambda client: client.get_multiple_file_contents_parallel("acme/app-0", PATHS, 2), "ghp_wrong")
    assert github.books.total_calls <= 4  # two, and those that had their slots before the first was raised
    assert github.books.in_flight == 0


def test_files_of_several_repositories_share_one_ceiling() -> None:
    github = hub()
    wanted = {Repository("acme/app-0"): PATHS, Repository("acme/app-1"): [*PATHS, "absent"]}
    contents = ask(github, lambda client: client.get_file_contents_across_repositories(wanted, 7))
    assert list(contents) == ["acme/app-0", "acme/app-1"]
    for repo, files in FILES.items():
        assert {path: content.content for path, content in contents[repo].items()} == files
    assert list(contents["acme/app-1"].errors) == ["absent"]
    assert github.books.peak_in_flight == 7


def test_a_ceiling_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="max_concurrent=0 is out of range"):
        ask(hub(), lambda client: client.get_multiple_file_contents_parallel("acme/app-0", PATHS, 0))
