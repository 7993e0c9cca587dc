"""Draw a run under way again and again: what stays is drawn once and kept, only what moves is drawn over it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from batchlab.plots.palette import with_palette
from batchlab.plots.picture import MUTED
from batchlab.plots.style import look_of
from batchlab.widgets.live_series import Drawn

SIZE = (8.0, 3.9)  # inches
DPI = 100
# Drawing what stays costs seven times as much as what moves: axes begin with room, and where they are full get more.
AT_FIRST = (10.0, 10.0, 12.0, 1.0)  # s, files/s, calls, points
ROOM = 2.0
ROOM_AT_LAST = 1.15
QUICK = 1  # of zlib's nine levels: the picture is thrown away in a fifth of a second


class LivePicture:
    """Three panels over time: throughput, calls in flight under their limit, budget left.

    Parameters
    ----------
    title
        What is read, and how.
    strategy
        Gives the colour.
    """

    def __init__(self, title: str, strategy: str) -> None:
        self._figure = Figure(figsize=SIZE, dpi=DPI, facecolor="white")
        self._canvas: Any = FigureCanvasAgg(self._figure)
        self._panels: list[Axes] = list(
            self._figure.subplots(
                3, 1, sharex=True, height_ratios=[2, 2.4, 1.6],
                gridspec_kw={"left": 0.1, "right": 0.985, "top": 0.925, "bottom": 0.115, "hspace": 0.2},
            )
        )  # fmt: skip
        self._moving = self._artists(look_of(strategy).color)
        self._dress(title)
        self._full = list(AT_FIRST)
        self._background: Any = None

    def _artists(self, color: str) -> list[Any]:
        rates, flights, budgets = self._panels
        nothing, edges = [0.0], [0.0, 0.0]
        self._rate = rates.stairs(nothing, edges, fill=True, color=color, alpha=0.55, animated=True)
        self._flight = flights.stairs(
            nothing, edges, fill=True, color=color, alpha=0.55, label="in flight", animated=True
        )
        marks: dict[str, Any] = {"linestyle": "none", "clip_on": False, "animated": True}
        self._limit = _line(flights, "limit", color="black", linewidth=1.2, drawstyle="steps-post", animated=True)
        self._decided = _line(flights, "decision", color=MUTED, marker="|", markersize=7, **marks)
        self._by_hand = _line(flights, "by hand", color="black", marker="v", markersize=7, **marks)
        self._budget = _line(budgets, "", color="black", linewidth=1.4, drawstyle="steps-post", animated=True)
        self._untold = budgets.text(
            0.5, 0.5, "no budget told", transform=budgets.transAxes, ha="center", va="center", fontsize=9, color=MUTED,
            animated=True,
        )  # fmt: skip
        return [self._rate, self._flight, self._limit, self._decided, self._by_hand, self._budget, self._untold]

    def _dress(self, title: str) -> None:
        rates, flights, budgets = self._panels
        rates.set_title(title, loc="left", fontsize="medium", fontweight="bold")
        rates.set_ylabel("throughput\n[files/s]", fontsize=9)
        flights.set_ylabel("in flight\n[calls]", fontsize=9)
        budgets.set_ylabel("budget left\n[points]", fontsize=9)
        budgets.set_xlabel("time since the start [s]", fontsize=9)
        for panel in self._panels:
            panel.spines[["top", "right"]].set_visible(False)
            panel.tick_params(labelsize=8)
            panel.grid(axis="y", color="#ececec", linewidth=0.8)
            panel.set_axisbelow(True)
            # Most of the time of drawing goes into the texts of ticks.
            panel.yaxis.set_major_locator(MaxNLocator(3, integer=panel is flights))
            panel.xaxis.set_major_locator(MaxNLocator(8))
        for panel in (rates, flights):
            panel.tick_params(axis="x", bottom=False)
        self._figure.align_ylabels()
        keys = [self._flight, self._limit, self._decided, self._by_hand]
        self._figure.legend(handles=keys, loc="upper right", bbox_to_anchor=(1.0, 1.01), ncols=4,
                            frameon=False, fontsize=8, handlelength=1.5, columnspacing=1.2)  # fmt: skip

    def png(self, drawn: Drawn, *, last: bool = False) -> bytes:
        """Return the picture of these numbers as PNG; the last one leaves no room for more."""
        if self._grown(drawn) or self._background is None:
            self._draw_what_stays()
        if last:
            self._full = [drawn.now, *(ROOM_AT_LAST * top for top in _tops(drawn))]
            self._draw_what_stays()
        self._set(drawn)
        self._canvas.restore_region(self._background)
        for artist in self._moving:
            artist.axes.draw_artist(artist)
        return self._kept() if last else self._encoded()

    def _grown(self, drawn: Drawn) -> bool:
        """Make room for the numbers; return whether there was too little."""
        tops = [drawn.now, *_tops(drawn)]
        grown = [top > full for top, full in zip(tops, self._full, strict=True)]
        self._full = [ROOM * top if more else full for top, full, more in zip(tops, self._full, grown, strict=True)]
        return any(grown)

    def _draw_what_stays(self) -> None:
        end, *tops = (full or 1.0 for full in self._full)
        for panel, top in zip(self._panels, tops, strict=True):
            panel.set_xlim(0.0, end)
            panel.set_ylim(0.0, top)
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self._figure.bbox)

    def _set(self, drawn: Drawn) -> None:
        self._rate.set_data(drawn.rate, drawn.rate_edges)
        self._flight.set_data(drawn.in_flight, drawn.flight_edges)
        self._limit.set_data(drawn.limit_time, drawn.limit)
        high = self._full[2] or 1.0
        self._decided.set_data(drawn.decided, np.full(len(drawn.decided), high))
        self._by_hand.set_data(drawn.by_hand, np.full(len(drawn.by_hand), high))
        self._budget.set_data(drawn.budget_time, drawn.budget)
        self._untold.set_visible(not len(drawn.budget))

    def _encoded(self) -> bytes:
        file = io.BytesIO()
        self._image().save(file, "png", compress_level=QUICK)
        return file.getvalue()

    def _kept(self) -> bytes:
        """Return it as small as can be: the last one stays, in saved notebooks too."""
        file = io.BytesIO()
        with_palette(self._image()).save(file, "png", optimize=True)
        return file.getvalue()

    def _image(self) -> Image.Image:
        size = self._canvas.get_width_height()
        return Image.frombuffer("RGBA", size, self._canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")


def _line(panel: Axes, label: str, **look: Any) -> Any:
    (line,) = panel.plot([], [], label=label, **look)
    return line


def _tops(drawn: Drawn) -> list[float]:
    """Return the largest number of each panel."""
    flights = np.append(drawn.limit, drawn.in_flight)
    return [float(np.max(values, initial=0.0)) for values in (drawn.rate, flights, drawn.budget)]
