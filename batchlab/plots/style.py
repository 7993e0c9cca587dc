"""How strategies look: one colour, marker and line each, the same in every picture."""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


class Look(NamedTuple):
    """Colour, marker and line style of one arm."""

    color: str
    marker: str
    line: str


BASELINE = "#6b6b6b"

# petroff6, an accessible cycle: M. A. Petroff, "Accessible Color Sequences for Data Visualization", arXiv 2107.02270.
_LOOKS = {
    "sequential": Look(BASELINE, "s", ":"),
    "conservative": Look("#964a8b", "v", "-."),
    "parallel": Look("#5790fc", "o", "-"),
    "aggressive": Look("#f89c20", "^", "--"),
    "adaptive": Look("#e42536", "D", "-"),
}
_OTHERS = (Look("#7a21dd", "P", "-"), Look("#9c9ca1", "X", "--"), Look("#1f9d55", "*", "-."))


def look_of(name: str, position: int = 0) -> Look:
    """Return the look of a strategy; others take turns by position."""
    return _LOOKS.get(name, _OTHERS[position % len(_OTHERS)])


def axes_or_new(ax: Axes | None, size: tuple[float, float] = (8.0, 4.5)) -> Axes:
    """Return ``ax``, or the axes of a new figure in inches that pyplot does not know of."""
    if ax is not None:
        return ax
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()
