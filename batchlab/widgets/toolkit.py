"""ipywidgets, which is installed with the extra ``notebook`` only."""

from __future__ import annotations

from batchlab.errors import BatchLabError

try:
    import ipywidgets
except ImportError:
    raise BatchLabError(
        "panels need ipywidgets, which is not installed: pip install 'batchlab[notebook]'; without it, "
        "bl.start(...) returns a handle with configure(), pause() and resume()"
    ) from None

__all__ = ["ipywidgets"]
