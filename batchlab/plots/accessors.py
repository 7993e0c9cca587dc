"""What ``run.plot``, ``study.plot`` and ``regret.plot`` are: the plot functions, where pandas users look for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from batchlab.plots.budget import plot_budget
from batchlab.plots.compare import plot_compare
from batchlab.plots.decisions import plot_decisions
from batchlab.plots.ecdf import MARKS, plot_ecdf
from batchlab.plots.pareto import plot_pareto
from batchlab.plots.regret import plot_regret
from batchlab.plots.strategies import plot_strategies
from batchlab.plots.timeline import plot_timeline
from batchlab.plots.waits import plot_waits

if TYPE_CHECKING:
    from batchlab.runs.run import Run
    from batchlab.study.comparison import Study
    from batchlab.study.regret_table import Regret


@dataclass(frozen=True)
class RunPlots:
    """The pictures of a run: called, its timeline; by name, each of them.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> from batchlab.runs import scan
    >>> run = scan(hub=SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits"))
    >>> run.plot.waits().get_xlabel()
    'makespan [s]'
    """

    run: Run

    def timeline(self, *, ax: Axes | None = None) -> Axes:
        """Draw `batchlab.plot_timeline`."""
        return plot_timeline(self.run, ax=ax)

    __call__ = timeline

    def ecdf(
        self,
        *,
        value: str = "latency",
        complementary: bool = False,
        marks: Sequence[float] = MARKS,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw `batchlab.plot_ecdf`."""
        return plot_ecdf(self.run, value=value, complementary=complementary, marks=marks, ax=ax)

    def waits(self, *, ax: Axes | None = None) -> Axes:
        """Draw `batchlab.plot_waits`."""
        return plot_waits(self.run, ax=ax)

    def budget(self, *, ax: Axes | None = None) -> Axes:
        """Draw `batchlab.plot_budget`."""
        return plot_budget(self.run, ax=ax)

    def decisions(self, *, ax: Axes | None = None) -> Axes:
        """Draw `batchlab.plot_decisions`."""
        return plot_decisions(self.run, ax=ax)


@dataclass(frozen=True)
class StudyPlots:
    """The pictures of a study: called, the comparison; by name, each of them."""

    study: Study

    def compare(self, *, ax: Axes | None = None) -> Axes:
        """Draw `batchlab.plot_compare`."""
        return plot_compare(self.study, ax=ax)

    __call__ = compare

    def strategies(self) -> Figure:
        """Draw `batchlab.plot_strategies`."""
        return plot_strategies(self.study)

    def pareto(self, *, ax: Axes | None = None) -> Axes:
        """Draw `batchlab.plot_pareto`."""
        return plot_pareto(self.study, ax=ax)

    def ecdf(
        self,
        *,
        value: str = "latency",
        complementary: bool = False,
        marks: Sequence[float] = MARKS,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw `batchlab.plot_ecdf`."""
        return plot_ecdf(self.study, value=value, complementary=complementary, marks=marks, ax=ax)

    def waits(self, *, ax: Axes | None = None) -> Axes:
        """Draw `batchlab.plot_waits`."""
        return plot_waits(self.study, ax=ax)


@dataclass(frozen=True)
class RegretPlots:
    """The picture of a regret study."""

    study: Regret

    def __call__(self, *, ax: Axes | None = None) -> Axes:
        """Draw `batchlab.plot_regret`."""
        return plot_regret(self.study, ax=ax)
