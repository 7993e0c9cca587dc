"""Studies: the same work, the same seeds, a table and a verdict."""

from batchlab.study.comparison import Study, compare
from batchlab.study.grid_sweep import sweep, sweep_schema
from batchlab.study.lower_bound import Bound, bound
from batchlab.study.oracle import Oracles, choose_oracles, with_work
from batchlab.study.regret_table import Regret, regret
from batchlab.study.regret_writing import read_oracles, write_regret
from batchlab.study.run_comparison import compare_runs
from batchlab.study.saving import load_study
from batchlab.study.writing import write_study

__all__ = [
    "Bound",
    "Oracles",
    "Regret",
    "Study",
    "bound",
    "choose_oracles",
    "compare",
    "compare_runs",
    "load_study",
    "read_oracles",
    "regret",
    "sweep",
    "sweep_schema",
    "with_work",
    "write_regret",
    "write_study",
]
