"""From paired replications in the twin to a saving with an interval: what the twin says, and how far it may be off."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from batchlab.study.experiment import Outcome

CONFIDENCE = 0.90
# How far predictions were off beyond what seeds explain, as shares of the saving and of the baseline: measured by
# tests/benchmarks/opportunity_book.py on seeds of its own (docs/opportunities).
OFF = {"exact count": (0.05, 0.002), "replay": (0.05, 0.005), "refit": (0.15, 0.01)}
DOUBT = 0.25  # probability that a server bears little more than was seen: twice, of a knee anywhere up to 16 times
MODEL = 0.05  # of the logarithm of a makespan: how far the calibrated baseline is off


@dataclass(frozen=True)
class Prediction:
    """Seconds that a change saves, of a baseline, and the ends of the 90 % interval of the mean of as many runs.

    ``confidence`` is the probability that it saves anything.
    """

    seconds: float
    low: float
    high: float
    baseline: float
    confidence: float


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


def predict(outcome: Outcome, recorded: float, method: str, error: float, *, anew: bool = False) -> Prediction:
    """Return what a change saves.

    Parameters
    ----------
    outcome
        Replications in the twin.
    recorded
        Makespan of the run, in seconds.
    method
        How the twin knows: "exact count", "replay" or "refit".
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
    baseline = np.array([row["makespan"] for row in outcome.before], dtype=float)
    factor, saved = correction(recorded, baseline), outcome.seconds
    mean = factor * float(saved.mean())
    chance = factor**2 * float(saved.var(ddof=1)) / len(saved) if len(saved) > 1 else 0.0
    share, least = OFF[method]
    whole = factor * float(baseline.mean())
    unsure = error * (whole - mean if anew else mean)
    spread = math.sqrt(2.0 * chance + unsure**2 + (share * mean) ** 2 + (least * whole) ** 2)
    freedom = max(1, len(saved) - 1)
    margin = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, freedom)) * spread
    sure = float(stats.t.cdf(mean / spread, freedom)) if spread else float(mean > 0)
    return Prediction(mean, mean - margin, mean + margin, whole, sure)


def cautious(prediction: Prediction, without: Prediction) -> Prediction:
    """Return a prediction whose interval reaches down to what would hold if the server bore no more calls.

    Parameters
    ----------
    prediction
        As if the server bore them.
    without
        As if it did not.
    """
    return Prediction(
        prediction.seconds,
        min(prediction.low, without.low),
        max(prediction.high, without.high),
        prediction.baseline,
        (1.0 - DOUBT) * prediction.confidence + DOUBT * without.confidence,
    )
