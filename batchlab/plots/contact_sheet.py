"""All pictures on one sheet, drawn from readings of the sample world: ``python -m batchlab.plots.contact_sheet``."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import click
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from batchlab import plots
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.hub.scenario import Latency, Limits, Network, Scenario, Server
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.plots.picture import Picture, describe
from batchlab.runs import Run, scan
from batchlab.study import Regret, choose_oracles, compare, regret, sweep
from batchlab.study.baselines import static_arms
from batchlab.study.opportunities import opportunities

DEFAULT = "data/pictures/plots.png"
COLUMNS = 4
PANEL = (5.6, 3.6)  # inches


def contact_sheet(seeds: int = 5) -> Picture:
    """Return one picture of all pictures.

    Parameters
    ----------
    seeds
        Replications of the study behind them.
    """
    drawn = list(_pictures(seeds))
    rows = -(-len(drawn) // COLUMNS)
    sheet = Picture((PANEL[0] * COLUMNS, PANEL[1] * rows))
    panels = sheet.subplots(rows, COLUMNS, squeeze=False).flat
    for ax, (name, picture) in zip(panels, drawn, strict=False):
        ax.imshow(imread(io.BytesIO(picture.png(150))), interpolation="lanczos")
        ax.set_title(name, family="monospace", fontsize="small")
    for ax in sheet.axes:
        ax.set_axis_off()
    describe(sheet, "All pictures of batchlab: " + ", ".join(name for name, _ in drawn) + ".")
    return sheet


def _pictures(seeds: int) -> Iterator[tuple[str, Picture]]:
    """Return names and pictures, in the order in which a reader asks."""
    study = compare(SimHub.sample(), list(BatchStrategy), range(seeds))
    run, table = study.runs["adaptive"], _sweep()
    limited = _scarce("aggressive", remaining=60, reset_in=60.0, graphql_remaining=3, graphql_reset_in=60.0)
    rationed = _scarce("parallel", remaining=300, reset_in=60.0)
    few = SimHub(scenario=Scenario("typical", work=Work(6, 8)))
    changes = opportunities(scan(hub=few, strategy="parallel"), verify=True, hub=few, seeds=range(3))
    calls: list[tuple[str, Callable[[], Axes | Figure]]] = [
        ("plot_compare(study)", lambda: plots.plot_compare(study)),
        ("plot_strategies(study)", lambda: plots.plot_strategies(study)),
        ("plot_pareto(study)", lambda: plots.plot_pareto(study)),
        ("plot_ecdf(study, complementary=True)", lambda: plots.plot_ecdf(study, complementary=True)),
        ('plot_ecdf(study, value="completion")', lambda: plots.plot_ecdf(study, value="completion")),
        ("plot_timeline(run)", lambda: plots.plot_timeline(run)),
        ("plot_timeline(limited)", lambda: plots.plot_timeline(limited)),
        ("plot_waits(study)", lambda: plots.plot_waits(study)),
        ("plot_decisions(limited)", lambda: plots.plot_decisions(limited)),
        ("plot_budget(rationed)", lambda: plots.plot_budget(rationed)),
        ('plot_roofline(hub, "files")', lambda: plots.plot_roofline(SimHub(scenario="budget-bound-org-rest"), "files")),
        ("plot_roofline(hub, measured=table)", _measured_roofline),
        ("plot_regret(regret)", lambda: plots.plot_regret(_regret(seeds))),
        ("plot_opportunities(frame)", lambda: plots.plot_opportunities(changes)),
        ("plot_sweep(table, x)", lambda: plots.plot_sweep(table, "max_concurrent_requests")),
        (
            "plot_sweep(table, x, y)",
            lambda: plots.plot_sweep(table, "max_concurrent_requests", "max_concurrent_repos"),
        ),
    ]
    for name, draw in calls:
        drawn = draw()
        picture = drawn if isinstance(drawn, Picture) else drawn.get_figure()
        assert isinstance(picture, Picture)
        yield name, picture


def _scarce(strategy: str, **limits: Any) -> Run:
    """Return a run under the usual conditions but for these limits."""
    usual = Scenario.load("typical")
    scenario = dataclasses.replace(usual, limits=dataclasses.replace(usual.limits, **limits))
    return scan(hub=SimHub.sample(scenario), strategy=strategy)


def _measured_roofline() -> Axes:
    """Return the bound of one file a call over calls in flight, and what PARALLEL made of it."""
    hub, config = SimHub(scenario=Scenario("typical", work=Work(8, 25))), BatchConfig.lab(routes="blobs")
    grid = {"max_concurrent_requests": (1, 2, 4, 8, 16, 32, 64, 96)}
    measured = sweep(hub, grid, ["parallel"], range(1), config=config, workers=1)
    return plots.plot_roofline(hub, config=config, measured=measured)


def _regret(seeds: int) -> Regret:
    """Return a regret study of three small scenarios, the oracles chosen from a few static arms."""
    work, limits = Work(4, 12), Limits(in_flight=100)
    scenarios = [
        Scenario("low knee", server=Server(knee=4, kappa=0.1), limits=limits, work=work),
        Scenario("thin link", network=Network(link=2e5), limits=limits, work=work),
        Scenario("slow answers", latency=Latency(0.6, 0.5), limits=limits, work=work),
    ]
    config = BatchConfig.lab()
    oracles = choose_oracles(scenarios, config, arms=static_arms(config, (2, 4, 16, 96), (50,)), workers=1)
    return regret(["adaptive", "aggressive"], scenarios, range(seeds), oracles=oracles, config=config, workers=1)


def _sweep() -> pd.DataFrame:
    """Return a row a run: calls and repositories at once, and what they made of it."""
    rows = []
    for calls, repositories in product((2, 5, 10, 20, 40), (1, 3, 10)):
        config = BatchConfig(max_concurrent_requests=calls, max_concurrent_repos=repositories)
        run = scan(hub=SimHub.sample(), config=config)
        rows.append((run.strategy, calls, repositories, run.makespan))
    return pd.DataFrame(rows, columns=["strategy", "max_concurrent_requests", "max_concurrent_repos", "makespan"])


@click.command()
@click.argument("picture", type=click.Path(dir_okay=False, path_type=Path), default=DEFAULT)
def main(picture: Path) -> None:
    """Draw all pictures on one sheet, and write it to PICTURE."""
    picture.write_bytes(contact_sheet().png())


if __name__ == "__main__":
    main()
