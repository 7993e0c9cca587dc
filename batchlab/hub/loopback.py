"""The embedded GitHub in a process of its own, behind a real socket: a hub with a network."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any
from urllib.request import Request, urlopen

from batchlab.batch_models import Repository
from batchlab.cards import card
from batchlab.errors import BatchLabError, InputError
from batchlab.hub.scenario import Scenario
from batchlab.hub.service import DEFAULT_TOKEN
from batchlab.hub.world import listed
from batchlab.hub.world_spec import WorldSpec

_STARTUP_SECONDS = 60.0
_CONTROL_SECONDS = 10.0
_STOP_SECONDS = 5.0


class LoopbackHub:
    """A GitHub to read from, on 127.0.0.1, in real time.

    The server's process ends with `close`, and with this process, however that ends.

    Parameters
    ----------
    world
        How the server builds its world; the sample world by default.
    scenario
        The conditions: a name, a YAML file, or a `Scenario`.
    token
        The token that the client must send.
    seed
        Of all random draws, 0 or more.

    Raises
    ------
    InputError
        The world or scenario cannot be built.
    BatchLabError
        The server did not start.
    """

    virtual = False
    held: Mapping[str, bytes] = MappingProxyType({})

    def __init__(
        self,
        world: WorldSpec | None = None,
        scenario: str | Path | Scenario = "typical",
        *,
        token: str = DEFAULT_TOKEN,
        seed: int = 0,
    ) -> None:
        self.scenario = Scenario.load(scenario).with_seed(seed)
        self.token = token
        self.seed = seed
        self._server = _start_server()
        try:
            self._order(world or WorldSpec.sample())
            announced = self._announcement()
        except BaseException:
            self.close()
            raise
        self.base_url: str = announced["base_url"]
        self.name: str = announced["name"]
        self.repositories = tuple(Repository(**fields) for fields in announced["repositories"])

    @classmethod
    def sample(cls, scenario: str | Path | Scenario = "typical", seed: int = 0) -> LoopbackHub:
        """Return a hub with the sample world."""
        return cls(WorldSpec.sample(), scenario, seed=seed)

    @classmethod
    def from_git(cls, *paths: str | Path, scenario: str | Path | Scenario = "typical", seed: int = 0) -> LoopbackHub:
        """Return a hub with git repositories on disk, each ``path`` or ``path@ref``."""
        return cls(WorldSpec.git(*paths), scenario, seed=seed)

    @classmethod
    def from_corpus(cls, folder: str | Path, scenario: str | Path | Scenario = "typical", seed: int = 0) -> LoopbackHub:
        """Return a hub with the repositories that parquet files describe."""
        return cls(WorldSpec.corpus(folder), scenario, seed=seed)

    def books(self) -> dict[str, Any]:
        """Return the server's own count since its start or last reset."""
        return self._control("/_lab/books")

    def reset(self, seed: int | None = None) -> None:
        """Let the server forget its past, and draw with another seed if one is given."""
        self._control("/_lab/reset" if seed is None else f"/_lab/reset?seed={seed}", "POST")

    def connect(self, seed: int | None = None) -> None:
        """Let the server forget its past, so that every run starts alike; the network carries the calls."""
        self.reset(self.seed if seed is None else seed)

    def close(self) -> None:
        """Stop the server; a second time changes nothing."""
        for stream in (self._server.stdin, self._server.stdout):
            if stream is not None and not stream.closed:
                stream.close()
        try:
            self._server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def __enter__(self) -> LoopbackHub:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _repr_html_(self) -> str:
        facts = {"repositories": f"{len(self.repositories):,}", "scenario": self.scenario.name, "seed": self.seed}
        details = {"Repositories": listed(self.repositories)}
        return card(f"LoopbackHub {self.name}: the embedded GitHub at {self.base_url}", facts, details)

    def __repr__(self) -> str:
        return (
            f"<LoopbackHub {self.name}: {len(self.repositories)} repositories at {self.base_url}, "
            f"scenario {self.scenario.name}, seed {self.seed}>"
        )

    def _order(self, world: WorldSpec) -> None:
        """Tell the server what to serve: over its standard input, where no other user can read the token."""
        order = {"world": asdict(world), "scenario": asdict(self.scenario), "token": self.token}
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(order).encode() + b"\n")
        self._server.stdin.flush()

    def _announcement(self) -> dict[str, Any]:
        line = _read_line(self._server, _STARTUP_SECONDS)
        announced: dict[str, Any] = json.loads(line)
        if "error" in announced:
            raise InputError(announced["error"])
        return announced

    def _control(self, path: str, method: str = "GET") -> dict[str, Any]:
        with urlopen(Request(self.base_url + path, method=method), timeout=_CONTROL_SECONDS) as response:
            answer: dict[str, Any] = json.load(response)
            return answer


def _start_server() -> subprocess.Popen[bytes]:
    # A process group of its own keeps Ctrl-C for the parent, which still wants to read what was delivered.
    return subprocess.Popen(
        [sys.executable, "-m", "batchlab.hub.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def _read_line(server: subprocess.Popen[bytes], patience: float) -> bytes:
    """Return the first line that the server writes, or raise after ``patience`` seconds without any."""
    assert server.stdout is not None
    ready, _, _ = select.select([server.stdout], [], [], patience)
    line = server.stdout.readline() if ready else b""
    if not line:
        reason = "it ended" if ready else f"it said nothing for {patience:g} s"
        raise BatchLabError(f"the embedded GitHub's server did not start: {reason}; see its error output")
    return line
