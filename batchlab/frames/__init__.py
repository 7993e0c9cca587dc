"""The DataFrames that batchlab returns: declared once, built from records."""

from batchlab.frames.metrics import MetricsFrame
from batchlab.frames.results import results_frame
from batchlab.frames.schema import Column, Schema
from batchlab.frames.schemas import BATCHES, CALLS, DECISIONS, METRICS, RESULTS, TIMELINE

__all__ = [
    "BATCHES",
    "CALLS",
    "DECISIONS",
    "METRICS",
    "RESULTS",
    "TIMELINE",
    "Column",
    "MetricsFrame",
    "Schema",
    "results_frame",
]
