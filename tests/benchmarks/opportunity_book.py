"""The book of opportunities: predicted from saved runs alone, verified on the true hub under unseen seeds.

Run as ``python tests/benchmarks/opportunity_book.py FOLDER``; ``--help`` lists what can be changed. Each case is
a run of a scenario, saved without contents. A process of its own is given the folder of that run and nothing else, and
writes its predictions; this one then tries each change on the scenario itself. Written to FOLDER: ``book.csv``, a row
an opportunity, and ``calibration.csv``, how well the predictions came true.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

import batchlab as bl
from batchlab.hub.work import Work
from batchlab.study.opportunities import OPPORTUNITIES, UNSEEN, verified
from batchlab.study.opportunity_book import calibration_of

# Of predictions and of verifications: an interval is of the mean of as many runs as it was foretold from. Means of four
# runs of ADAPTIVE differ by more than 2 % by chance.
SEEDS = 12
REST = 2e6  # bytes that an archive brings beside what is wanted


@dataclass(frozen=True)
class Case:
    """A run of a scenario whose work is scaled down to some hundred calls."""

    scenario: str
    work: Work
    strategy: str
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"{self.scenario}-{self.strategy}"

    def hub(self, seed: int) -> bl.SimHub:
        """Return the true hub."""
        return bl.SimHub(scenario=replace(bl.Scenario.load(self.scenario), work=self.work), seed=seed)


def work(repositories: int, files: int, **changes: float) -> Work:
    """Return work of a small size."""
    return Work(repositories, files, **({"rest": REST} | changes))


CASES = (
    Case("typical", work(25, 12), "parallel"),
    Case("typical", work(25, 12), "adaptive"),
    Case("no-limits", work(15, 15), "sequential"),
    Case("low-knee", work(12, 20), "parallel"),
    Case("low-knee", work(12, 20), "adaptive", {"max_concurrent_requests": 32, "max_concurrent_repos": 16}),
    Case("retrograde", work(12, 20), "parallel", {"max_concurrent_requests": 20}),
    Case("transatlantic", work(60, 5), "adaptive", {"max_concurrent_requests": 24, "max_concurrent_repos": 24}),
    Case("transatlantic", work(60, 5), "parallel", {"max_concurrent_requests": 6}),
    Case("heavy-tail", work(50, 5), "aggressive"),
    Case("flaky", work(30, 8), "parallel"),
    Case("forks", work(30, 10, shared=0.7), "parallel", {"fold_duplicates": False, "use_cache": False}),
    Case("ghes-no-limits", work(30, 8), "conservative"),
    Case("thin-link-big-files", work(8, 12, median=100e3, large_share=0.02), "parallel"),
    Case("thin-link-big-files", work(8, 12, median=100e3, large_share=0.02), "aggressive"),
    Case("minute-bound-rest", work(20, 45), "parallel"),
    Case("core-nearly-empty", work(20, 20), "parallel", {"routes": ("blobs",)}),
    Case("graphql-nearly-empty", work(25, 16), "aggressive", {"max_batch_size": 10, "default_batch_size": 10}),
    Case("unauthenticated", work(10, 6), "parallel"),
    Case("monorepo-slice", work(2, 150, rest=8e6), "adaptive"),
    Case("warm", work(40, 15, warm=0.7), "parallel"),
    Case("enterprise", work(30, 8), "adaptive", {"max_concurrent_requests": 24, "max_concurrent_repos": 24}),
    Case("hidden-secondary", work(40, 10), "parallel"),
    Case("lan-small", work(10, 20), "sequential"),
    Case("drift", work(60, 8), "parallel"),
    Case("minute-bound", work(60, 4), "adaptive"),
)


def predict(run: Path, out: Path, seeds: int) -> None:
    """Write the predictions of a saved run: what the child process does."""
    bl.opportunities(bl.load_run(run), seeds=range(seeds)).to_parquet(out)


def entries(case: Case, number: int, asked: argparse.Namespace) -> pd.DataFrame:
    """Make a run, have its opportunities predicted by another process, and verify them."""
    folder, seed = asked.folder, asked.first_seed + number
    hub = case.hub(seed)
    run = bl.scan(hub=hub, strategy=case.strategy, config=bl.BatchConfig(**case.config), seed=seed)
    saved, predictions = folder / "runs" / f"{number:02d}-{case.name}", folder / f"{number:02d}.parquet"
    run.save(saved, contents=False)
    command = [sys.executable, __file__, "--predict", str(saved), str(predictions), str(asked.replications)]
    subprocess.run(command, check=True)
    frame = pd.read_parquet(predictions)[OPPORTUNITIES.names]
    predictions.unlink()
    unseen = [asked.first_seed + UNSEEN + 100 * number + each for each in range(asked.replications)]
    done = verified(frame, run, hub, unseen, asked.workers)
    done.insert(0, "run_seed", seed)
    done.insert(0, "strategy", case.strategy)
    done.insert(0, "scenario", case.scenario)
    done["first_unseen_seed"] = unseen[0]
    done["unseen_seeds"] = len(unseen)
    return done


def main(arguments: list[str]) -> None:
    """Write the book."""
    if arguments[:1] == ["--predict"]:
        predict(Path(arguments[1]), Path(arguments[2]), int(arguments[3]))
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--cases", default="", help="names of scenarios, with commas; all unless given")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--replications", type=int, default=SEEDS, help="of each prediction, and of each verification")
    asked = parser.parse_args(arguments)
    (asked.folder / "runs").mkdir(parents=True, exist_ok=True)
    chosen = [one for one in enumerate(CASES) if not asked.cases or one[1].scenario in asked.cases.split(",")]
    book: list[pd.DataFrame] = []
    for number, case in chosen:
        began = time.perf_counter()
        book.append(entries(case, number, asked))
        print(
            f"{case.name}: {len(book[-1])} opportunities, {time.perf_counter() - began:.0f} s of wall time", flush=True
        )
        whole = pd.concat(book, ignore_index=True)
        whole.to_csv(asked.folder / "book.csv", index=False)
    calibration = calibration_of(whole)
    calibration.to_csv(asked.folder / "calibration.csv", index=False)
    print(calibration.to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main(sys.argv[1:])
