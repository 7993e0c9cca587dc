"""Runs: read in the background, keep what came back, write it down."""

from batchlab.runs.budgets import limits
from batchlab.runs.handle import RunHandle, scan, start, wait_or_interrupt
from batchlab.runs.listing import list_repositories
from batchlab.runs.nesting import enable_nested_asyncio
from batchlab.runs.planning import Plan, plan
from batchlab.runs.run import Run
from batchlab.runs.writing import require_new_folder, write_run

__all__ = [
    "Plan",
    "Run",
    "RunHandle",
    "enable_nested_asyncio",
    "limits",
    "list_repositories",
    "plan",
    "require_new_folder",
    "scan",
    "start",
    "wait_or_interrupt",
    "write_run",
]
