"""Simulated HTTP calls a second of wall time on one core, through the whole engine; files a second on GraphQL, too.

Run ``python tests/benchmarks/simulated_calls.py [REPEATS]``. A run reads the work of `CONDITIONS` through `SimHub`,
checks every sha and builds all frames. Wall time is what one waits for; CPU time beside it tells what a busy machine
has added. `budget-bound-org-rest`, two hours and more of rate-limited reading, is timed once a repetition.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import batchlab as bl
from batchlab.hub.scenario import Scenario

CONDITIONS = "ghes-no-limits"
HOURS = "budget-bound-org-rest"
BAR = 3_000  # calls a second
MINUTE = 60.0  # seconds of wall time that the hours may take


@dataclass(frozen=True)
class Measured:
    """One run: what it did, and the seconds that it took."""

    calls: int
    files: int
    virtual: float
    wall: float
    cpu: float


def measured(hub: bl.SimHub, strategy: str, **settings: object) -> Measured:
    """Read everything once, and build every frame."""
    config = bl.BatchConfig.lab(**settings)
    wall, cpu = time.perf_counter(), time.process_time()
    run = bl.scan(hub=hub, strategy=strategy, config=config)
    frames = (run.results, run.metrics, run.batches, run.calls, run.decisions, run.timeline)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert all(len(frame) for frame in frames[:4])
    assert (run.results["status"] == "delivered").all()
    return Measured(len(run.calls), len(run.results), float(run.metrics["makespan"].sum()), wall, cpu)


def rates(runs: Sequence[Measured], count: str) -> str:
    """Return medians and spread of a rate, by wall and by CPU."""
    texts = []
    for seconds in ("wall", "cpu"):
        found = sorted(getattr(run, count) / getattr(run, seconds) for run in runs)
        median = statistics.median(found)
        texts.append(f"{median:,.0f} {count}/s of {seconds} ({found[0]:,.0f} to {found[-1]:,.0f})")
    return ", ".join(texts)


def main(repeats: int = 7) -> None:
    """Print the rates and the time of the hours."""
    hub, hours = bl.SimHub(scenario=CONDITIONS), bl.SimHub(scenario=HOURS)
    measured(hub, "parallel", routes="blobs")  # imports, and contents that are made at their first reading
    blobs = [measured(hub, "parallel", routes="blobs") for _ in range(repeats)]
    files = Scenario.load(CONDITIONS).work
    print(f"{CONDITIONS}, {files.repositories} x {files.files} files, {repeats} runs, load {os.getloadavg()[0]:.1f}")
    print(f"blobs, 96 in flight: {rates(blobs, 'calls')}; the bar is {BAR:,}")
    print(f"graphql, 100 a call: {rates([measured(hub, 'aggressive') for _ in range(repeats)], 'files')}")
    long = [measured(hours, "adaptive") for _ in range(max(1, repeats // 3))]
    spans = sorted(run.wall for run in long)
    print(
        f"{HOURS}: {long[0].calls:,} calls, {long[0].virtual / 3600:.2f} h of virtual time in "
        f"{statistics.median(spans):.1f} s of wall ({spans[0]:.1f} to {spans[-1]:.1f}); the bar is {MINUTE:.0f} s"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
