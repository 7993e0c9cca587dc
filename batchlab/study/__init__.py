"""Studies: the same work, the same seeds, a table and a verdict."""

from batchlab.study.comparison import Study, compare
from batchlab.study.writing import write_study

__all__ = ["Study", "compare", "write_study"]
