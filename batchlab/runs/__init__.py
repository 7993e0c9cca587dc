"""Runs: read in the background, keep what came back."""

from batchlab.runs.handle import RunHandle, scan, start
from batchlab.runs.run import Run

__all__ = ["Run", "RunHandle", "scan", "start"]
