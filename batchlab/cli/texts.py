"""Frames and values as text of at most a hundred columns, and as JSON."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd

from batchlab.batch_config import BatchConfig
from batchlab.errors import ErrorCategory
from batchlab.frames import RESULTS

WIDTH = 100
FIRST_FAILURES = 20


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table: the first column to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    lines = []
    for row in (header, *rows):
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        lines.append("  ".join(cells))
    return "\n".join(lines)


def number(value: Any, form: str, unit: str = "") -> str:
    """Return a number in a format, ``-`` where there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:{form}}{unit}"


def paragraph(text: str, indent: str = "") -> str:
    """Return text, wrapped, without control characters: names of files are anybody's to choose."""
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return textwrap.fill(
        plain, WIDTH, subsequent_indent=indent + "  ", initial_indent=indent, break_on_hyphens=False,
    )  # fmt: skip


def undelivered(results: Sequence[pd.DataFrame], *statuses: str) -> str:
    """Return why rows of these statuses were not delivered, the first twenty reasons; empty where there are none.

    Each reason stands once. Rows that a stopped run did not reach have none of their own and are left out.
    """
    rows = pd.concat(results) if results else RESULTS.empty()
    rows = rows[rows["status"].isin(statuses) & (rows["error_category"].fillna("") != ErrorCategory.CANCELLED.value)]
    rows = rows.drop_duplicates(["repo", "path", "error"])
    if rows.empty:
        return ""
    shown = rows.head(FIRST_FAILURES)
    more = f", the first {len(shown)} of {len(rows)}" if len(rows) > len(shown) else ""
    lines = [
        paragraph(_reason(*values), "  ")
        for values in zip(shown["status"], shown["repo"], shown["path"], shown["error"], strict=True)
    ]
    return "\n".join([f"Not delivered{more}:", *lines])


def _reason(status: str, repo: str, path: Any, error: str) -> str:
    missing = [name for name in (repo, path) if not pd.isna(name) and name not in error]
    return f"{status}  {': '.join([*missing, error])}"


def ceilings(config: BatchConfig) -> str:
    """Return the ceilings that results depend on most."""
    return (
        f"at most {config.max_concurrent_requests} calls in flight, {config.max_concurrent_repos} repositories, "
        f"{config.max_batch_size} files a call"
    )


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON can carry them, without contents."""
    rows: list[dict[str, Any]] = json.loads(
        frame.drop(columns="content", errors="ignore").to_json(orient="records", double_precision=15)
    )
    return rows
