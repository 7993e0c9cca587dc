from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from batchlab.errors import InputError
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.scenario import Faults, Latency, Scenario
from batchlab.hub.server import listen, serve
from batchlab.hub.world import World
from batchlab.hub.world_spec import WorldSpec

_SPEC = WorldSpec.files({"acme/app": {"go.mod": b"module acme"}, "acme/empty": {}})
_TREE = "/repos/acme/app/git/trees/HEAD?recursive=1"


@pytest.fixture(scope="module")
def hub() -> Iterator[LoopbackHub]:
    with LoopbackHub(_SPEC, Scenario("quick", latency=Latency(median=0.02)), token="of-the-test") as hub:
        yield hub


def _client(hub: LoopbackHub) -> httpx.Client:
    return httpx.Client(base_url=hub.base_url, headers={"authorization": f"Bearer {hub.token}"})


def test_files_are_read_over_a_real_socket(hub: LoopbackHub) -> None:
    with _client(hub) as client:
        entry = client.get(_TREE).json()["tree"][0]
        assert entry["url"].startswith(hub.base_url)
        raw = client.get(entry["url"], headers={"accept": "application/vnd.github.raw+json"})
    assert raw.content == b"module acme"


def test_the_hub_describes_itself_without_its_token(hub: LoopbackHub) -> None:
    assert [repository.full_name for repository in hub.repositories] == ["acme/app", "acme/empty"]
    assert hub.virtual is False
    assert hub.token not in repr(hub)


def test_the_server_keeps_books_and_forgets_them_on_reset(hub: LoopbackHub) -> None:
    hub.reset()
    with _client(hub) as client:
        client.get(_TREE)
        client.get("/repos/acme/none")
    assert hub.books()["calls"] == {"repository 404": 1, "tree 200": 1}
    hub.reset(seed=3)
    assert hub.books()["total_calls"] == 0


def test_a_hundred_connections_are_served_at_once(hub: LoopbackHub) -> None:
    hub.reset()

    async def main() -> list[int]:
        headers = {"authorization": f"Bearer {hub.token}"}
        async with httpx.AsyncClient(base_url=hub.base_url, headers=headers, timeout=30.0) as client:
            responses = await asyncio.gather(*(client.get(_TREE) for _ in range(100)))
        return [response.status_code for response in responses]

    assert asyncio.run(main()) == [200] * 100
    assert hub.books()["peak_in_flight"] > 1
    assert hub.books()["in_flight"] == 0


def test_a_reset_breaks_the_connection() -> None:
    with (
        LoopbackHub(_SPEC, Scenario("broken", faults=Faults({"reset": 1.0}))) as hub,
        _client(hub) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get(_TREE)


def test_a_truncated_body_breaks_the_connection() -> None:
    with (
        LoopbackHub(_SPEC, Scenario("broken", faults=Faults({"truncated": 1.0}))) as hub,
        _client(hub) as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get(_TREE)


def test_all_hosts_are_served_at_one_address(hub: LoopbackHub) -> None:
    hub.reset()
    with _client(hub) as client:
        archive = client.get("/repos/acme/app/tarball", follow_redirects=True)
        raw = client.get(client.get("/repos/acme/app/contents/go.mod").json()["download_url"])
        query = client.post("/graphql", json={"query": '{repository(owner: "acme", name: "app") {nameWithOwner}}'})
    assert str(archive.url).startswith(f"{hub.base_url}/codeload/acme/app/")
    assert archive.content.startswith(b"\x1f\x8b")
    assert raw.content == b"module acme"
    assert query.json()["data"]["repository"]["nameWithOwner"] == "acme/app"
    assert hub.books()["calls"] == {
        "archive 200": 1,
        "contents 200": 1,
        "graphql 200": 1,
        "raw 200": 1,
        "tarball 302": 1,
    }


def test_a_world_that_cannot_be_built_is_told_as_input_error() -> None:
    with pytest.raises(InputError, match="does not exist"):
        LoopbackHub.from_git("no-such-folder")


def test_closing_twice_changes_nothing_and_ends_the_process() -> None:
    hub = LoopbackHub(_SPEC)
    hub.close()
    hub.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(hub.base_url)


_PARENT = """
import os, signal, sys
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.world_spec import WorldSpec
hub = LoopbackHub(WorldSpec.files({"acme/app": {"x": b"1"}}))
sys.stdout.write(hub.base_url + "\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def test_the_server_does_not_outlive_a_parent_that_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline().rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            os.kill(parent.pid, signal.SIGKILL)
            connection.settimeout(30)
            assert _has_ended(connection)


def _has_ended(connection: socket.socket) -> bool:
    """Wait for the server's end, which is the end of this connection, however it comes."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_port_in_use_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"port {port}: .*--port 0"):
            serve(World.build({}), "no-limits", port=port)


def test_no_body_waits_for_the_acknowledgement_of_its_headers() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
