"""The embedded GitHub behind a socket on this machine.

Run as a module it is the child of `batchlab.hub.loopback`: it reads what to serve as one line of JSON from
standard input, tells its address on standard output, and ends when standard input does.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import uvicorn

from batchlab.errors import InputError
from batchlab.hub.application import Application, served_addresses
from batchlab.hub.scenario import Scenario
from batchlab.hub.service import DEFAULT_TOKEN, EmbeddedGitHub
from batchlab.hub.world import World
from batchlab.hub.world_spec import WorldSpec

LOOPBACK = "127.0.0.1"
_BACKLOG = 2048
_KEEP_ALIVE = 75


def serve(
    world: World,
    scenario: str | Path | Scenario = "typical",
    host: str = LOOPBACK,
    port: int = 0,
    *,
    token: str = DEFAULT_TOKEN,
    seed: int = 0,
    on_ready: Callable[[str], None] = lambda base_url: None,
    on_start: Callable[[uvicorn.Server], None] = lambda server: None,
) -> None:
    """Serve a world in real time until interrupted.

    Parameters
    ----------
    world, scenario, token, seed
        As for `SimHub`.
    host, port
        Where to listen; port 0 takes a free one.
    on_ready
        Is told the base address once connections are accepted.
    on_start
        Is handed the server, to be able to stop it.

    Raises
    ------
    InputError
        The port is in use, or the address is not this machine's.
    """
    conditions = Scenario.load(scenario).with_seed(seed)
    with listen(host, port) as listener:
        base_url = f"http://{host}:{listener.getsockname()[1]}"
        application = Application(EmbeddedGitHub(world, conditions, token, addresses=served_addresses(base_url)))
        server = uvicorn.Server(_configuration(application))
        on_start(server)
        # The socket listens already: whoever connects now waits in its queue.
        on_ready(base_url)
        server.run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, or raise `InputError`; port 0 takes a free one."""
    try:
        listener = socket.create_server((host, port), backlog=_BACKLOG)
        # Accepted connections inherit it. asyncio sets it only on sockets made with an explicit protocol number, and
        # without it a body waits some 40 ms for the acknowledgement of its headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as problem:
        raise InputError(
            f"cannot listen on {host}, port {port}: {problem.strerror or problem}; "
            "choose another port, or a free one with --port 0"
        ) from problem


def _configuration(application: Application) -> uvicorn.Config:
    return uvicorn.Config(
        application.asgi,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )


def announcement(base_url: str, world: World) -> str:
    """Return the line that tells a parent process the address and what there is to read."""
    return json.dumps(
        {
            "base_url": base_url,
            "name": world.name,
            "repositories": [asdict(repository) for repository in world.repositories],
        }
    )


def _end_with_input(server: uvicorn.Server) -> None:
    """Stop the server when the parent closes the pipe, or is gone."""

    def watch() -> None:
        sys.stdin.buffer.read()
        server.should_exit = server.force_exit = True

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _main() -> None:
    order = json.loads(sys.stdin.buffer.readline())
    try:
        world = WorldSpec(**order["world"]).build()
        scenario = Scenario.parse(order["scenario"])
        serve(
            world,
            scenario,
            token=order["token"],
            seed=scenario.seed,
            on_ready=lambda base_url: _tell(announcement(base_url, world)),
            on_start=_end_with_input,
        )
    except InputError as problem:
        _tell(json.dumps({"error": str(problem)}))
        sys.exit(2)


if __name__ == "__main__":
    _main()
