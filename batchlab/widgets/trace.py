"""The HTML that a saved notebook keeps of a panel: below it, without script, brought up to date while the panel lives.

A panel's own output needs the kernel. Its HTML is an output of its own, because a change of the panel's would build the
panel anew, under the hand that turns it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class StaticTrace:
    """What is kept of one panel.

    Parameters
    ----------
    html
        Returns what holds now.
    """

    def __init__(self, html: Callable[[], str]) -> None:
        self._html = html
        self._shown: list[Any] = []

    def display(self, widget: Any) -> None:
        """Show a panel, and its HTML below."""
        from IPython.display import HTML, display

        display(widget)  # type: ignore[no-untyped-call]
        handle = display(HTML(self._html()), display_id=True)  # type: ignore[no-untyped-call]
        if handle is not None:
            self._shown.append(handle)

    def update(self) -> None:
        """Bring what was shown up to date; from any thread."""
        from IPython.display import HTML

        for handle in self._shown:
            handle.update(HTML(self._html()))  # type: ignore[no-untyped-call]
