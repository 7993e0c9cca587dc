"""Runs and a study that all pictures are tried on; made by hand where exact numbers matter."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from batchlab.batch_config import BatchConfig
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.runs import Run, scan
from batchlab.study import Oracles, Regret, Study, compare
from batchlab.study.regret_table import TABLE, summary

FILES = {f"{number}/go.mod": b"module %d" % number for number in range(12)}


@pytest.fixture(scope="session")
def hub() -> SimHub:
    return SimHub(World.build({"acme/app": FILES, "acme/lib": {"go.mod": b"module lib"}}), "typical")


@pytest.fixture(scope="session")
def run(hub: SimHub) -> Run:
    return scan(hub=hub, strategy="adaptive")


@pytest.fixture(scope="session")
def study(hub: SimHub) -> Study:
    return compare(hub, ["adaptive", "parallel", "sequential"], seeds=range(3))


def _cut(run: Run, rows: int) -> Run:
    frames = ("results", "calls", "batches", "decisions", "timeline")
    cut = {name: getattr(run, name).iloc[:rows] for name in frames}
    return dataclasses.replace(run, metrics=run.metrics.iloc[:rows], **cut)


@pytest.fixture(scope="session")
def runs_by_size(run: Run) -> dict[str, Run]:
    """The same run with all its rows, with one row a frame, and with none."""
    return {"whole": run, "one row": _cut(run, 1), "empty": _cut(run, 0)}


@pytest.fixture(scope="session")
def studies_by_size(study: Study) -> dict[str, Study]:
    """The same study whole, with one row a table, and with none."""

    def cut(rows: int) -> Study:
        runs = dict(list(study.runs.items())[:rows])
        return dataclasses.replace(
            study, table=study.table.iloc[:rows], replications=study.replications.iloc[:rows], runs=runs
        )

    return {"whole": study, "one row": cut(1), "empty": cut(0)}


def _regret(rows: int) -> Regret:
    """Return a regret study of two scenarios, worse in the second; the first of their rows."""
    arms = {"adaptive": 0.1, "sequential": 6.0, "fixed-8": 0.2, "aimd": 0.3, "oracle": 0.0, "best-constant": -0.05}
    drawn = [
        {
            "scenario": scenario,
            "arm": arm,
            "is": "blobs-c8" if arm in ("oracle", "best-constant") else None,
            "makespan": 10.0 * (1.0 + times * regret),
            "spread": 0.02,
            "regret": times * regret,
            "regret_warm": None,
            "regret_high": times * regret + 0.05,
            "seconds_lost": 10.0 * times * regret,
            "calls": 10.0,
            "calls_regret": 0.0,
            "limit_hits": 0,
            "limit_occasions": 0,
            "lost": 0,
            "seeds": 3,
        }
        for (scenario, times), (arm, regret) in product({"typical": 1.0, "low-knee": 2.0}.items(), arms.items())
    ]
    table = TABLE.frame({name: [row[name] for row in drawn[:rows]] for name in TABLE.names})
    oracles = Oracles(dict.fromkeys(("typical", "low-knee"), "blobs-c8"), "blobs-c8")
    return Regret(table, summary(table), oracles, (0, 1, 2), BatchConfig())


@pytest.fixture(scope="session")
def regrets_by_size() -> dict[str, Regret]:
    """A regret study whole, with one row, and with none."""
    return {"whole": _regret(12), "one row": _regret(1), "empty": _regret(0)}


@pytest.fixture(scope="session")
def opportunities_by_size() -> dict[str, pd.DataFrame]:
    """Opportunities, as many as there are outcomes: one row, and none."""
    frame = pd.DataFrame(
        {
            "change": ["ten repositories at once", "another token", "four calls in flight"],
            "kind": ["config", "advice", "config"],
            "saving_seconds": [5.0, 3.0, -2.0],
            "saving_seconds_low": [4.0, None, -3.0],
            "saving_seconds_high": [6.5, None, -1.0],
            "verified_seconds": [5.5, None, -2.5],
            "status": ["confirmed", "open", "refuted"],
        }
    )
    return {"whole": frame, "one row": frame.iloc[:1], "empty": frame.iloc[:0]}


@pytest.fixture(scope="session")
def missing_from() -> Callable[[Figure, Iterable[float]], set[float]]:
    """Which of some numbers do not stand in a picture, to nine digits."""

    def missing(figure: Figure, numbers: Iterable[float]) -> set[float]:
        return {_rounded(number) for number in numbers if np.isfinite(number)} - _drawn_numbers(figure)

    return missing


def _drawn_numbers(figure: Figure) -> set[float]:
    """Return coordinates of lines, markers and areas, lengths of bars, and cells of heat maps, to nine digits."""
    numbers = np.concatenate([np.empty(0), *_parts(figure)])
    return {_rounded(number) for number in numbers[np.isfinite(numbers)]}


def _rounded(number: float) -> float:
    return float(f"{number:.9g}")


def _parts(figure: Figure) -> Iterator[Any]:
    for artist in (artist for ax in figure.axes for artist in ax.get_children()):
        if isinstance(artist, Line2D):
            yield from (np.asarray(data, dtype=float).ravel() for data in artist.get_data())
        elif isinstance(artist, (LineCollection, PolyCollection)):
            yield from (np.asarray(path.vertices, dtype=float).ravel() for path in artist.get_paths())
        elif isinstance(artist, Rectangle):
            yield np.array([artist.get_width(), artist.get_height()])
        elif isinstance(artist, AxesImage):
            yield np.ma.filled(artist.get_array().astype(float), np.nan).ravel()
