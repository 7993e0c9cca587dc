"""What a report is made of, whatever file it goes into: sections of paragraphs, tables, pictures and code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from batchlab.plots import alt_text
from batchlab.plots.picture import Picture


class Cell(NamedTuple):
    """What stands in a cell, and what its column is sorted by; None has no place in an order."""

    text: str
    value: float | str | None


@dataclass(frozen=True)
class Table:
    """A table with its caption, columns by name, and whether each holds numbers."""

    caption: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, caption: str, frame: pd.DataFrame, columns: Mapping[str, Form]) -> Table:
        """Return the table of some columns of a frame."""
        cells = [[form.cell(value) for value in frame[name]] for name, form in columns.items()]
        heads = tuple((form.heading, form.is_number) for form in columns.values())
        return cls(caption, heads, tuple(zip(*cells, strict=True)))

    @classmethod
    def pairs(cls, caption: str, facts: Mapping[str, object]) -> Table:
        """Return a table of names and values."""
        rows = tuple((Cell(str(name), str(name)), Cell(str(value), str(value))) for name, value in facts.items())
        return cls(caption, (("name", False), ("value", False)), rows)


@dataclass(frozen=True)
class Form:
    """How a column is headed and its values written; ``form`` is a format of numbers, empty for texts."""

    heading: str
    form: str = ""
    unit: str = ""

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers."""
        return bool(self.form)

    def cell(self, value: Any) -> Cell:
        """Return a value as a cell; a dash where there is none."""
        if pd.isna(value):
            return Cell("–", None)
        return Cell(f"{value:{self.form}}{self.unit}", float(value) if self.is_number else str(value))


@dataclass(frozen=True)
class Shown:
    """A picture: its title, what it shows and how to read it, itself, and its words."""

    title: str
    text: str
    png: bytes = field(repr=False)
    alt: str

    @classmethod
    def of(cls, title: str, text: str, draw: Callable[[], Axes | Figure]) -> Shown:
        """Draw a picture."""
        drawn = draw()
        picture = drawn if isinstance(drawn, Figure) else drawn.figure
        assert isinstance(picture, Picture)
        return cls(title, text, picture.png(dpi=150), alt_text(picture))


@dataclass(frozen=True)
class Code:
    """Lines to copy."""

    lines: str


Block: TypeAlias = str | Table | Shown | Code


@dataclass(frozen=True)
class Section:
    """Blocks under a heading; folded away where only some readers want them."""

    title: str
    blocks: Sequence[Block]
    folded: bool = False


@dataclass(frozen=True)
class Page:
    """A whole report.

    Parameters
    ----------
    title, verdict
        One line; one to three sentences.
    facts
        The few numbers that are seen first.
    sections
        In order.
    data
        The saved study, packed.
    made
        Date and version, for the last line.
    """

    title: str
    verdict: Sequence[str]
    facts: Mapping[str, str]
    sections: Sequence[Section]
    data: bytes = field(repr=False)
    made: str
