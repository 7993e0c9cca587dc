"""Studies: the same work, the same seeds, a table and a verdict."""

from batchlab.study.comparison import Study, compare

__all__ = ["Study", "compare"]
