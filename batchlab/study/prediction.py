"""From paired replications in the twin to a saving with an interval: what the twin says, and how far it may be off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from batchlab.study.experiment import Outcome

CONFIDENCE = 0.90
# How far predictions were off beyond what seeds explain, as shares of the saving and of the baseline: on the first
# seven runs of tests/benchmarks/opportunity_book.py from seed 1000 (data/measured/opportunities).
OFF = (0.05, 0.01)
DOUBT = 0.25  # probability that a server bears little more than was seen: twice, of a knee anywhere up to 16 times
UNDECIDED = 0.5  # probability of a knee that explains the calls better than none, but not by enough
EXACT = 1e-6  # of the variance: chance that is less is none
MODEL = 0.05  # of the logarithm of a makespan: how far the calibrated baseline is off


@dataclass(frozen=True)
class Prediction:
    """What a change saves.

    Parameters
    ----------
    seconds
        Expected saving.
    spread, freedom
        Standard error, and its degrees of freedom.
    baseline
        Expected makespan without the change.
    below, above
        Seconds by which other servers that explain the run would make the saving smaller (0 or less) and greater.
    doubt
        Probability that it is as much smaller.
    """

    seconds: float
    spread: float
    freedom: float
    baseline: float
    below: float = 0.0
    above: float = 0.0
    doubt: float = DOUBT

    @property
    def low(self) -> float:
        """Lower end of the 90 % interval of the mean of as many runs."""
        return self.seconds + self.below - self._margin

    @property
    def high(self) -> float:
        """Its upper end."""
        return self.seconds + self.above + self._margin

    @property
    def _margin(self) -> float:
        return float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, self.freedom)) * self.spread

    @property
    def confidence(self) -> float:
        """Probability that the change saves anything."""
        sure, doubted = self._sure(self.seconds), self._sure(self.seconds + self.below)
        return (1.0 - self.doubt) * sure + self.doubt * doubted

    def _sure(self, seconds: float) -> float:
        return float(stats.t.cdf(seconds / self.spread, self.freedom)) if self.spread else float(seconds > 0.0)


def correction(recorded: float, baseline: NDArray[np.float64]) -> float:
    """Return what the twin's seconds are multiplied by, so that its baseline agrees with the recorded makespan.

    One run is one draw: as far as seeds alone explain the difference, it is none of the model's.

    Examples
    --------
    >>> correction(11.0, np.array([10.0, 10.0])) > correction(11.0, np.array([8.0, 12.0])) > 1.0
    True
    """
    logs = np.log(np.maximum(baseline, 1e-9))
    chance = float(logs.var(ddof=1)) if len(logs) > 1 else 0.0
    weight = MODEL**2 / (MODEL**2 + chance)
    return math.exp(weight * (math.log(max(recorded, 1e-9)) - float(logs.mean())))


def predict(outcome: Outcome, recorded: float, error: float, *, anew: bool = False) -> Prediction:
    """Return what a change saves.

    Parameters
    ----------
    outcome
        Replications in the twin.
    recorded
        Makespan of the run, in seconds.
    error
        Standard error of the calibrated service time, over its mean.
    anew
        Whether the change reads in another way, so that the error is one of all the time that it takes. Otherwise it
        is one of what it saves: the baseline is known from the recording.

    Notes
    -----
    The variance is the sum of four: of the mean over seeds, once for the twin and once for the runs that it is to be
    verified by; of the calibration, in proportion to the saving; and of the model, as measured on other runs.
    """
    baseline, saved = outcome.baseline, outcome.seconds
    factor = correction(recorded, baseline)
    mean = factor * (float(saved.mean()) + outcome.wait)
    chance = factor**2 * float(saved.var(ddof=1)) / len(saved) if len(saved) > 1 else 0.0
    share, least = OFF
    whole = factor * float(baseline.mean())
    unsure = error * (whole - mean if anew else mean)
    variance = 2.0 * chance + unsure**2 + (share * mean) ** 2 + (least * whole) ** 2
    few = max(1, len(saved) - 1)
    # Satterthwaite: of the four, only chance is known from so few replications.
    freedom = few * (variance / (2.0 * chance)) ** 2 if chance > EXACT * variance else math.inf
    return Prediction(mean - outcome.wait, math.sqrt(variance), freedom, whole)


def doubted(prediction: Prediction, shifts: Sequence[float]) -> Prediction:
    """Return a prediction whose interval reaches to what other servers would make of the change.

    Parameters
    ----------
    prediction
        For the server that explains the run best.
    shifts
        Seconds by which each of the others would change the saving, at least one.
    """
    return replace(prediction, below=min(0.0, *shifts), above=max(0.0, *shifts))


def undecided(prediction: Prediction, shifts: Sequence[float]) -> Prediction:
    """Return a prediction midway between a server without a knee and others that explain the run as well.

    Parameters
    ----------
    prediction
        For the server without.
    shifts
        Seconds by which each of the others would change the saving, at least one.
    """
    middle = UNDECIDED * sum(shifts) / len(shifts)
    return replace(
        prediction,
        seconds=prediction.seconds + middle,
        below=min(0.0, *shifts) - middle,
        above=max(0.0, *shifts) - middle,
        doubt=UNDECIDED,
    )
