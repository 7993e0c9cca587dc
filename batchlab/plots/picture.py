"""What a picture is drawn on, and its words: axes that pyplot does not know of, alt text and caption."""

from __future__ import annotations

import base64
import io
import threading
from typing import Any
from weakref import WeakKeyDictionary

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from batchlab.errors import InputError
from batchlab.plots.palette import with_palette

MUTED = "#5c5c5c"
_drawing = threading.Lock()  # matplotlib's parser of mathematical text is not made for threads
_words: WeakKeyDictionary[Axes | Figure, str] = WeakKeyDictionary()


class Picture(Figure):
    """A figure that a notebook shows once, wherever it is the value of a cell, with its alt text.

    Parameters
    ----------
    size
        Width and height in inches.
    """

    def __init__(self, size: tuple[float, float] = (8.0, 4.5)) -> None:
        super().__init__(figsize=size, dpi=100, layout="constrained", facecolor="white")
        FigureCanvasAgg(self)

    def png(self, dpi: float = 100.0) -> bytes:
        """Return the picture as PNG, with its alt text as description.

        It has a palette, see `batchlab.plots.palette`: a third of the bytes.
        """
        whole, small, words = io.BytesIO(), io.BytesIO(), PngInfo()
        words.add_text("Description", alt_text(self))
        with _drawing:
            self.savefig(whole, format="png", dpi=dpi, pil_kwargs={"compress_level": 1})
        with_palette(Image.open(whole)).save(small, "png", optimize=True, pnginfo=words, dpi=(dpi, dpi))
        return small.getvalue()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        words = alt_text(self)
        data = {"image/png": base64.b64encode(self.png()).decode(), "text/plain": words}
        return data, {"image/png": {"alt": words}}


class PictureAxes(Axes):
    """The axes of a `Picture` of its own; as the value of a cell they show it."""

    name = "batchlab"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        picture = self.figure
        assert isinstance(picture, Picture)
        return picture._repr_mimebundle_()


def axes_or_new(ax: Axes | None, size: tuple[float, float] = (8.0, 4.5)) -> Axes:
    """Return ``ax``, or the axes of a new picture of this size in inches."""
    return ax if ax is not None else Picture(size).add_subplot(axes_class=PictureAxes)


def describe(drawn: Axes | Figure, words: str) -> None:
    """Give a picture its alt text."""
    _words[drawn] = words


def alt_text(drawn: Axes | Figure) -> str:
    """Return a picture in words, made from the numbers that were drawn.

    Parameters
    ----------
    drawn
        What a ``plot_`` function returned, or the figure that it drew on.

    Raises
    ------
    InputError
        Nothing that batchlab drew is on it.
    """
    if drawn in _words:
        return _words[drawn]
    words = [_words[ax] for ax in drawn.axes if ax in _words] if isinstance(drawn, Figure) else []
    if not words:
        raise InputError("batchlab drew nothing here; give what a plot_ function returned, or its figure")
    return " ".join(words)


def finish(ax: Axes, title: str, caption: str = "") -> None:
    """Add title and caption, and take away the lines that carry nothing."""
    ax.set_title(title, loc="left", fontsize="medium", fontweight="bold")
    if caption:
        ax.annotate(
            caption, (0, 0), (0, -36), xycoords="axes fraction", textcoords="offset points",
            va="top", fontsize="small", color=MUTED,
        )  # fmt: skip
    ax.spines[["top", "right"]].set_visible(False)
