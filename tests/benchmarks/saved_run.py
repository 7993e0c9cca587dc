"""Seconds to save and load a run: ``python tests/benchmarks/saved_run.py [FILES]``, of 100,000 files unless named."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import batchlab as bl
from batchlab.frames.schemas import ALL

T = TypeVar("T")
REPOSITORIES = 100


def _world(files: int) -> bl.World:
    each = files // REPOSITORIES
    return bl.World.build(
        {
            f"acme/app-{repo:03}": {
                f"{file:04}/package.json": b'{"name": "%d-%d"}' % (repo, file) for file in range(each)
            }
            for repo in range(REPOSITORIES)
        }
    )


def _timed(what: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    result = work()
    print(f"{what}: {time.perf_counter() - began:.2f} s")
    return result


def main(files: int) -> None:
    hub = bl.SimHub(_world(files), "no-limits")
    run = _timed("read", lambda: bl.scan(hub=hub, config=bl.BatchConfig.lab(), strategy="parallel"))
    print(", ".join(f"{schema.name} {len(getattr(run, schema.name)):,}" for schema in ALL))
    with tempfile.TemporaryDirectory() as folder:
        kept = _timed("save", lambda: run.save(Path(folder) / "kept"))
        size = sum(file.stat().st_size for file in kept.iterdir())
        print(f"on disk: {size / 1e6:.1f} MB")
        loaded = _timed("load", lambda: bl.load_run(kept))
        _timed("list", lambda: bl.runs(folder))
    assert all(getattr(loaded, schema.name).equals(getattr(run, schema.name)) for schema in ALL)
    print(f"the same: {len(loaded.results):,} rows with contents")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
