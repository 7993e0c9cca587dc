"""Frames as parquet files and back, exactly: dtypes, missing values, order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from batchlab.errors import InputError
from batchlab.frames import Column, Schema

_SLICE_ROWS = 10_000  # contents may lie on disk: they are taken into memory a slice at a time
_TYPES = {
    "string": pa.large_string(),
    "Int64": pa.int64(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "object": pa.large_binary(),
}


def file_of(schema: Schema, folder: Path) -> Path:
    """Return where a folder keeps the frame of a schema."""
    return folder / f"{schema.name}.parquet"


def write_frames(owner: object, schemas: Sequence[Schema], folder: Path, *, contents: bool = True) -> dict[str, int]:
    """Write the frames that are an object's attributes, each named as its schema; return their numbers of rows.

    Parameters
    ----------
    owner
        Has the frames.
    schemas
        Their declarations.
    folder
        To write into, a file a frame.
    contents
        As for `write_frame`.
    """
    frames = {schema.name: getattr(owner, schema.name) for schema in schemas}
    for schema in schemas:
        write_frame(frames[schema.name], schema, file_of(schema, folder), contents=contents)
    return {name: len(frame) for name, frame in frames.items()}


def read_frames(schemas: Sequence[Schema], folder: Path, rows: Mapping[str, int]) -> dict[str, pd.DataFrame]:
    """Read what `write_frames` wrote, by name.

    Parameters
    ----------
    schemas
        Declarations of the wanted frames.
    folder
        Where they lie.
    rows
        What `write_frames` returned; names that are not in it are not counted.

    Raises
    ------
    InputError
        As for `read_frame`.
    """
    return {schema.name: read_frame(file_of(schema, folder), schema, rows.get(schema.name)) for schema in schemas}


def write_frame(frame: pd.DataFrame, schema: Schema, file: Path, *, contents: bool = True) -> None:
    """Write a frame of a schema.

    Parameters
    ----------
    frame
        A row an index from 0.
    schema
        Its declaration.
    file
        To write.
    contents
        False leaves columns of bytes empty.
    """
    whole = pd.DataFrame(frame)
    form = pa.Schema.from_pandas(whole.iloc[:0], preserve_index=False).metadata
    fields = pa.schema([(c.name, _TYPES[c.dtype]) for c in schema.columns], metadata=form)
    with pq.ParquetWriter(file, fields, compression="zstd", write_page_checksum=True) as writer:
        for start in range(0, max(1, len(whole)), _SLICE_ROWS):
            rows = whole.iloc[start : start + _SLICE_ROWS]
            arrays = [_array(rows[c.name], c.dtype, contents) for c in schema.columns]
            writer.write_table(pa.Table.from_arrays(arrays, schema=fields))


def _array(values: pd.Series[Any], dtype: str, contents: bool) -> Any:
    if dtype != "object":
        return pa.array(values, _TYPES[dtype], from_pandas=True)
    cells = (bytes(cell) if contents and cell is not None else None for cell in values)
    return pa.array(cells, _TYPES[dtype])


def read_frame(file: Path, schema: Schema, rows: int | None = None) -> pd.DataFrame:
    """Read what `write_frame` wrote.

    Parameters
    ----------
    file
        To read.
    schema
        What it must hold. Columns that it knows and the file does not are empty where they may be; others are left
        out.
    rows
        How many there must be, where that is known.

    Raises
    ------
    InputError
        The file is missing, damaged, or holds other rows or columns.
    """
    frame = _parquet(file)
    if lacking := [c.name for c in schema.columns if c.name not in frame and not c.nullable]:
        raise InputError(f"{file} lacks the columns {', '.join(lacking)} of {schema.name}; save it again")
    if rows is not None and len(frame) != rows:
        raise InputError(f"{file} has {len(frame)} rows, and {rows} were saved; it belongs to something else")
    try:
        return pd.DataFrame({c.name: _column(frame, c) for c in schema.columns}, index=frame.index)
    except (TypeError, ValueError) as error:
        raise InputError(f"{file} does not hold {schema.name}: {error}; save it again") from None


def _column(frame: pd.DataFrame, declared: Column) -> pd.Series[Any]:
    if declared.name not in frame:
        return pd.Series([None] * len(frame), dtype=declared.dtype)
    values: pd.Series[Any] = frame[declared.name]
    return values if str(values.dtype) == declared.dtype else pd.Series(values, dtype=declared.dtype)


def _parquet(file: Path) -> pd.DataFrame:
    try:
        table = pq.read_table(file, page_checksum_verification=True, partitioning=None)
    except FileNotFoundError:
        raise InputError(
            f"{file} is missing: the folder is half-written or half-copied; save or copy it again"
        ) from None
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{file} is damaged: {reason}; restore it from a copy, or save again") from None
    frame: pd.DataFrame = table.to_pandas()
    return frame
