"""A plan reads no file, and the run that follows keeps to it."""

from __future__ import annotations

import pytest

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.cache_manager import CacheManager
from batchlab.errors import AuthenticationError, InputError
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.hub.world_spec import WorldSpec
from batchlab.hubs import GitHub
from batchlab.runs import plan, scan
from batchlab.runs.rehearsal import PLAN

TOLERANCE = 0.15  # of calls, points and bytes: batches and routes follow what a run measures on its way
# ADAPTIVE's archives may go through an idle API instead: a point a file in place of one for all of a repository.
HANDED_OVER = 0.3
CONFIGS = {"lab": BatchConfig.lab(), "default": BatchConfig()}
FILES = {
    "acme/app": {"go.mod": b"module acme\n", "package.json": b"{}\n"},
    "acme/fork": {"go.mod": b"module acme\n"},
    "acme/docs": {"README.md": b"# docs\n"},
    "acme/empty": {},
}


@pytest.fixture(scope="module")
def sample() -> SimHub:
    return SimHub.sample()


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("strategy", [strategy.value for strategy in BatchStrategy])
def test_the_run_that_follows_keeps_to_the_plan(sample: SimHub, strategy: str, config: str) -> None:
    planned = plan(hub=sample, strategy=strategy, config=CONFIGS[config])
    PLAN.validate(planned.table)
    run = scan(hub=sample, strategy=strategy, config=CONFIGS[config])
    books = sample.books
    assert planned.files == (run.results["status"] == "delivered").sum()
    assert planned.calls == pytest.approx(books.total_calls, rel=TOLERANCE)
    spent = books.core_spent + books.graphql_spent
    more = 1.0 - sum(planned.points.values()) / spent
    assert -TOLERANCE <= more <= (HANDED_OVER if strategy == "adaptive" else TOLERANCE)
    assert planned.bytes == pytest.approx(books.bytes_on_wire, rel=TOLERANCE)
    assert planned.shortest <= run.makespan <= planned.longest
    same = ["repo", "status", "error"]
    assert planned.undelivered[same].equals(run.results.loc[run.results["path"].isna(), same].reset_index(drop=True))


def test_no_file_is_read_for_a_plan(sample: SimHub) -> None:
    planned = plan(hub=sample)
    assert {endpoint for endpoint, _ in sample.books.calls} == {"tree"}
    assert planned.spent == sample.books.total_calls


def test_files_that_are_held_or_equal_cost_no_call() -> None:
    hub = SimHub(World.build(FILES), "no-limits")
    with CacheManager(":memory:") as cache:
        cold = plan(hub=hub, strategy="parallel", cache=cache)
        scan(hub=hub, cache=cache)
        warm = plan(hub=hub, strategy="parallel", cache=cache)
    columns = ["route", "files", "calls", "points"]
    assert cold.table[columns].to_numpy().tolist() == [["tree", 0, 4, 1], ["blobs", 2, 2, 2], ["none", 1, 0, 0]]
    assert warm.table[columns].to_numpy().tolist() == [["tree", 0, 4, 1], ["none", 3, 0, 0]]


def test_the_trees_of_a_plan_are_free_in_the_run_where_the_cache_outlives_it() -> None:
    hub = SimHub(World.build(FILES), "typical")
    with CacheManager(":memory:") as cache:
        kept = plan(hub=hub, cache=cache)
        scan(hub=hub, cache=cache)
    assert hub.books.core_spent + hub.books.graphql_spent == sum(kept.points.values())
    forgotten = plan(hub=hub)
    scan(hub=hub)
    assert hub.books.core_spent + hub.books.graphql_spent == sum(forgotten.points.values())


def test_a_server_behind_a_socket_is_planned_alike_under_any_name(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCHLAB_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    columns = ["route", "pool", "repositories", "files", "calls"]
    expected = plan(hub=SimHub(World.build(FILES), "no-limits"), strategy="parallel").table[columns]
    with LoopbackHub(WorldSpec.files(FILES), "no-limits") as server:
        assert plan(hub=server, strategy="parallel").table[columns].equals(expected)
        real = GitHub(server.token, server.base_url, list(FILES))
        assert plan(hub=real, strategy="parallel").table[columns].equals(expected)
        with pytest.raises(AuthenticationError):
            plan(hub=GitHub("ghp_wrong", server.base_url, list(FILES)))


def test_a_plan_is_one_line_and_a_card(sample: SimHub) -> None:
    planned = plan(hub=sample, strategy="sequential")
    assert repr(planned).startswith("<Plan sequential on sample: 588 files in 606 calls, 606 core points, ")
    assert "\n" not in repr(planned)
    assert "Plan: sequential on sample" in planned._repr_html_()


def test_nothing_to_plan_is_said() -> None:
    with pytest.raises(InputError, match="name the repositories to read"):
        plan(hub=GitHub(""))
