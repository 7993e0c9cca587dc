"""The HTML card that a notebook shows for a run, a study, settings or a hub: no script, no network, all escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_BOX = (
    "border:1px solid #8888;border-radius:4px;padding:.4em .8em;"
    "display:inline-block;max-width:min(60em,100%);box-sizing:border-box"
)
_CELL = "text-align:left;padding:.1em .8em .1em 0"


def card(title: str, facts: Mapping[str, object], details: Mapping[str, str] | None = None, shown: str = "") -> str:
    """Return a card of HTML.

    Parameters
    ----------
    title
        One line of text.
    facts
        What is seen at once: texts by name.
    details
        What is folded away: HTML by name, such as a `table` or that of a DataFrame.
    shown
        HTML that is seen at once, after the facts.

    Examples
    --------
    >>> "&lt;b&gt;" in card("<b>", {"files": 3})
    True
    """
    folded = "".join(
        f"<details><summary>{escape(name)}</summary>{_wide(html)}</details>" for name, html in (details or {}).items()
    )
    return f'<div style="{_BOX}"><strong>{escape(title)}</strong>{table(facts)}{_wide(shown)}{folded}</div>'


def _wide(html: str) -> str:
    """Return HTML that is scrolled where it is wider than the card."""
    return f'<div style="overflow-x:auto">{html}</div>' if html else ""


def table(facts: Mapping[str, object]) -> str:
    """Return names and values as an HTML table of two columns."""
    rows = "".join(
        f'<tr><th scope="row" style="{_CELL}">{escape(str(name))}</th>'
        f'<td style="{_CELL}">{escape(str(value))}</td></tr>'
        for name, value in facts.items()
    )
    return f"<table>{rows}</table>" if rows else ""
