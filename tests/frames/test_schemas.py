from __future__ import annotations

import pytest

from batchlab.frames.metrics import DOCUMENTED
from batchlab.frames.schema import Schema
from batchlab.frames.schemas import ALL, METRICS, RESULTS


@pytest.mark.parametrize("schema", ALL, ids=lambda schema: schema.name)
def test_every_frame_is_valid_when_empty(schema: Schema) -> None:
    schema.validate(schema.empty())


@pytest.mark.parametrize("schema", ALL, ids=lambda schema: schema.name)
def test_every_column_has_a_name_of_its_own_and_a_meaning(schema: Schema) -> None:
    assert len(set(schema.names)) == len(schema.names)
    assert all(column.meaning for column in schema.columns)


@pytest.mark.parametrize("schema", ALL, ids=lambda schema: schema.name)
def test_every_number_has_a_unit_or_counts_something(schema: Schema) -> None:
    floats = [column for column in schema.columns if column.dtype == "float64"]
    assert all(column.unit for column in floats)


def test_the_metrics_begin_with_the_documented_names_after_the_keys() -> None:
    assert tuple(METRICS.names[2:9]) == DOCUMENTED


def test_the_results_account_for_the_time_of_every_file() -> None:
    waits = {"queue_wait", "pacing_wait", "limit_wait", "backoff_wait", "processing_time"}
    assert waits | {"queued", "finished"} <= set(RESULTS.names)
