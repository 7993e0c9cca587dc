"""How things look: a colour, marker and line for each strategy, endpoint and state, the same in every picture."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import files
from typing import NamedTuple

import matplotlib.style


class Look(NamedTuple):
    """Colour, marker and line style of one arm."""

    color: str
    marker: str
    line: str | tuple[int, tuple[int, ...]]


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

# Okabe and Ito, "Color Universal Design", 2008: told apart by colour-blind readers.
ENDPOINTS = {
    "tree": "#009e73",
    "blob": "#56b4e9",
    "contents": "#0072b2",
    "graphql": "#cc79a7",
    "tarball": "#e69f00",
    "archive": "#a65f00",
    "raw": "#f0e442",
}
OTHER_ENDPOINT = "#9c9ca1"
STATES = {
    "listing": "#009e73",
    "queue": "#c9c9cf",
    "pacing": "#f0e442",
    "limit": "#d55e00",
    "backoff": "#cc79a7",
    "service": "#0072b2",
}
RESOURCES = {
    "latency": Look("#0072b2", "o", "-"),
    "server": Look("#d55e00", "o", "--"),
    "link": Look("#009e73", "o", "-."),
    "budget": Look("#b38f00", "o", ":"),
    "minute": Look("#cc79a7", "o", (0, (5, 1, 1, 1, 1, 1))),
    "cpu": Look("#56b4e9", "o", (0, (1, 3))),
}
OUTCOMES = {"failed": ("#d55e00", "x"), "limited": ("#000000", "v"), "cancelled": (BASELINE, "|")}


def look_of(name: str, position: int = 0) -> Look:
    """Return the look of a strategy; others take turns by position."""
    return _LOOKS.get(name, _OTHERS[position % len(_OTHERS)])


def style() -> AbstractContextManager[None]:
    """Return a context in which all matplotlib figures get batchlab's sizes and colours; nothing is changed outside.

    Examples
    --------
    >>> import matplotlib
    >>> with style():
    ...     matplotlib.rcParams["axes.titlelocation"]
    'left'
    >>> matplotlib.rcParams["axes.titlelocation"]
    'center'
    """
    return matplotlib.style.context(str(files("batchlab.plots") / "batchlab.mplstyle"))
