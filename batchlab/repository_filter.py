"""Which repositories of a listing are wanted, by what GitHub's JSON says of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from batchlab.errors import InputError


@dataclass(frozen=True)
class RepositoryFilter:
    """A choice among an owner's repositories.

    Parameters
    ----------
    forks, archived
        Whether these are wanted too.
    language
        Main language as GitHub names it, whatever the case; None for any.
    pushed_since
        ISO 8601 text, date or time of the earliest last push, in UTC where it names no zone; None for any.

    Raises
    ------
    InputError
        ``pushed_since`` is no time.

    Examples
    --------
    >>> wanted = RepositoryFilter(forks=False, pushed_since="2026-01-01")
    >>> wanted({"fork": False, "pushed_at": "2026-03-01T12:00:00Z"})
    True
    """

    forks: bool = True
    archived: bool = True
    language: str | None = None
    pushed_since: str | date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "_since", None if self.pushed_since is None else moment(self.pushed_since))

    def __call__(self, document: Mapping[str, Any]) -> bool:
        """Return whether the repository that this JSON describes is wanted."""
        if (document.get("fork") and not self.forks) or (document.get("archived") and not self.archived):
            return False
        if self.language is not None and (document.get("language") or "").lower() != self.language.lower():
            return False
        since: datetime | None = vars(self)["_since"]
        pushed = document.get("pushed_at")
        return since is None or (pushed is not None and moment(pushed) >= since)


def moment(value: str | date) -> datetime:
    """Return a time with its zone; UTC unless it names one.

    Raises
    ------
    InputError
        It is no ISO 8601 time.
    """
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else value.isoformat())
    except ValueError:
        raise InputError(f"{value!r} is no time; write it as 2026-01-31 or 2026-01-31T12:00:00Z") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
