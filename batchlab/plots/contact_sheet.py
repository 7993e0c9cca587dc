"""All pictures on one sheet, drawn from readings of the sample world: ``python -m batchlab.plots.contact_sheet``."""

from __future__ import annotations

import dataclasses
import io
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from batchlab import plots
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.plots.picture import Picture, describe
from batchlab.runs import Run, scan
from batchlab.study import compare

DEFAULT = "docs/plots.png"
COLUMNS = 3
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


def _sweep() -> pd.DataFrame:
    """Return a row a run: calls and repositories at once, and what they made of it."""
    rows = []
    for calls, repositories in product((2, 5, 10, 20, 40), (1, 3, 10)):
        config = BatchConfig(max_concurrent_requests=calls, max_concurrent_repos=repositories)
        run = scan(hub=SimHub.sample(), config=config)
        rows.append((run.strategy, calls, repositories, run.makespan))
    return pd.DataFrame(rows, columns=["strategy", "max_concurrent_requests", "max_concurrent_repos", "makespan"])


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else DEFAULT)
    target.write_bytes(contact_sheet().png())
