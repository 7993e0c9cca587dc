from __future__ import annotations

import math
import pickle
from collections.abc import Callable

import pandas as pd
import pytest

from batchlab.frames.metrics import DOCUMENTED, MetricsFrame
from batchlab.frames.schema import Schema
from batchlab.frames.schemas import METRICS


def _rows(schema: Schema, **values: list[float]) -> MetricsFrame:
    count = len(next(iter(values.values())))
    blank = {c.name: ["" if c.dtype == "string" else 0] * count for c in schema.columns}
    return MetricsFrame(schema.frame(blank | values))


@pytest.fixture
def metrics() -> MetricsFrame:
    return _rows(
        METRICS,
        total_requests=[100, 20],
        successful_requests=[90, 20],
        cache_hits=[30, 0],
        average_batch_size=[7.0, 1.0],
        files_sent=[70, 20],
        file_batches=[10, 20],
        total_processing_time=[16.0, 4.0],
        makespan=[4.0, 8.0],
        mean_limit=[8.0, 1.0],
        api_calls_saved=[60, 1],
    )


def test_the_documented_idiom_gives_the_hit_rate_over_all_rows(metrics: MetricsFrame) -> None:
    assert metrics.cache_hits / metrics.total_requests == 30 / 120
    assert f"{metrics.total_requests}" == "120"


def test_totals_are_python_numbers(metrics: MetricsFrame) -> None:
    kinds = [type(getattr(metrics, name)) for name in DOCUMENTED]
    assert kinds == [int, int, int, float, float, int, float]


def test_a_name_in_brackets_is_the_column(metrics: MetricsFrame) -> None:
    assert metrics["cache_hits"].tolist() == [30, 0]


def test_rates_are_recomputed_from_the_rows_and_not_averaged(metrics: MetricsFrame) -> None:
    assert metrics.average_batch_size == 90 / 30
    assert metrics.parallel_efficiency == 20.0 / (4.0 * 8.0 + 8.0 * 1.0)


def test_sums_are_sums(metrics: MetricsFrame) -> None:
    assert metrics.successful_requests == 110
    assert metrics.total_processing_time == 20.0
    assert metrics.api_calls_saved == 61


def test_what_is_not_documented_reads_as_a_column_as_everywhere_in_pandas(metrics: MetricsFrame) -> None:
    assert metrics.makespan.tolist() == [4.0, 8.0]


def test_of_no_rows_the_totals_are_zero_and_the_rates_undefined() -> None:
    empty = MetricsFrame(METRICS.empty())
    assert empty.total_requests == 0
    assert math.isnan(empty.average_batch_size)
    assert math.isnan(empty.parallel_efficiency)


def test_an_operation_that_sent_nothing_adds_no_capacity(metrics: MetricsFrame) -> None:
    metrics.loc[1, ["mean_limit", "total_processing_time"]] = [math.nan, 0.0]
    assert metrics.parallel_efficiency == 16.0 / 32.0


ROWS: dict[str, Callable[[MetricsFrame], pd.DataFrame]] = {
    "mask": lambda m: m[m["cache_hits"] > 0],
    "head": lambda m: m.head(1),
    "query": lambda m: m.query("cache_hits > 0"),
    "iloc": lambda m: m.iloc[:1],
    "sorted": lambda m: m.sort_values("cache_hits", ascending=False).head(1),
}
COLUMNS: dict[str, Callable[[MetricsFrame], pd.DataFrame]] = {
    "list": lambda m: m[["total_requests", "cache_hits"]],
    "drop": lambda m: m.drop(columns="cache_hits"),
    "transposed": lambda m: m.T,
}


@pytest.mark.parametrize("select", ROWS.values(), ids=ROWS.keys())
def test_a_selection_of_rows_has_totals_of_its_own(
    select: Callable[[MetricsFrame], pd.DataFrame], metrics: MetricsFrame
) -> None:
    chosen = select(metrics)
    assert isinstance(chosen, MetricsFrame)
    assert chosen.total_requests == 100


def test_a_copy_has_the_same_totals(metrics: MetricsFrame) -> None:
    for same in (metrics.copy(), pickle.loads(pickle.dumps(metrics))):
        assert isinstance(same, MetricsFrame)
        assert same.total_requests == 120


def test_two_frames_put_together_have_totals_over_both(metrics: MetricsFrame) -> None:
    assert pd.concat([metrics, metrics]).total_requests == 240


@pytest.mark.parametrize("select", COLUMNS.values(), ids=COLUMNS.keys())
def test_what_lacks_the_columns_is_a_plain_frame(
    select: Callable[[MetricsFrame], pd.DataFrame], metrics: MetricsFrame
) -> None:
    assert type(select(metrics)) is pd.DataFrame
