"""ADAPTIVE's regret as a scenario's work grows: what is paid once, such as a lockout, is less of a longer run.

Run ``python tests/benchmarks/regret_by_length.py SCENARIO ARM``: the scenario's repositories are multiplied by each of
``--times``, and the static arm is its oracle, such as ``hidden-secondary blobs-c24``.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median

import click

from batchlab.batch_config import BatchConfig
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.study.arms import arms_of
from batchlab.study.baselines import static_arms
from batchlab.study.replication import Replication


@click.command()
@click.argument("scenario")
@click.argument("arm")
@click.option("--times", default="1,2,4", help="What the repositories are multiplied by, by comma.")
@click.option("--seeds", default=2, help="Replications.")
def main(scenario: str, arm: str, times: str, seeds: int) -> None:
    """Measure, print."""
    whole, config = Scenario.load(scenario), BatchConfig.lab()
    if whole.work is None:
        raise click.BadParameter(f"{scenario} brings no work; name one of `batchlab scenarios` that does")
    (adaptive,), static = arms_of(["adaptive"], config), {one.name: one for one in static_arms(config)}[arm]
    print("times  oracle, s  adaptive, s   regret  occasions  lost")
    for factor in map(int, times.split(",")):
        work = replace(whole.work, repositories=factor * whole.work.repositories)
        hub = SimHub(scenario=replace(whole, work=work))
        best = [Replication(0, static, seed).row(hub) for seed in range(seeds)]
        ours = [Replication(0, adaptive, seed).row(hub) for seed in range(seeds)]
        regrets = [own["makespan"] / oracle["makespan"] - 1.0 for own, oracle in zip(ours, best, strict=True)]
        print(
            f"{factor:5} {median(row['makespan'] for row in best):10.1f} "
            f"{median(row['makespan'] for row in ours):12.1f} {median(regrets):+8.1%} "
            f"{max(row['limit_occasions'] for row in ours):10} {sum(row['failed'] for row in ours):5}",
            flush=True,
        )


if __name__ == "__main__":
    main()
