"""Declare a frame once: columns, units and meanings; its empty form, validation and documentation follow."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import Any

import pandas as pd

from batchlab.errors import InputError


@dataclass(frozen=True)
class Column:
    """One column: name, pandas dtype, meaning, unit, and whether values may be missing."""

    name: str
    dtype: str
    meaning: str
    unit: str = ""
    nullable: bool = False


def column(dtype: str, meaning: str, unit: str = "", *, nullable: bool = False, default: Any = None) -> Any:
    """Return a dataclass field that declares a column; see `Schema.of_records`."""
    if default is None and not nullable:
        return dataclasses.field(metadata={"column": (dtype, meaning, unit, nullable)})
    return dataclasses.field(default=default, metadata={"column": (dtype, meaning, unit, nullable)})


@dataclass(frozen=True)
class Schema:
    """The declaration of one frame.

    Parameters
    ----------
    name
        What the frame is called.
    meaning
        What one row is, and the order of rows.
    columns
        In the order in which they stand.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]

    @classmethod
    def of_records(cls, name: str, meaning: str, record: type) -> Schema:
        """Return the schema that a dataclass of `column` fields declares."""
        columns = (Column(f.name, *f.metadata["column"]) for f in dataclasses.fields(record))
        return cls(name, meaning, tuple(columns))

    @property
    def names(self) -> list[str]:
        """Column names, in declared order."""
        return [column.name for column in self.columns]

    def empty(self) -> pd.DataFrame:
        """Return the frame of no rows, with every column in its dtype."""
        return self.frame({name: [] for name in self.names})

    def frame(self, values: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
        """Return the frame with these values, one sequence a column, in declared order and dtypes."""
        return pd.DataFrame({c.name: _series(values[c.name], c.dtype) for c in self.columns})

    def from_records(self, records: Iterable[Any]) -> pd.DataFrame:
        """Return the frame of records whose attributes bear the columns' names."""
        return self.frame(attributes(list(records), self.names))

    def validate(self, frame: pd.DataFrame) -> None:
        """Check columns, dtypes and missing values.

        Raises
        ------
        InputError
            The frame is not one of this schema; the message names the column.
        """
        if list(frame.columns) != self.names:
            raise InputError(f"{self.name}: columns are {list(frame.columns)}, expected {self.names}")
        for declared in self.columns:
            values = frame[declared.name]
            if str(values.dtype) != declared.dtype:
                raise InputError(f"{self.name}.{declared.name} is {values.dtype}, expected {declared.dtype}")
            if not declared.nullable and values.isna().any():
                raise InputError(f"{self.name}.{declared.name} has missing values")

    def describe(self) -> pd.DataFrame:
        """Return the documentation table: column, dtype, unit, nullable, meaning."""
        rows = [(c.name, c.dtype, c.unit, c.nullable, c.meaning) for c in self.columns]
        return pd.DataFrame(rows, columns=["column", "dtype", "unit", "nullable", "meaning"])


def attributes(records: Sequence[Any], names: Sequence[str]) -> dict[str, list[Any]]:
    """Return the values of attributes, one list a name, a value a record."""
    return {name: list(map(attrgetter(name), records)) for name in names}


def _series(values: Sequence[Any], dtype: str) -> pd.Series[Any]:
    if dtype == "string":
        values = [v.value if isinstance(v, Enum) else v for v in values]
    return pd.Series(values, dtype=dtype)
