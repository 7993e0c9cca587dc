"""Pictures: compute first, then draw on the axes given; no global style is touched."""

from batchlab.plots.budget import plot_budget
from batchlab.plots.compare import plot_compare
from batchlab.plots.decisions import plot_decisions
from batchlab.plots.ecdf import plot_ecdf
from batchlab.plots.opportunities import plot_opportunities
from batchlab.plots.pareto import plot_pareto
from batchlab.plots.picture import alt_text
from batchlab.plots.regret import plot_regret
from batchlab.plots.roofline import plot_roofline
from batchlab.plots.strategies import plot_strategies
from batchlab.plots.style import style
from batchlab.plots.sweep import plot_sweep
from batchlab.plots.timeline import plot_timeline
from batchlab.plots.waits import plot_waits

__all__ = [
    "alt_text",
    "plot_budget",
    "plot_compare",
    "plot_decisions",
    "plot_ecdf",
    "plot_opportunities",
    "plot_pareto",
    "plot_regret",
    "plot_roofline",
    "plot_strategies",
    "plot_sweep",
    "plot_timeline",
    "plot_waits",
    "style",
]
