"""Does the twin tell the truth? The same small study in virtual time and over real sockets, as a page of Markdown.

Run ``python tests/benchmarks/loopback_against_twin.py`` on a quiet machine. The embedded GitHub answers after 120 ms,
in a process of its own; five strategies take turns, five times, under the seeds of the twin's runs, so that each call
meets the same weather on either side. What remains is what virtual time leaves out: the seconds that computing takes.
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

import batchlab as bl
from batchlab.batch_config import BatchStrategy
from batchlab.hub.conditions import Latency
from batchlab.hub.world_spec import WorldSpec

REPEATS = 5
APART = 0.1  # share by which the twin must separate two strategies for their order to count, and makespans may differ
FILES = {
    f"acme/app-{n:02}": {f"part-{m}/go.mod": b"module acme/%d/%d\n" % (n, m) * 40 for m in range(10)} for n in range(24)
}
CONDITIONS = bl.Scenario("loopback", latency=Latency(median=0.12, sigma=0.3))
STRATEGIES = [strategy.value for strategy in BatchStrategy]


@dataclass(frozen=True)
class Side:
    """What a strategy did on one side: medians over the repetitions, and the range of the makespan."""

    makespan: float
    least: float
    most: float
    calls: float
    cpu: float


def measured(hub: bl.SimHub | bl.LoopbackHub, strategy: str, seed: int) -> tuple[float, int, float]:
    """Read everything once; return makespan, calls and CPU seconds of this process."""
    cpu = time.process_time()
    run = bl.scan(hub=hub, strategy=strategy, seed=seed)
    assert (run.results["status"] == "delivered").all()
    return run.makespan, len(run.calls), time.process_time() - cpu


def side(hub: bl.SimHub | bl.LoopbackHub) -> dict[str, Side]:
    """Let the strategies take turns."""
    turns = [{name: measured(hub, name, seed) for name in STRATEGIES} for seed in range(REPEATS)]
    found = {}
    for name in STRATEGIES:
        spans, calls, cpu = zip(*(turn[name] for turn in turns), strict=True)
        median = statistics.median
        found[name] = Side(median(spans), min(spans), max(spans), median(calls), median(cpu))
    return found


def rows(twin: dict[str, Side], real: dict[str, Side]) -> list[str]:
    """Return the table's rows, quickest on the twin first."""
    lines = []
    for name in sorted(twin, key=lambda name: twin[name].makespan):
        a, b = twin[name], real[name]
        lines.append(
            f"| {name} | {a.makespan:.2f} | {b.makespan:.2f} ({b.least:.2f} to {b.most:.2f}) | "
            f"{b.makespan / a.makespan - 1:+.1%} | {a.calls:.0f} | {b.calls:.0f} | {b.calls / b.makespan:.0f} | "
            f"{b.cpu:.2f} |"
        )
    return lines


def pairs(twin: dict[str, Side], real: dict[str, Side]) -> tuple[int, list[str]]:
    """Return how many pairs the twin separates, and those that the real sockets order otherwise."""
    apart, otherwise = 0, []
    for pair in combinations(sorted(twin, key=lambda name: twin[name].makespan), 2):
        first, second = pair
        if twin[second].makespan > (1 + APART) * twin[first].makespan:
            apart += 1
            if real[second].makespan <= real[first].makespan:
                otherwise.append(f"{first} before {second}")
    return apart, otherwise


def page(twin: dict[str, Side], real: dict[str, Side], before: float) -> str:
    """Return the result as Markdown."""
    apart, otherwise = pairs(twin, real)
    far = [name for name in twin if abs(real[name].makespan / twin[name].makespan - 1) > APART]
    fastest = max(b.calls / b.makespan for b in real.values())
    load = f"load {before:.1f} before and {os.getloadavg()[0]:.1f} after"
    heading = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {load}; medians of {REPEATS}"
    order = f"{apart}; ordered otherwise by real sockets: {', '.join(otherwise) or 'none'}"
    return "\n".join(
        [
            f"Measured on {heading}; at most {fastest:.0f} calls a second.",
            "",
            "| strategy | twin, s | sockets, s (range) | difference | calls, twin | sockets | calls/s | CPU, s |",
            "|---|---|---|---|---|---|---|---|",
            *rows(twin, real),
            "",
            f"Pairs that the twin separates by more than {APART:.0%}: {order}.",
            f"Makespans more than {APART:.0%} apart: {', '.join(far) or 'none'}.",
        ]
    )


def main() -> None:
    """Print the page."""
    before = os.getloadavg()[0]
    twin = side(bl.SimHub(bl.World.build(FILES), CONDITIONS))
    with bl.LoopbackHub(WorldSpec.files(FILES), CONDITIONS) as hub:
        measured(hub, "aggressive", REPEATS)  # what only the first run pays for: imports, connections, answers
        real = side(hub)
    print(page(twin, real, before))


if __name__ == "__main__":
    main()
