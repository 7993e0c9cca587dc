"""What every test may stand on: the profile of property tests, the corpus of real repositories, a way to read."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import settings
from PIL import Image

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.batch_metrics_collector import BatchMetricsCollector
from batchlab.batch_progress_monitor import BatchProgressMonitor
from batchlab.cache_manager import CacheManager
from batchlab.errors import BatchLabError
from batchlab.frames import CALLS, DECISIONS
from batchlab.hub.books import Books
from batchlab.hub.sim import SimHub
from batchlab.plots.picture import Picture
from batchlab.twin import run_virtual

CHECKOUT = Path(__file__).resolve().parents[1]
IN_CI = bool(os.environ.get("CI"))

# Deadlines measure the machine, not the code; in CI the same examples are drawn every time.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if IN_CI else "local")


@pytest.fixture(scope="session")
def corpus_folder() -> Path:
    """The recorded trees and manifests of real repositories; too large to be part of the checkout."""
    folder = Path(os.environ.get("BATCHLAB_CORPUS") or CHECKOUT.parent / "shared" / "corpus")
    if not folder.is_dir():
        reason = f"no corpus at {folder}; name its folder in the environment variable BATCHLAB_CORPUS"
        pytest.fail(reason) if IN_CI else pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def corpus_hub(corpus_folder: Path) -> SimHub:
    """The corpus under usual conditions; hubs of it under others share what it has answered."""
    return SimHub.from_corpus(corpus_folder, "typical")


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are drawn and have their words, and one white pixel: for tests of what stands around them."""
    pixel = io.BytesIO()
    Image.new("RGB", (1, 1), "white").save(pixel, "png")
    monkeypatch.setattr(Picture, "png", lambda picture, dpi=100.0: pixel.getvalue())


@dataclass(frozen=True, repr=False)  # asyncio writes out what a loop's main task returned when the loop ends
class Reading:
    """What one operation in virtual time left behind, on either side of the wire."""

    results: pd.DataFrame
    coordinator: BatchCoordinator
    books: Books
    seconds: float
    leaked: tuple[str, ...]

    @property
    def calls(self) -> pd.DataFrame:
        return CALLS.from_records(self.coordinator.trace.calls)

    @property
    def decisions(self) -> pd.DataFrame:
        return DECISIONS.from_records(self.coordinator.trace.decisions)

    @property
    def delivered(self) -> pd.DataFrame:
        return self.results[self.results.status == "delivered"]

    def row(self, path: str) -> pd.Series:
        (found,) = [row for _, row in self.results.iterrows() if row.path == path]
        return found


def _read(
    hub: SimHub,
    repositories: Sequence[str] | None = None,
    strategy: Any = "parallel",
    *,
    paths: Sequence[str] | None = None,
    patterns: Sequence[str] = ("**",),
    seed: int = 0,
    token: str | None = None,
    cache: CacheManager | None = None,
    collector: BatchMetricsCollector | None = None,
    monitor: BatchProgressMonitor | None = None,
    meanwhile: Callable[[BatchCoordinator], Coroutine[Any, Any, None]] | None = None,
    **settings: Any,
) -> Reading:
    settings = {"routes": ("blobs", "contents")} | settings

    async def main() -> Reading:
        client = AsyncGitHubClient(token or hub.token, hub.base_url, transport=hub.connect(seed))
        config = BatchConfig(**settings)
        coordinator = BatchCoordinator(client, cache, config, collector, monitor, seed=seed)
        names = hub.repositories if repositories is None else repositories
        beside = asyncio.create_task(meanwhile(coordinator)) if meanwhile is not None else None
        try:
            if paths is not None:
                results = await coordinator.process_files_batch(names[0], paths, strategy=strategy)
            else:
                results = await coordinator.process_repositories_batch(names, strategy, patterns=patterns)
        except BatchLabError:
            results = coordinator.results
        finally:
            seconds = asyncio.get_running_loop().time()
            others = asyncio.all_tasks() - {asyncio.current_task(), beside}
            if beside is not None:
                beside.cancel()
            await coordinator.cleanup()
        return Reading(results, coordinator, hub.books, seconds, tuple(sorted(map(repr, others))))

    return run_virtual(main)


@pytest.fixture(scope="session")
def read() -> Callable[..., Reading]:
    """Run one operation of a fresh coordinator against a hub, its own repositories unless named, in virtual time."""
    return _read
