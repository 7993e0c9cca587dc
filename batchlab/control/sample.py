"""Decide whether what was seen of a population tells of the rest of it."""

from __future__ import annotations

import math


class Sample:
    """Numbers seen one by one, kept as their count, mean and spread.

    Notes
    -----
    B. P. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products", Technometrics 4 (3), 1962.

    Examples
    --------
    >>> alike, unlike = Sample(), Sample()
    >>> for number in range(8):
    ...     alike.note(20)
    ...     unlike.note(4**number)
    >>> alike.tells, unlike.tells
    (True, False)
    """

    ENOUGH = 8  # numbers below which a spread is not known
    CLOSE = 0.25  # standard error of the mean over the mean up to which the mean speaks for the rest

    def __init__(self) -> None:
        self._count, self._mean, self._squares = 0, 0.0, 0.0

    def note(self, value: float) -> None:
        """Take note of a number."""
        self._count += 1
        off = value - self._mean
        self._mean += off / self._count
        self._squares += off * (value - self._mean)

    @property
    def tells(self) -> bool:
        """Whether enough was seen, and alike enough, for the mean to speak for what was not seen."""
        if self._count < self.ENOUGH:
            return False
        error = math.sqrt(self._squares / (self._count - 1) / self._count)
        return error <= self.CLOSE * abs(self._mean)
