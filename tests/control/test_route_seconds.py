"""How long the rest of a run takes, one way and the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from batchlab.control.measurements import Measurements, query_seconds
from batchlab.control.outlook import Outlook
from batchlab.control.route_seconds import seconds_by_queries, seconds_by_single_files

Seconds = Callable[..., Measurements]


def test_predictions_grow_with_the_files(unlimited: Outlook, single_took: Seconds) -> None:
    measured, fewer = single_took(0.1), replace(unlimited, files=800)
    assert seconds_by_single_files(fewer, measured) < seconds_by_single_files(unlimited, measured)
    assert seconds_by_queries(fewer, measured) <= seconds_by_queries(unlimited, measured)


def test_queries_that_turn_out_slow_are_believed_over_the_prior(unlimited: Outlook, single_took: Seconds) -> None:
    measured = single_took(0.2)
    before = seconds_by_queries(unlimited, measured)
    for _ in range(10):
        measured.query(files=20, repositories=1, size=0, seconds=3 * query_seconds(20, 1))
    assert seconds_by_queries(unlimited, measured) == pytest.approx(3 * before)


def test_what_a_minute_has_used_already_is_not_there_a_second_time(unlimited: Outlook, single_took: Seconds) -> None:
    ruled = replace(unlimited, files=700, rest_rate=12.0, service_share=0.8)
    measured = single_took(0.05)
    assert seconds_by_single_files(ruled, measured) < 60.0
    assert seconds_by_single_files(replace(ruled, rest_used=600), measured) == 60.0
    fitting = replace(ruled, files=200)
    assert seconds_by_queries(fitting, measured) < 60.0
    assert seconds_by_queries(replace(fitting, service_used=45.0), measured) >= 60.0
