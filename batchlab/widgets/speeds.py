"""The speeds at which virtual time may be watched."""

from __future__ import annotations

import math

from batchlab.errors import InputError

SPEEDS: tuple[tuple[str, float], ...] = (
    *((f"{speed:,}×", float(speed)) for speed in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
    ("max", math.inf),
)


def checked_choice(speed: float) -> float:
    """Return a speed that can be chosen.

    Raises
    ------
    InputError
        It is none of `SPEEDS`.
    """
    if speed in dict(SPEEDS).values():
        return speed
    raise InputError(f"speed={speed!r}; accepted: {', '.join(f'{value:g}' for _, value in SPEEDS)}")
