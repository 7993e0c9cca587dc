"""The full regret table, and whether successive halving finds what the full grid finds.

Run ``python tests/benchmarks/regret.py FOLDER``; it goes on where it was stopped. It is ``batchlab regret`` with one
more step: every static arm meets the first of the seeds that the oracle is chosen on, ``--check`` of them, and
the best of them is compared with the arm that halving chose. It takes hours; the result states how many.
"""

from __future__ import annotations

import sys
import time

import click

from batchlab.batch_config import BatchConfig
from batchlab.study import choose_oracles, regret, with_work, write_regret
from batchlab.study.oracle import CHOICE_SEEDS
from batchlab.study.regret_table import kept_rows


def told(scenario: str, done: int, total: int) -> None:
    """Say how far it is."""
    print(f"\r{scenario}: {done} of {total} runs   ", end="", file=sys.stderr, flush=True)


@click.command()
@click.argument("folder")
@click.option("--scenarios", default=",".join(with_work()), help="Names, by comma.")
@click.option("--seeds", default=20, help="Replications.")
@click.option("--check", default=1, help="Seeds that the full grid meets.")
@click.option("--workers", type=int, help="Processes.")
def main(folder: str, scenarios: str, seeds: int, check: int, workers: int | None) -> None:
    """Choose, check, measure, write."""
    began, names, config = time.perf_counter(), scenarios.split(","), BatchConfig.lab()
    kept = kept_rows(folder, config)
    chosen = choose_oracles(names, config, workers=workers, progress=told, kept=kept)
    if check:
        whole = CHOICE_SEEDS[:check]
        grid = choose_oracles(names, config, whole, exhaustive=True, workers=workers, progress=told, kept=kept)
        for name in names:
            same = "as the full grid" if chosen.best[name] == grid.best[name] else f"full grid: {grid.best[name]}"
            print(f"{name}: {chosen.best[name]} ({same}, {check} seeds)")
    study = regret(scenarios=names, seeds=range(seeds), oracles=chosen, workers=workers, progress=told, folder=folder)
    write_regret(study, folder, time.perf_counter() - began)
    print(study.summary.to_string(index=False))


if __name__ == "__main__":
    main()
