"""What routes save: calls a file and points a repository on the corpus, cold and warm, by the server's own books.

Run ``python tests/benchmarks/routes.py [corpus folder]``; the folder is that in BATCHLAB_CORPUS unless given.
ADAPTIVE under ``typical``, with the settings of studies and with the documented defaults.
"""

from __future__ import annotations

import os
import sys

from batchlab import BatchConfig, SimHub, plan, scan
from batchlab.hubs import fresh_cache


def report(hub: SimHub, name: str, config: BatchConfig) -> None:
    """Print a line for the plan, the cold run and the warm one."""
    print(f"{name}: {plan(hub=hub, strategy='adaptive', config=config)!r}")
    cache = fresh_cache(hub)
    for state in ("cold", "warm"):
        run = scan(hub=hub, strategy="adaptive", config=config, cache=cache)
        books, files = hub.books, int((run.results["status"] == "delivered").sum())
        calls, points = books.total_calls, books.core_spent + books.graphql_spent
        print(
            f"{name}, {state}: {files:,} files in {calls:,} calls ({calls / files:.4f} a file), "
            f"{points} points ({points / len(hub.repositories):.2f} a repository), "
            f"{books.bytes_on_wire / 1e6:.1f} MB, {run.makespan:.1f} s"
        )


def main() -> None:
    """Report both configurations."""
    hub = SimHub.from_corpus(sys.argv[1] if len(sys.argv) > 1 else os.environ["BATCHLAB_CORPUS"], "typical")
    report(hub, "BatchConfig.lab()", BatchConfig.lab())
    report(hub, "BatchConfig()", BatchConfig())


if __name__ == "__main__":
    main()
