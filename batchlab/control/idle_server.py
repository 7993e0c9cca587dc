"""Tell what calls would take on an idle server from calls that met others there."""

from __future__ import annotations

import math
from collections.abc import Collection
from statistics import median

_SERVED = 1, 2, 3, 4, 6, 8, 12, 16, 24, 32  # calls at once that are tried as an explanation
_APART = 1.5  # times as many at most as at once: between fewer chance decides
_TELLS = 3.0  # by which the logarithm of the likelihood must grow: fewer come about by chance


def idle_seconds(seconds: Collection[float], in_flight: Collection[int]) -> float:
    """Return the median seconds that calls would have taken on an idle server.

    A server that serves so many at once lets a call that finds n there wait n times as long, over that many. The
    number is taken that explains the times best; none if chance does so about as well.

    Parameters
    ----------
    seconds
        What each call took, above 0; infinite for one that has not ended.
    in_flight
        Calls in flight when each was sent, itself included; 0 where that is not known.

    Examples
    --------
    >>> idle_seconds([0.1] * 8, range(1, 9)), round(idle_seconds([0.1, 0.2, 0.3, 0.4, 0.5], range(1, 6)), 3)
    (0.1, 0.1)
    """
    idle, least = _explained(seconds, in_flight, math.inf)
    worse = least * math.exp(-_TELLS / len(seconds))
    fewest = sorted(in_flight)[len(in_flight) // 16]  # a server that bears fewer slows all but chance alike
    for served in (served for served in _SERVED if fewest <= served <= max(in_flight) / _APART):
        candidate, left = _explained(seconds, in_flight, served)
        if left < worse:
            idle, worse = candidate, left
    return idle


def _explained(seconds: Collection[float], in_flight: Collection[int], served: float) -> tuple[float, float]:
    """Return the idle seconds if so many are served at once, and what of the times that leaves unexplained."""
    idle = [taken / max(1.0, beside / served) for taken, beside in zip(seconds, in_flight, strict=True)]
    middle = median(idle)
    if middle == math.inf:
        return middle, 0.0
    return middle, sum(abs(math.log(each / middle)) for each in idle if each < math.inf)
