"""The report: one file that a colleague opens, with verdict, tables, pictures, and the data to read back."""

from batchlab.callable_rooms import answer_calls
from batchlab.report.embedding import read_report
from batchlab.report.making import Report, report

__all__ = ["Report", "read_report", "report"]

answer_calls(__name__, report)
