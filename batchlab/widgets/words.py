"""Settings in words and HTML, for the lines below the controls; everything that came from outside is escaped."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from batchlab.batch_config import BatchConfig
from batchlab.cards import table
from batchlab.config_files import text_of


def effective_html(config: BatchConfig) -> str:
    """Return what holds now: the settings that differ from the defaults, and all of them folded away.

    Examples
    --------
    >>> "max_concurrent_requests = 15" in effective_html(BatchConfig(max_concurrent_requests=15))
    True
    """
    settings = {name: text_of(value) for name, value in config.to_dict().items()}
    defaults = {name: text_of(value) for name, value in BatchConfig().to_dict().items()}
    changed = [f"<code>{name} = {escape(text)}</code>" for name, text in settings.items() if text != defaults[name]]
    line = f"<b>In effect:</b> {', '.join(changed) or 'the documented defaults'}"
    details = f"<details><summary>All {len(settings)} settings</summary>{table(settings)}</details>"
    return f'<div style="line-height:1.5">{line}{details}</div>'


def problem_html(problem: str, word: str = "Refused") -> str:
    """Return an error line, empty where there is no problem; a screen reader speaks it at once.

    Examples
    --------
    >>> problem_html("a < b")
    '<div role="alert" style="color:#b3261e"><b>Refused:</b> a &lt; b</div>'
    """
    return f'<div role="alert" style="color:#b3261e"><b>{word}:</b> {escape(problem)}</div>' if problem else ""


def trace_html(title: str, picture: bytes, parts: Sequence[str]) -> str:
    """Return what a saved notebook keeps of a laboratory, its details folded away; without script.

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
