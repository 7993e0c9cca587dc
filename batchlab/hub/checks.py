"""Checks of a scenario's fields: an error names the value, what is accepted, and the next step."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from batchlab.errors import InputError


def known(value: str, accepted: Iterable[str], what: str) -> None:
    """Require one of the accepted names."""
    names = list(accepted)
    if value not in names:
        nearest = difflib.get_close_matches(str(value), names, 1)
        hint = f"did you mean {nearest[0]!r}? " if nearest else ""
        raise InputError(f"{value!r} is no {what}; {hint}accepted: {', '.join(names)}")


def positive(section: object, *names: str) -> None:
    """Require numbers above 0, or None."""
    for name in names:
        value = _number(section, name)
        if value is not None and not value > 0:
            raise InputError(f"{name} is {value}; write a number above 0, or leave it out to switch it off")


def at_least(least: float, section: object, *names: str) -> None:
    """Require numbers of ``least`` or more, or None."""
    for name in names:
        value = _number(section, name)
        if value is not None and not value >= least:
            raise InputError(f"{name} is {value}; write a number of {least:g} or more")


def share(section: object, *names: str) -> None:
    """Require shares from 0 to 1."""
    for name in names:
        value = _number(section, name)
        if value is None or not 0 <= value <= 1:
            raise InputError(f"{name} is {value}; write a share from 0 to 1")


def one_of(section: object, name: str, *accepted: int) -> None:
    """Require one of a few numbers."""
    if getattr(section, name) not in accepted:
        raise InputError(f"{name} is {getattr(section, name)!r}; accepted: {', '.join(map(str, accepted))}")


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Return a mapping's items, or raise."""
    if not isinstance(value, Mapping):
        raise InputError(f"the {what} is {value!r}; write a mapping of field names to values")
    return dict(value)


def _number(section: object, name: str) -> float | None:
    value: Any = getattr(section, name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise InputError(f"{name} is {value!r}; write a number")
    return value
