"""Paired comparison of arms that met the same seeds: ratio, interval, probability of being better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class PairedRatio:
    """How many times as long one arm takes as another, over paired replications.

    Parameters
    ----------
    ratio
        Geometric mean of the ratios; 1 means alike, 2 twice as long.
    low, high
        95 % interval; NaN with a single replication.
    better
        Share of replications in which it took less time than the other, ties counted half.
    """

    ratio: float
    low: float
    high: float
    better: float

    @property
    def shown(self) -> bool:
        """Whether the interval excludes "alike"."""
        return self.low > 1.0 or self.high < 1.0


def paired_ratio(values: Sequence[float], reference: Sequence[float]) -> PairedRatio:
    """Compare two arms replication by replication.

    Parameters
    ----------
    values, reference
        Makespans in seconds, above 0, in the same order of seeds.

    Returns
    -------
    PairedRatio
        From Student's t on the logarithms of the ratios.

    References
    ----------
    R. Jain, "The Art of Computer Systems Performance Analysis", 1991, chapter 13 (paired observations).

    Examples
    --------
    >>> paired_ratio([2.0, 4.1, 8.3], [1.0, 2.0, 4.0]).shown
    True
    """
    logs = np.log(np.asarray(values, dtype=float) / np.asarray(reference, dtype=float))
    mean = float(logs.mean())
    better = float((logs < 0).mean() + 0.5 * (logs == 0).mean())
    if len(logs) < 2:
        return PairedRatio(math.exp(mean), math.nan, math.nan, better)
    margin = float(stats.t.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / math.sqrt(len(logs)))
    return PairedRatio(math.exp(mean), math.exp(mean - margin), math.exp(mean + margin), better)
