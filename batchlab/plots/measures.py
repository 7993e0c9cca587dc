"""What the columns of a study's tables are called on an axis, with their units."""

from __future__ import annotations

from batchlab.batch_config import BatchConfig
from batchlab.errors import InputError
from batchlab.study.replication import REPLICATIONS

_UNITS = {column.name: column.unit for column in REPLICATIONS.columns} | {
    setting["name"]: setting["unit"] for setting in BatchConfig.describe()
}
HIGHER_IS_BETTER = frozenset({"delivered", "parallel_efficiency", "efficiency"})


def label_of(column: str) -> str:
    """Return a column's name with its unit, as far as it is known.

    Examples
    --------
    >>> label_of("makespan"), label_of("max_concurrent_requests")
    ('makespan [s]', 'max concurrent requests [calls]')
    """
    unit = _UNITS.get(column, "")
    return column.replace("_", " ") + (f" [{unit}]" if unit else "")


def direction_of(column: str) -> str:
    """Return which direction is better."""
    return "higher is better" if column in HIGHER_IS_BETTER else "lower is better"


def require_columns(present: list[str], needed: list[str]) -> None:
    """Check that a table has the columns that are to be drawn.

    Raises
    ------
    InputError
        One is missing; the message names it and those that are there.
    """
    missing = [name for name in needed if name not in present]
    if missing:
        raise InputError(f"the table has no column {missing[0]!r}; it has {', '.join(map(str, present))}")
