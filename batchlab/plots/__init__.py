"""Pictures: compute first, then draw on the axes given; no global style is touched."""

from batchlab.plots.compare import plot_compare

__all__ = ["plot_compare"]
