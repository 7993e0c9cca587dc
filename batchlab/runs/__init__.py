"""Runs: read in the background, keep what came back, write it down."""

from batchlab.callable_rooms import answer_calls
from batchlab.runs.budgets import limits
from batchlab.runs.folders import require_new_folder
from batchlab.runs.handle import RunHandle
from batchlab.runs.listing import list_repositories
from batchlab.runs.nesting import enable_nested_asyncio
from batchlab.runs.planning import Plan, plan
from batchlab.runs.run import Run
from batchlab.runs.saved_runs import runs
from batchlab.runs.saving import load_run
from batchlab.runs.scanning import scan, start, wait_or_interrupt
from batchlab.runs.writing import write_run

__all__ = [
    "Plan",
    "Run",
    "RunHandle",
    "enable_nested_asyncio",
    "limits",
    "list_repositories",
    "load_run",
    "plan",
    "require_new_folder",
    "runs",
    "scan",
    "start",
    "wait_or_interrupt",
    "write_run",
]

answer_calls(__name__, runs)
