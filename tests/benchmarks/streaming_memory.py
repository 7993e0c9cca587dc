"""What streaming 20,000 files, 2 GB in all, takes of memory: peak RSS of this process above its import baseline.

Run ``python tests/benchmarks/streaming_memory.py`` (Linux). The embedded GitHub makes the contents from a seed, in a
process of its own, behind a real socket. The consumer looks at each file and lets it go. The figure to stay under is
300 MB with a cap of 200 MB.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from batchlab.batch_config import BatchConfig
from batchlab.batch_models import BatchRequest
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.world_spec import WorldSpec
from batchlab.hubs import client_of
from batchlab.streaming_batch_processor import StreamingBatchProcessor

REPOSITORIES, FILES, SIZE = 20, 1_000, 100_000
CAP_MB, LIMIT_MB = 200, 300
MEGABYTE = 1024 * 1024


def resident(line: str) -> int:
    """Return a line of this process's status, such as ``VmHWM`` (the peak) or ``VmRSS``, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{line}:")[2].split()[0]) * 1024


async def stream(hub: LoopbackHub, strategy: str, pause: float) -> tuple[int, int, StreamingBatchProcessor]:
    """Stream everything to a consumer who rests after each chunk; return files, bytes and the processor."""
    requests = [BatchRequest(repo, f"data/{n:05}.txt") for repo in hub.repositories for n in range(FILES)]
    files = size = 0
    async with client_of(hub) as client:
        processor = StreamingBatchProcessor(
            50, CAP_MB, github_client=client, config=BatchConfig.lab(), strategy=strategy
        )
        async for chunk in processor.process_large_batch_streaming(requests):
            files += sum(result.content is not None for result in chunk)
            size += sum(len(result.content.content) for result in chunk if result.content is not None)
            await asyncio.sleep(pause)
    return files, size, processor


def measure(strategy: str, pause: float) -> None:
    """Print the figures of one strategy and one pace of the consumer."""
    baseline = resident("VmRSS")
    with LoopbackHub(WorldSpec.generated(REPOSITORIES, FILES, SIZE), "no-limits") as hub:
        start = time.perf_counter()
        files, size, processor = asyncio.run(stream(hub, strategy, pause))
        seconds = time.perf_counter() - start
    above = (resident("VmHWM") - baseline) / MEGABYTE
    peak = processor.metrics_collector.frame()["peak_memory"].max() / MEGABYTE
    print(
        f"{strategy}, {pause:g} s a chunk: {files} files, {size / 1e9:.2f} GB in {seconds:.0f} s; ledger's peak "
        f"{peak:.0f} MB of {CAP_MB}; peak RSS {above:.0f} MB above the import baseline "
        f"of {baseline / MEGABYTE:.0f} MB (limit {LIMIT_MB})",
        flush=True,
    )
    assert files == REPOSITORIES * FILES
    assert above < LIMIT_MB


def main() -> None:
    """Measure a consumer who takes at once and one who is slower than the server, each in a fresh process."""
    for strategy, pause in (("parallel", "0"), ("parallel", "0.6"), ("adaptive", "0")):
        subprocess.run([sys.executable, __file__, strategy, pause], check=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[1], float(sys.argv[2]))
    else:
        main()
