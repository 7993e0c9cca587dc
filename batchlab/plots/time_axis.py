"""Time on an axis: drawn in seconds, told in seconds, minutes or hours, whichever reads best."""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, MaxNLocator


class _Unit(NamedTuple):
    least: float
    """Seconds from which on it is used."""
    seconds: float
    name: str


_UNITS = (_Unit(7200.0, 3600.0, "h"), _Unit(600.0, 60.0, "min"), _Unit(0.0, 1.0, "s"))


def _unit_of(span: float) -> _Unit:
    return next((unit for unit in _UNITS if span >= unit.least), _UNITS[-1])


def span_text(seconds: float) -> str:
    """Return a span of time in words.

    Examples
    --------
    >>> span_text(9.66), span_text(1200.0), span_text(10_809.5)
    ('9.7 s', '20.0 min', '3.00 h')
    """
    unit = _unit_of(seconds)
    return f"{seconds / unit.seconds:,.{2 if unit.name == 'h' else 1}f} {unit.name}"


class _Ticks(MaxNLocator):
    """Ticks at round numbers of a unit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(nbins=8, steps=[1, 2, 5, 10])
        self._seconds = seconds

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the ticks in seconds."""
        return [tick * self._seconds for tick in super().tick_values(vmin / self._seconds, vmax / self._seconds)]


def time_axis(axis: Axis, span: float, what: str) -> None:
    """Label an axis of seconds with the unit in which its span reads best.

    Parameters
    ----------
    axis
        Of numbers in seconds.
    span
        How long the whole is, in seconds: hours from two hours on, minutes from ten minutes on.
    what
        What the axis shows.
    """
    unit = _unit_of(span)
    axis.set_major_locator(_Ticks(unit.seconds))
    axis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds / unit.seconds:g}"))
    axis.set_label_text(f"{what} [{unit.name}]")
