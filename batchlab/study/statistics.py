"""Paired comparison of arms that met the same seeds: ratio, difference, intervals, probability of being better.

Intervals are Student's, on logarithms for ratios, not of a bootstrap: with three replications a percentile interval of
the bootstrap lies within the least and the greatest value, and so covers a symmetric truth in at most 1 - 2 / 2**3 =
75 % of studies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
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


@dataclass(frozen=True)
class PairedDifference:
    """How many seconds longer one arm takes than another, over paired replications.

    Parameters
    ----------
    seconds
        Mean of the differences; negative where it is faster.
    low, high
        95 % interval; NaN with a single replication.
    """

    seconds: float
    low: float
    high: float


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
    better = float((logs < 0).mean() + 0.5 * (logs == 0).mean())
    ratio, low, high = map(math.exp, _mean_and_interval(logs))
    return PairedRatio(ratio, low, high, better)


def paired_difference(values: Sequence[float], reference: Sequence[float]) -> PairedDifference:
    """Return how many seconds longer one arm takes than another, replication by replication.

    Parameters
    ----------
    values, reference
        Makespans in seconds, in the same order of seeds.

    Returns
    -------
    PairedDifference
        From Student's t on the differences.

    Examples
    --------
    >>> paired_difference([3.0, 4.0, 5.0], [1.0, 2.0, 3.0])
    PairedDifference(seconds=2.0, low=2.0, high=2.0)
    """
    return PairedDifference(*_mean_and_interval(np.asarray(values, dtype=float) - np.asarray(reference, dtype=float)))


def unpaired_ratio(values: Sequence[float], reference: Sequence[float]) -> tuple[float, float, float]:
    """Compare two arms that share no seed.

    Parameters
    ----------
    values, reference
        Makespans in seconds, above 0.

    Returns
    -------
    tuple of float
        Ratio of the geometric means, and its 95 % interval by Welch's t on the logarithms; NaN where either arm has a
        single value.

    References
    ----------
    B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved",
    Biometrika 34, 1947.

    Examples
    --------
    >>> ratio, low, high = unpaired_ratio([2.0, 2.1, 1.9], [1.0, 1.1, 0.9])
    >>> low < 2.0 < high
    True
    """
    samples = [np.log(np.asarray(sample, dtype=float)) for sample in (values, reference)]
    ratio = math.exp(float(samples[0].mean() - samples[1].mean()))
    if min(map(len, samples)) < 2:
        return ratio, math.nan, math.nan
    parts = [float(logs.var(ddof=1)) / len(logs) for logs in samples]
    if not sum(parts):
        return ratio, ratio, ratio
    freedom = sum(parts) ** 2 / sum(part**2 / (len(logs) - 1) for part, logs in zip(parts, samples, strict=True))
    margin = math.exp(float(stats.t.ppf(0.975, freedom)) * math.sqrt(sum(parts)))
    return ratio, ratio / margin, ratio * margin


def _mean_and_interval(sample: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean and the ends of its 95 % interval, NaN with a single value."""
    mean = float(sample.mean())
    if len(sample) < 2:
        return mean, math.nan, math.nan
    margin = float(stats.t.ppf(0.975, len(sample) - 1) * sample.std(ddof=1) / math.sqrt(len(sample)))
    return mean, mean - margin, mean + margin
