from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum

import pandas as pd
import pytest

from batchlab.errors import InputError
from batchlab.frames.schema import Column, Schema, column

CITIES = Schema(
    "cities",
    "A row a city.",
    (Column("name", "string", "its name"), Column("height", "Int64", "above the sea", "m", nullable=True)),
)


def test_the_empty_frame_has_every_column_in_its_dtype() -> None:
    empty = CITIES.empty()
    assert len(empty) == 0
    CITIES.validate(empty)


def test_a_frame_stands_in_declared_order_whatever_order_the_values_come_in() -> None:
    frame = CITIES.frame({"height": [None, 4], "name": ["Oslo", "Bern"]})
    assert list(frame.columns) == ["name", "height"]
    CITIES.validate(frame)
    assert frame["height"].tolist() == [pd.NA, 4]


def test_an_enum_is_written_as_its_value() -> None:
    class Size(Enum):
        LARGE = "large"

    assert CITIES.frame({"name": [Size.LARGE], "height": [1]})["name"].tolist() == ["large"]


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (pd.DataFrame({"name": ["Oslo"]}), "columns are"),
        (
            CITIES.frame({"name": ["Oslo"], "height": [1]}).astype({"height": "float64"}),
            "cities.height is float64",
        ),
        (CITIES.frame({"name": [None], "height": [1]}), "cities.name has missing values"),
    ],
)
def test_a_frame_that_is_not_of_the_schema_is_refused_by_name(frame: pd.DataFrame, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        CITIES.validate(frame)


def test_a_dataclass_of_columns_declares_its_frame() -> None:
    @dataclass
    class Town:
        name: str = column("string", "its name")
        height: int | None = column("Int64", "above the sea", "m", nullable=True)

    assert Schema.of_records("cities", "A row a city.", Town) == CITIES
    CITIES.validate(CITIES.from_records([Town("Oslo"), Town("Bern", 542)]))
    with pytest.raises(TypeError, match="name"):
        Town()  # type: ignore[call-arg]


def test_a_column_with_a_default_may_be_left_out_and_is_still_not_nullable() -> None:
    @dataclass
    class Town:
        people: int = column("int64", "who live there", default=0)

    (declared,) = Schema.of_records("towns", "A row a town.", Town).columns
    assert Town().people == 0
    assert not declared.nullable
    assert dataclasses.fields(Town)[0].default == 0


def test_the_documentation_table_is_the_declaration() -> None:
    table = CITIES.describe()
    assert list(table.columns) == ["column", "dtype", "unit", "nullable", "meaning"]
    assert table.iloc[1].tolist() == ["height", "Int64", "m", True, "above the sea"]
