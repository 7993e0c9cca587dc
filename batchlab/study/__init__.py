"""Studies: the same work, the same seeds, a table and a verdict."""

from batchlab.study.compare import Study, compare

__all__ = ["Study", "compare"]
