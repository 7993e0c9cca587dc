"""Close what the same notebook cell has made before, so that running it twice leaves nothing behind."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakSet


class Closable(Protocol):
    """Something that holds threads or observers until it is closed."""

    def close(self) -> None:
        """Let go of all of them."""
        ...


class Cells:
    """What each cell's latest execution has made.

    Parameters
    ----------
    request
        Returns the request that is carried out now, as Jupyter's messages put it; empty outside of a kernel.
    """

    def __init__(self, request: Callable[[], dict[str, Any]]) -> None:
        self._request = request
        self._lock = threading.Lock()
        self._made: dict[str, tuple[str, WeakSet[Closable]]] = {}

    def replace(self, made: Closable) -> None:
        """Close what earlier executions of the cell under way have made, and remember this instead."""
        request = self._request()
        if not request:
            return
        cell = str(request.get("metadata", {}).get("cellId") or request.get("content", {}).get("code"))
        execution = str(request.get("header", {}).get("msg_id"))
        with self._lock:
            before, outdated = self._made.get(cell, ("", WeakSet[Closable]()))
            if before != execution:
                self._made[cell] = execution, WeakSet[Closable]()
            else:
                outdated = WeakSet[Closable]()
            self._made[cell][1].add(made)
        for closable in list(outdated):
            closable.close()


def _jupyter_request() -> dict[str, Any]:
    """Return the execution request under way, without importing IPython where nobody has."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    parent: dict[str, Any] = getattr(shell, "get_parent", dict)()
    return parent if parent.get("header", {}).get("msg_type") == "execute_request" else {}


CELLS = Cells(_jupyter_request)
