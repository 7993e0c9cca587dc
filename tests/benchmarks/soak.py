"""Fault soak in virtual time: very many files under mixed faults, and not one lost, wrong or given up too early.

Run ``python tests/benchmarks/soak.py [files]``; 20,000 files unless said otherwise. Each strategy reads all of them
while one call in twenty meets a fault, of all kinds alike; exits with 1 where a promise is broken.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass

import batchlab as bl
from batchlab.git_objects import blob_sha
from batchlab.hub.faults import FAULT_KINDS
from batchlab.hub.scenario import Faults, Latency, Limits, Scenario

A_REPOSITORY = 50  # files
SHARE_OF_FAULTS = 0.05


@dataclass(frozen=True)
class Soaked:
    """What one soak came to.

    ``saveable`` counts files that failed before their attempts were used up, or with what a retry does not excuse.
    """

    asked: int
    rows: int
    delivered: int
    wrong: int
    failed: int
    saveable: int
    faults: int
    calls: int
    virtual_seconds: float

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return self.rows == self.asked and self.wrong == self.saveable == 0

    def __str__(self) -> str:
        return (
            f"{self.rows} rows of {self.asked} files, {self.delivered} delivered, {self.wrong} wrong, {self.failed} "
            f"failed of which {self.saveable} a retry could have saved; {self.faults} faults in {self.calls} calls, "
            f"{self.virtual_seconds:.0f} s of virtual time"
        )


def contents(files: int) -> dict[str, dict[str, bytes]]:
    """Return so many files, all different, by repository."""
    return {
        f"soak/{first // A_REPOSITORY:04}": {
            f"{n:05}/go.mod": b"module soak/%d\n" % n * (1 + n % 40) for n in range(first, first + A_REPOSITORY)
        }
        for first in range(0, files, A_REPOSITORY)
    }


def scenario() -> Scenario:
    """Return a server on which each kind of fault strikes as often as the others."""
    rates = dict.fromkeys(FAULT_KINDS, SHARE_OF_FAULTS / len(FAULT_KINDS))
    faults = Faults(rates, slow_factor=20.0, retry_after=10.0)
    return Scenario("soak", latency=Latency(median=0.15, sigma=0.4), limits=Limits(), faults=faults)


def soak(files: int, strategy: str = "adaptive", seed: int = 0) -> Soaked:
    """Read that many files under faults, and count what became of them."""
    expected = contents(files)
    hub = bl.SimHub(bl.World.build(expected), scenario())
    config = bl.BatchConfig.lab()
    run = bl.scan(hub=hub, strategy=strategy, config=config, seed=seed, patterns=["**"])
    rows = [row for row in run.results.itertuples() if row.path is not None]
    delivered = [row for row in rows if row.status == "delivered"]
    failed = [row for row in run.results.itertuples() if row.status != "delivered"]
    wrong = sum(
        bytes(row.content) != expected[row.repo][row.path] or blob_sha(bytes(row.content)) != row.sha
        for row in delivered
    )
    last = config.retry_attempts + 1
    saveable = [row for row in failed if row.error_category != "network" or (row.path and row.attempts < last)]
    outcomes = Counter(run.calls.outcome)
    return Soaked(
        files, len(rows), len(delivered), wrong, len(failed), len(saveable),
        outcomes["failed"] + outcomes["limited"], len(run.calls), run.makespan,
    )  # fmt: skip


def main() -> int:
    """Soak each strategy that carries calls its own way; return 1 where a promise is broken."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    broken = 0
    for strategy in ("parallel", "aggressive", "adaptive", "conservative"):
        start = time.perf_counter()
        soaked = soak(files, strategy)
        print(f"{strategy}: {soaked}, {time.perf_counter() - start:.0f} s of wall time")
        broken += not soaked.kept
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
