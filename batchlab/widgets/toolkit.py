"""ipywidgets, which is installed with the extra ``notebook`` only."""

from __future__ import annotations

from typing import Any

from batchlab.errors import BatchLabError

try:
    import ipywidgets
except ImportError:
    raise BatchLabError(
        "panels need ipywidgets, which is not installed: pip install 'batchlab[notebook]'; without it, "
        "bl.start(...) returns a handle with configure(), pause() and resume()"
    ) from None

__all__ = ["close_all", "ipywidgets"]


def close_all(widget: Any) -> None:
    """Close a widget, all that is in it, and their layouts and styles, which would stay; nobody observes them then."""
    for child in getattr(widget, "children", ()):
        close_all(child)
    for part in (getattr(widget, "style", None), widget.layout, widget):
        if part is not None:
            part.unobserve_all()
            part.close()
