from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest

from batchlab.errors import InputError
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.twin.runner import run_virtual


def _read(hub: SimHub, seed: int | None = None) -> list[float]:
    async def main() -> list[float]:
        headers = {"authorization": f"Bearer {hub.token}"}
        async with httpx.AsyncClient(transport=hub.connect(seed), base_url=hub.base_url, headers=headers) as client:
            for _ in range(3):
                await client.get("/repos/acme/app")
        return [(call.finished or 0.0) - call.arrived for call in hub.books.log]

    return run_virtual(main)


def test_every_connection_starts_alike(world: World) -> None:
    hub = SimHub(world, "typical", keep_log=True)
    assert _read(hub) == _read(hub)
    assert hub.books.total_calls == 3


def test_the_seed_of_a_connection_changes_its_weather(world: World) -> None:
    hub = SimHub(world, "typical", keep_log=True)
    assert _read(hub, seed=1) != _read(hub, seed=2)


def test_the_repr_is_one_line_without_the_token(world: World) -> None:
    hub = SimHub(world, token="very-secret")
    assert repr(hub) == "<SimHub odd: 8 repositories, scenario typical, seed 0>"


def test_a_hub_offers_its_world_s_repositories(world: World) -> None:
    hub = SimHub(world)
    assert hub.repositories == world.repositories
    assert hub.subset(["acme/app"]).repositories == world.subset(["acme/app"]).repositories
    assert (hub.virtual, hub.base_url) == (True, "https://api.github.com")


def test_the_sample_is_the_default() -> None:
    assert SimHub().name == SimHub.sample().name == "sample"


def test_a_speed_that_is_no_speed_is_named(world: World) -> None:
    with pytest.raises(InputError, match="speed is 0"):
        SimHub(world, speed=0)


def test_hubs_are_made_from_git_and_from_parquet_files(tmp_path: Path, corpus_folder: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path / "tool"], check=True)
    assert [one.full_name for one in SimHub.from_git(tmp_path / "tool").repositories] == ["local/tool"]
    assert len(SimHub.from_corpus(corpus_folder, "no-limits").repositories) == 87
