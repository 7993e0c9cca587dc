"""What stays of a laboratory where no kernel runs: a saved notebook, a page on the web. Plain HTML, no script."""

from __future__ import annotations

import base64
from html import escape
from importlib import import_module
from typing import Any


def trace_html(title: str, picture: bytes, parts: list[str]) -> str:
    """Return a static trace, its details folded away.

    Parameters
    ----------
    title
        One line that is always seen.
    picture
        PNG.
    parts
        HTML to follow it.

    Examples
    --------
    >>> trace_html("adaptive on sample", b"", []).startswith("<details><summary>adaptive on sample")
    True
    """
    data = base64.b64encode(picture).decode()
    image = f'<img alt="{escape(title)}" src="data:image/png;base64,{data}" style="max-width:100%">'
    below = "".join(f"<div>{part}</div>" for part in parts)
    return f"<details><summary>{escape(title)}</summary>{image}{below}</details>"


class StaticTrace:
    """A trace in the output of the cell that showed the laboratory, brought up to date when a run has ended.

    JupyterLab shows nothing but an error in the place of widgets whose kernel is gone, whatever stands beside them in
    the same output: so the trace is an output of its own.
    """

    def __init__(self) -> None:
        self._handle: Any = None

    def display(self, bundle: dict[str, Any], html: str) -> None:
        """Show a bundle of forms of the laboratory, and the trace below it; the latest one is brought up to date."""
        ipython: Any = import_module("IPython.display")
        ipython.display(bundle, raw=True)
        self._handle = ipython.display(ipython.HTML(html), display_id=True)

    def update(self, html: str) -> None:
        """Bring the trace up to date, where one is shown."""
        if self._handle is not None:
            ipython: Any = import_module("IPython.display")
            self._handle.update(ipython.HTML(html))
