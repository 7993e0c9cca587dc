from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import pytest

from batchlab import clock
from batchlab.hub.link import TURN
from batchlab.hub.scenario import Archives, Faults, Latency, Network, Period, Scenario
from batchlab.hub.service import DEFAULT_TOKEN, EmbeddedGitHub
from batchlab.hub.transport import HubTransport
from batchlab.hub.world import World
from batchlab.twin.runner import run_virtual

T = TypeVar("T")
_TREE = "/repos/acme/app/git/trees/HEAD"


def _client(github: EmbeddedGitHub, **options: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=HubTransport(github),
        base_url="https://api.github.com",
        headers={"authorization": f"Bearer {DEFAULT_TOKEN}"},
        **options,  # type: ignore[arg-type]
    )


def _run(
    world: World,
    scenario: Scenario,
    use: Callable[[httpx.AsyncClient], Awaitable[T]],
    **options: object,
) -> tuple[T, float, EmbeddedGitHub]:
    """Return what a use of a client gives, the virtual seconds that it took, and the service."""
    github = EmbeddedGitHub(world, scenario, keep_log=True)

    async def main() -> tuple[T, float]:
        began = clock.now()
        async with _client(github, **options) as client:
            return await use(client), clock.now() - began

    result, seconds = run_virtual(main)
    return result, seconds, github


def test_a_call_takes_its_service_and_its_transfer_in_virtual_time(world: World) -> None:
    scenario = Scenario("test", latency=Latency(median=100.0), network=Network(connection=10.0))
    response, seconds, github = _run(world, scenario, lambda client: client.get(_TREE), timeout=None)
    assert response.status_code == 200
    assert seconds == pytest.approx(100.0 + len(response.content) / 10.0)
    assert github.books.in_flight == 0


def test_calls_overlap(world: World) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        await asyncio.gather(*(client.get(_TREE) for _ in range(50)))

    _, seconds, github = _run(world, Scenario("test", latency=Latency(median=3.0)), use)
    assert seconds == pytest.approx(3.0)
    assert github.books.peak_in_flight == 50


def test_a_reset_is_a_read_error(world: World) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ReadError):
            await client.get(_TREE)

    _, _, github = _run(world, Scenario("test", faults=Faults({"reset": 1.0})), use)
    assert github.books.in_flight == 0


def test_the_client_s_read_timeout_is_obeyed(world: World) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(_TREE)

    scenario = Scenario("test", latency=Latency(median=60.0))
    _, seconds, github = _run(world, scenario, use, timeout=5.0)
    assert seconds == pytest.approx(5.0)
    assert github.books.in_flight == 0


@pytest.mark.parametrize("patience", [1.0, 15.0])
def test_a_cancelled_call_departs_whether_it_waits_or_receives(world: World, patience: float) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.get(_TREE), patience)

    scenario = Scenario("test", latency=Latency(median=10.0), network=Network(connection=1.0))
    _, _, github = _run(world, scenario, use, timeout=None)
    assert github.books.in_flight == 0


def test_redirects_can_be_followed(world: World) -> None:
    target = "/repos/acme/old-name/contents/README.md"
    response, _, _ = _run(world, Scenario("test"), lambda client: client.get(target, follow_redirects=True))
    assert [step.status_code for step in response.history] == [301]
    assert response.json()["path"] == "README.md"


def test_an_encoded_slash_stays_part_of_a_name(world: World) -> None:
    target = "/repos/acme/app/git/trees/heads%2Fmain"
    response, _, _ = _run(world, Scenario("test"), lambda client: client.get(target))
    assert response.status_code == 200


def test_on_an_ordinary_loop_an_infinite_speed_waits_for_nothing(world: World) -> None:
    github = EmbeddedGitHub(world, Scenario("test", latency=Latency(median=1e6)))

    async def main() -> int:
        async with _client(github) as client:
            return (await client.get(_TREE, timeout=None)).status_code

    assert asyncio.run(main()) == 200


def test_a_truncated_body_breaks_in_the_middle(world: World) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            await client.get(_TREE)

    whole, _, _ = _run(world, Scenario("test"), lambda client: client.get(_TREE))
    _, _, github = _run(world, Scenario("test", faults=Faults({"truncated": 1.0})), use)
    assert github.books.bytes_sent == len(whole.content) // 2
    assert github.books.calls == {("tree", 0): 1}
    assert github.books.in_flight == 0


def test_archives_and_raw_files_are_served_at_their_own_hosts(world: World) -> None:
    async def use(client: httpx.AsyncClient) -> list[int]:
        archive = await client.get("/repos/acme/app/tarball", follow_redirects=True)
        raw = await client.get("https://raw.githubusercontent.com/acme/app/main/README.md")
        return [step.status_code for step in (*archive.history, archive, raw)]

    statuses, _, github = _run(world, Scenario("test"), use)
    assert statuses == [302, 200, 200]
    assert github.books.calls == {("tarball", 302): 1, ("archive", 200): 1, ("raw", 200): 1}


def test_a_large_archive_arrives_piece_by_piece_and_may_be_left(world: World) -> None:
    async def use(client: httpx.AsyncClient) -> tuple[float, float]:
        path = "https://codeload.github.com/acme/app/legacy.tar.gz/main"
        async with client.stream("GET", path, headers={"authorization": f"Bearer {DEFAULT_TOKEN}"}) as response:
            pieces = response.aiter_raw()
            await anext(pieces)
            first = clock.now()
            async for _ in pieces:
                pass
        return first, clock.now()

    scenario = Scenario("test", network=Network(connection=1e6), archives=Archives(latency=Latency(median=0.0)))
    (first, last), _, github = _run(world, scenario, use, timeout=None)
    assert 0 < first < last
    assert last == pytest.approx(github.books.bytes_on_wire / 1e6)


def test_a_small_answer_does_not_wait_behind_an_archive_on_their_link(world: World) -> None:
    headers = {"authorization": f"Bearer {DEFAULT_TOKEN}"}
    archive = "https://codeload.github.com/acme/app/legacy.tar.gz/main"

    async def use(client: httpx.AsyncClient) -> tuple[float, float, int]:
        loading = asyncio.create_task(client.get(archive, headers=headers))
        await clock.sleep(0.0)
        tree = await client.get(_TREE)
        small = clock.now()
        await loading
        return small, clock.now(), len(tree.content)

    scenario = Scenario(
        "test",
        latency=Latency(median=0.0),
        network=Network(link=1000.0),
        archives=Archives(latency=Latency(median=0.0)),
    )
    (small, large, size), _, github = _run(world, scenario, use, timeout=None)
    assert size < TURN < github.books.bytes_on_wire - size
    assert small == pytest.approx((TURN + size) / 1000.0, rel=0.01)
    assert large == pytest.approx(github.books.bytes_on_wire / 1000.0)


def test_a_brown_out_is_slow_and_faulty_and_then_over(world: World) -> None:
    async def use(client: httpx.AsyncClient) -> list[int]:
        statuses = []
        for _ in range(4):
            statuses.append((await client.get(_TREE)).status_code)
            await clock.sleep(10.0)
        return statuses

    brown = Period(5.0, latency=Latency(median=2.0), faults=Faults({"503": 1.0}))
    scenario = Scenario("test", latency=Latency(median=0.0), periods=(brown, Period(25.0)))
    statuses, seconds, _ = _run(world, scenario, use)
    assert statuses == [200, 503, 503, 200]
    assert seconds == pytest.approx(44.0)
