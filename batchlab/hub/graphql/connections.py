"""Connections: lists that GraphQL hands out in pages, with cursors.

References
----------
https://docs.github.com/en/graphql/guides/using-pagination-in-the-graphql-api
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_CURSOR = "cursor:"


@dataclass(frozen=True)
class Connection:
    """One page of a list.

    Parameters
    ----------
    items
        The whole list.
    start, end
        Where the page begins and ends in it.
    """

    items: Sequence[Any]
    start: int
    end: int

    @classmethod
    def of(
        cls, items: Sequence[Any], first: int | None, last: int | None, after: str | None, before: str | None
    ) -> Connection:
        """Return the page that GraphQL's four arguments ask for; a cursor that is none counts for nothing."""
        start = min(_place(after, 0), len(items))
        end = max(start, min(_place(before, len(items) + 1) - 1, len(items)))
        if first is not None:
            end = min(end, start + first)
        elif last is not None:
            start = max(start, end - last)
        return cls(items, start, end)

    @property
    def nodes(self) -> Sequence[Any]:
        """What is on the page."""
        return self.items[self.start : self.end]

    @property
    def start_cursor(self) -> str | None:
        """Cursor of the first on the page."""
        return _cursor(self.start + 1) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        """Cursor of the last on the page."""
        return _cursor(self.end) if self.nodes else None


def _cursor(place: int) -> str:
    return b64encode(f"{_CURSOR}{place}".encode()).decode()


def _place(cursor: str | None, default: int) -> int:
    try:
        text = b64decode(cursor or "", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return default
    number = text.removeprefix(_CURSOR)
    return int(number) if text.startswith(_CURSOR) and number.isdecimal() else default
