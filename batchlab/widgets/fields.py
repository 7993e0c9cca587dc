"""Which control a field of `BatchConfig` gets, and what is written beside it: read from the field's own metadata."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from batchlab.batch_config import BatchConfig, BatchStrategy

DECADES = 1000.0  # from this ratio of its ends on, a range is turned on a logarithmic scale
LONGEST_SLIDE = 1000.0  # a range that begins at 0 and is longer is typed


class Shape(Enum):
    """The kinds of control."""

    SLIDER = "slider"
    LOG_SLIDER = "logarithmic slider"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    SEVERAL = "several of a list"


def shape_of(record: Mapping[str, Any]) -> Shape:
    """Return the kind of control for a record of ``BatchConfig.describe()``.

    Examples
    --------
    >>> {record["name"]: shape_of(record).value for record in BatchConfig.describe()}["max_memory_usage_mb"]
    'logarithmic slider'
    """
    kinds = {bool: Shape.SWITCH, BatchStrategy: Shape.CHOICE, tuple: Shape.SEVERAL}
    if record["kind"] in kinds:
        return kinds[record["kind"]]
    low, high = record["range"]
    if low > 0:
        return Shape.LOG_SLIDER if high / low >= DECADES else Shape.SLIDER
    return Shape.NUMBER if high > LONGEST_SLIDE else Shape.SLIDER


def step_of(record: Mapping[str, Any]) -> float:
    """Return the step of a slider: 1 for whole numbers, else about a hundredth of the range, 0.01 or 0.1."""
    if record["kind"] is int:
        return 1
    low, high = record["range"]
    return 0.01 if high - low <= 1 else 0.1


LOG_STEP = 0.01  # of the exponent: 2.3 %


def nice(value: float, kind: type) -> float:
    """Return a number of two digits close to one: what a logarithmic slider means.

    Examples
    --------
    >>> nice(512.86, int), nice(30.2, float), nice(0.1259, float)
    (510, 30.0, 0.13)
    """
    rounded = float(f"{value:.1e}")
    return round(rounded) if kind is int else rounded


def label_of(record: Mapping[str, Any]) -> str:
    """Return a field's name and unit as read beside its control.

    Examples
    --------
    >>> label_of({"name": "retry_delay_base", "unit": "s"})
    'retry delay base [s]'
    """
    name = record["name"].replace("_", " ")
    return f"{name} [{record['unit']}]" if record["unit"] else name


def sections() -> dict[str, list[dict[str, Any]]]:
    """Return the fields' records by section, in the order of the configuration file."""
    by_section: dict[str, list[dict[str, Any]]] = {}
    for record in BatchConfig.describe():
        by_section.setdefault(record["section"], []).append(record)
    return by_section
