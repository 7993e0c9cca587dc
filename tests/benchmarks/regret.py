"""The full regret table: ``python tests/benchmarks/regret.py FOLDER [WORKERS]``; ``batchlab regret`` without the check.

Oracles are chosen by successive halving, checked once by the full grid on the same seeds, and reported on twenty
others. It takes hours; the result states how many.
"""

from __future__ import annotations

import sys
import time

from batchlab.runs import require_new_folder
from batchlab.study import choose_oracles, regret, with_work, write_regret


def told(scenario: str, done: int, total: int) -> None:
    """Say how far it is."""
    print(f"\r{scenario}: {done} of {total} runs   ", end="", file=sys.stderr, flush=True)


def main(folder: str, workers: int | None = None) -> None:
    """Choose, check, measure, write."""
    require_new_folder(folder)
    began = time.perf_counter()
    scenarios = with_work()
    chosen = choose_oracles(scenarios, workers=workers, progress=told)
    checked = choose_oracles(scenarios, exhaustive=True, workers=workers, progress=told)
    for name in scenarios:
        same = "as the full grid" if chosen.best[name] == checked.best[name] else f"full grid: {checked.best[name]}"
        print(f"{name}: {chosen.best[name]} ({same})")
    study = regret(scenarios=scenarios, oracles=checked, workers=workers, progress=told)
    write_regret(study, folder, time.perf_counter() - began)
    print(study.summary.to_string(index=False))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
