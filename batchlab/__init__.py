"""A laboratory for reading many files from GitHub: batch engine, embedded GitHub, studies, pictures.

The names below load on first use, so that ``import batchlab`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from batchlab.batch_config import BatchConfig, BatchStrategy
    from batchlab.batch_coordinator import BatchCoordinator
    from batchlab.batch_models import Repository
    from batchlab.config_files import load_config
    from batchlab.host_memory import HostMemory
    from batchlab.hub.loopback import LoopbackHub
    from batchlab.hub.scenario import Scenario
    from batchlab.hub.sim import SimHub
    from batchlab.hub.world import World
    from batchlab.hubs import GitHub
    from batchlab.plots import (
        plot_budget,
        plot_compare,
        plot_decisions,
        plot_ecdf,
        plot_opportunities,
        plot_pareto,
        plot_regret,
        plot_roofline,
        plot_strategies,
        plot_sweep,
        plot_timeline,
        plot_waits,
    )
    from batchlab.report import read_report, report
    from batchlab.runs import (
        Plan,
        Run,
        RunHandle,
        enable_nested_asyncio,
        limits,
        list_repositories,
        load_run,
        plan,
        runs,
        scan,
        start,
    )
    from batchlab.study import Study, bound, compare, compare_runs, load_study, regret, sweep
    from batchlab.study.before_after import before_after
    from batchlab.study.opportunities import opportunities
    from batchlab.twin.calibrate import Calibration, calibrate
    from batchlab.widgets import ConfigPanel, LiveLab, StrategyExplorer

_HOMES = {
    "BatchConfig": "batchlab.batch_config",
    "BatchCoordinator": "batchlab.batch_coordinator",
    "BatchStrategy": "batchlab.batch_config",
    "Calibration": "batchlab.twin.calibrate",
    "ConfigPanel": "batchlab.widgets",
    "GitHub": "batchlab.hubs",
    "HostMemory": "batchlab.host_memory",
    "LiveLab": "batchlab.widgets",
    "LoopbackHub": "batchlab.hub.loopback",
    "Plan": "batchlab.runs",
    "Repository": "batchlab.batch_models",
    "Run": "batchlab.runs",
    "RunHandle": "batchlab.runs",
    "Scenario": "batchlab.hub.scenario",
    "SimHub": "batchlab.hub.sim",
    "StrategyExplorer": "batchlab.widgets",
    "Study": "batchlab.study",
    "World": "batchlab.hub.world",
    "before_after": "batchlab.study.before_after",
    "bound": "batchlab.study",
    "calibrate": "batchlab.twin.calibrate",
    "compare": "batchlab.study",
    "compare_runs": "batchlab.study",
    "enable_nested_asyncio": "batchlab.runs",
    "limits": "batchlab.runs",
    "list_repositories": "batchlab.runs",
    "load_config": "batchlab.config_files",
    "load_run": "batchlab.runs",
    "load_study": "batchlab.study",
    "opportunities": "batchlab.study.opportunities",
    "plan": "batchlab.runs",
    "plot_budget": "batchlab.plots",
    "plot_compare": "batchlab.plots",
    "plot_decisions": "batchlab.plots",
    "plot_ecdf": "batchlab.plots",
    "plot_opportunities": "batchlab.plots",
    "plot_pareto": "batchlab.plots",
    "plot_regret": "batchlab.plots",
    "plot_roofline": "batchlab.plots",
    "plot_strategies": "batchlab.plots",
    "plot_sweep": "batchlab.plots",
    "plot_timeline": "batchlab.plots",
    "plot_waits": "batchlab.plots",
    "read_report": "batchlab.report",
    "regret": "batchlab.study",
    "report": "batchlab.report",
    "runs": "batchlab.runs",
    "scan": "batchlab.runs",
    "start": "batchlab.runs",
    "sweep": "batchlab.study",
}

__all__ = [
    "BatchConfig",
    "BatchCoordinator",
    "BatchStrategy",
    "Calibration",
    "ConfigPanel",
    "GitHub",
    "HostMemory",
    "LiveLab",
    "LoopbackHub",
    "Plan",
    "Repository",
    "Run",
    "RunHandle",
    "Scenario",
    "SimHub",
    "StrategyExplorer",
    "Study",
    "World",
    "before_after",
    "bound",
    "calibrate",
    "compare",
    "compare_runs",
    "enable_nested_asyncio",
    "limits",
    "list_repositories",
    "load_config",
    "load_run",
    "load_study",
    "opportunities",
    "plan",
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
    "read_report",
    "regret",
    "report",
    "runs",
    "scan",
    "start",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'batchlab' has no attribute {name!r}")
    home = import_module(_HOMES[name])
    # Some packages bear the name of their function, and answer its calls: see `batchlab.callable_rooms`.
    value = globals()[name] = home if home.__name__ == f"batchlab.{name}" else getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
