"""What a call costs over real sockets as concurrency grows: client CPU a call at 16, 32, 64 and 96 in flight.

Run ``python tests/benchmarks/sockets.py``. The embedded GitHub answers after 60 ms, in a process of its own; the
levels take turns, and the figure is the median of each level's repetitions against the median at 16.
"""

from __future__ import annotations

import asyncio
import statistics
import time

from batchlab.batch_config import BatchConfig
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.scenario import Latency, Scenario
from batchlab.hub.world_spec import WorldSpec
from batchlab.hubs import client_of

FILES = 2_000
LEVELS = (16, 32, 64, 96)
REPEATS = 5


async def read(hub: LoopbackHub, in_flight: int) -> tuple[float, float]:
    """Read everything once; return CPU seconds of this process and makespan."""
    config = BatchConfig.lab(max_concurrent_requests=in_flight)
    start = time.process_time()
    async with client_of(hub) as client, BatchCoordinator(client, None, config) as coordinator:
        results = await coordinator.process_repositories_batch(hub.repositories, "parallel")
    assert (results["status"] == "delivered").sum() == FILES
    return time.process_time() - start, float(coordinator.get_batch_metrics()["makespan"].iloc[0])


def main() -> None:
    """Print CPU microseconds a call by level, and the ratio to 16 in flight."""
    world = WorldSpec.files({"acme/app": {f"{n}/go.mod": b"module acme/%d" % n for n in range(FILES)}})
    scenario = Scenario("sixty-ms", latency=Latency(median=0.06, sigma=0.1))
    runs: dict[int, list[tuple[float, float]]] = {level: [] for level in LEVELS}
    with LoopbackHub(world, scenario) as hub:
        for _ in range(REPEATS):
            for level in LEVELS:
                runs[level].append(asyncio.run(read(hub, level)))
    base = statistics.median(cpu for cpu, _ in runs[LEVELS[0]])
    for level, pairs in runs.items():
        cpu, span = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(
            f"{level:3d} in flight: {cpu / FILES * 1e6:4.0f} us CPU a call ({cpu / base:.2f} times that at 16), "
            f"makespan {span:.2f} s"
        )


if __name__ == "__main__":
    main()
