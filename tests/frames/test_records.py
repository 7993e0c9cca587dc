from __future__ import annotations

import dataclasses
import math

import pytest

from batchlab.frames import BATCHES, CALLS, DECISIONS, TIMELINE, Schema
from batchlab.frames.records import BatchRecord, CallRecord, Decision, TimelineSample

FRAMES = [(CALLS, CallRecord), (BATCHES, BatchRecord), (DECISIONS, Decision), (TIMELINE, TimelineSample)]


@pytest.mark.parametrize(("schema", "record"), FRAMES)
def test_a_records_fields_are_the_columns_of_its_frame(schema: Schema, record: type) -> None:
    assert schema.names == [field.name for field in dataclasses.fields(record)]


def test_a_call_is_cancelled_until_its_end_is_known() -> None:
    call = CallRecord(0, 0, "a/b", "blob", "core", 1, 1, 0.5, 1, 10)
    assert call.outcome == "cancelled"
    assert math.isnan(call.finished)
    assert call.status is None


def test_ended_records_become_valid_frames() -> None:
    call = CallRecord(0, 0, "a/b", "blob", "core", 1, 1, 0.5, 1, 10, finished=0.75)
    batch = BatchRecord(0, 0, "blobs", "a/b", 1, 1, 0.0, 0.5, finished=1.0)
    decision = Decision(0.0, "concurrency", "concurrency limit", "8", "16", "grows")
    sample = TimelineSample(0.0, 10, 1, 3, 0)
    for (schema, _), record in zip(FRAMES, (call, batch, decision, sample), strict=True):
        schema.validate(schema.from_records([record]))
