"""What the engine costs: CPU a file against a bare httpx gather, on canned answers without a network.

Run ``python tests/benchmarks/overhead.py``. Interleaved repetitions in one process; the median ratio is the figure.
Both sides ask for the same 5,000 blobs of 1 KB through the same transport and decode them; the engine also checks
shas, keeps records and builds the results frame. Cache and folding are off.
"""

from __future__ import annotations

import asyncio
import base64
import json
import statistics
import time

import httpx

from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.git_objects import blob_sha

FILES = 5_000
REPEATS = 5
IN_FLIGHT = 64
BASE = "https://api.github.com"


def blobs() -> dict[str, bytes]:
    """Return the files by sha: 1 KB each, all different."""
    contents = [(b"%06d " % number) * 146 + b"ab" for number in range(FILES)]
    return {blob_sha(content): content for content in contents}


class Canned(httpx.AsyncBaseTransport):
    """Answers prepared beforehand: a tree of all files, and each blob as raw bytes or as JSON, as asked."""

    def __init__(self, files: dict[str, bytes]) -> None:
        tree = [
            {"path": f"{n}/go.mod", "mode": "100644", "type": "blob", "sha": sha, "size": len(files[sha])}
            for n, sha in enumerate(files)
        ]
        self._tree = json.dumps({"sha": "0" * 40, "truncated": False, "tree": tree}).encode()
        self._raw = files
        self._json = {
            sha: json.dumps({"encoding": "base64", "content": base64.encodebytes(content).decode()}).encode()
            for sha, content in files.items()
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer at once."""
        name = request.url.path.rpartition("/")[2]
        if name == "HEAD":
            return httpx.Response(200, content=self._tree)
        if "raw" in request.headers["accept"]:
            return httpx.Response(200, content=self._raw[name])
        return httpx.Response(200, content=self._json[name])


async def bare(transport: Canned, files: dict[str, bytes], accept: str) -> int:
    """Fetch all files with httpx alone; return how many came."""
    slots = asyncio.Semaphore(IN_FLIGHT)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers={"Accept": accept}) as client:

        async def one(sha: str) -> bytes:
            async with slots:
                response = await client.get(f"/repos/acme/app/git/blobs/{sha}")
            return response.content if "raw" in accept else base64.b64decode(response.json()["content"])

        return len(await asyncio.gather(*map(one, files)))


async def engine(transport: Canned, files: dict[str, bytes], accept: str) -> int:
    """Fetch all files with the engine; return how many rows came."""
    config = BatchConfig.lab(max_concurrent_requests=IN_FLIGHT, fold_duplicates=False, use_cache=False, routes="blobs")
    async with AsyncGitHubClient("", BASE, transport=transport) as client, BatchCoordinator(client, None, config) as c:
        results = await c.process_repositories_batch(["acme/app"], "parallel")
    assert (results["status"] == "delivered").all()
    return len(results)


def cpu_seconds(work: object, *arguments: object) -> float:
    """Return the CPU seconds of one complete run."""
    start = time.process_time()
    assert asyncio.run(work(*arguments)) == FILES  # type: ignore[operator]
    return time.process_time() - start


def main() -> None:
    """Print CPU microseconds a file of both sides and the ratio, for both forms that the bare side may ask for."""
    files = blobs()
    transport = Canned(files)
    for form, accept in (("raw", "application/vnd.github.raw+json"), ("json", "application/vnd.github+json")):
        pairs = [
            (cpu_seconds(engine, transport, files, accept), cpu_seconds(bare, transport, files, accept))
            for _ in range(REPEATS)
        ]
        ours, theirs = (statistics.median(column) / FILES * 1e6 for column in zip(*pairs, strict=True))
        ratios = sorted(a / b for a, b in pairs)
        print(
            f"bare side asks for {form}: engine {ours:.0f} us a file, bare httpx {theirs:.0f} us, "
            f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main()
