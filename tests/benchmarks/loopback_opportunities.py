"""Opportunities out of the twin: found from runs over real sockets in real time, and verified there.

Run as ``python tests/benchmarks/loopback_opportunities.py FOLDER [--first-seed N]``. It takes some minutes of real
time. Every change that a run's frame calls an opportunity (kind "config") is verified, whatever was predicted.
Written to FOLDER: ``loopback.csv``, a row an opportunity, and ``loopback-calibration.csv``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

import batchlab as bl
from batchlab.hub.conditions import Latency, Network, Server
from batchlab.hub.world_spec import WorldSpec
from batchlab.study.opportunities import UNSEEN, verified
from batchlab.study.opportunity_book import calibration_of

SEEDS = 3
PATTERNS = ("*.txt",)
DISTANT = bl.Scenario("distant", latency=Latency(0.25, 0.3), network=Network(connection=5e6))
KNEE = bl.Scenario("knee", latency=Latency(0.25, 0.3), server=Server(knee=6), network=Network(connection=5e6))
THIN = bl.Scenario("thin", latency=Latency(0.2, 0.3), network=Network(link=4e5, connection=2e5))
CASES: tuple[tuple[bl.Scenario, WorldSpec, str, dict[str, Any]], ...] = (
    (DISTANT, WorldSpec.generated(8, 10, 4000), "parallel", {"max_concurrent_requests": 4}),
    (DISTANT, WorldSpec.generated(4, 8, 4000), "sequential", {}),
    (KNEE, WorldSpec.generated(6, 12, 4000), "parallel", {"max_concurrent_repos": 1}),
    (THIN, WorldSpec.generated(4, 10, 40_000), "conservative", {"max_batch_size": 4, "default_batch_size": 4}),
)


def entries(number: int, first_seed: int) -> pd.DataFrame:
    """Make a run, find its opportunities, and verify them on the same server."""
    scenario, world, strategy, settings = CASES[number]
    seed = first_seed + number
    with bl.LoopbackHub(world, scenario, seed=seed) as hub:
        config = bl.BatchConfig(**settings)
        run = bl.scan(hub=hub, strategy=strategy, config=config, patterns=PATTERNS, seed=seed)
        frame = bl.opportunities(run, seeds=range(5))
        found = frame[frame["kind"] == "config"].reset_index(drop=True)
        done = verified(found, run, hub, [first_seed + UNSEEN + 10 * number + each for each in range(SEEDS)])
    done.insert(0, "run_seed", seed)
    done.insert(0, "strategy", strategy)
    done.insert(0, "scenario", scenario.name)
    return done


def main() -> None:
    """Write the table and its calibration."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first-seed", type=int, default=1)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    book: list[pd.DataFrame] = []
    for number, (scenario, _, strategy, _) in enumerate(CASES):
        book.append(entries(number, asked.first_seed))
        print(f"{scenario.name}, {strategy}: {len(book[-1])} opportunities", flush=True)
        pd.concat(book, ignore_index=True).to_csv(asked.folder / "loopback.csv", index=False)
    calibration = calibration_of(pd.concat(book, ignore_index=True))
    calibration.to_csv(asked.folder / "loopback-calibration.csv", index=False)
    print(calibration.to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
