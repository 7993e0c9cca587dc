from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_models import BatchRequest, BatchResult, FileContent, FileStatus, Repository
from batchlab.errors import InputError, NetworkError
from batchlab.frames import RESULTS, results_frame
from batchlab.resource_manager import MEGABYTE, ResourceManager


def _result(content: bytes | None) -> BatchResult:
    request = BatchRequest(Repository("a/b"), "x")
    if content is None:
        return BatchResult(request, error=NetworkError("reset"))
    return BatchResult(request, content=FileContent(content, "sha", len(content)), size=len(content))


def test_the_documented_defaults_hold() -> None:
    manager = ResourceManager()
    assert manager.cap == 500 * MEGABYTE
    manager.reserve(400 * MEGABYTE)
    assert not manager.should_reduce_batch_size()
    manager.reserve(1)
    assert manager.should_reduce_batch_size()


@given(cap=st.integers(1, 5), sizes=st.lists(st.integers(0, 7 * MEGABYTE), max_size=40), drain=st.integers(1, 4))
def test_the_cap_is_never_exceeded_but_by_a_single_item_and_everything_passes(
    cap: int, sizes: list[int], drain: int
) -> None:
    manager, waiting, held = ResourceManager(max_memory_mb=cap), list(reversed(sizes)), list[int]()
    while waiting:
        while waiting and manager.fits(waiting[-1]):
            held.append(waiting.pop())
            manager.reserve(held[-1])
            assert manager.held <= manager.cap or len([size for size in held if size]) == 1
        assert held, "nothing is held and nothing fits: a deadlock"
        for _ in range(min(drain, len(held))):
            manager.release(held.pop(0))
    assert manager.held == sum(held)
    assert manager.peak <= max([manager.cap, *sizes])


def test_an_item_larger_than_the_cap_passes_alone() -> None:
    manager = ResourceManager(max_memory_mb=1)
    manager.reserve(1)
    assert not manager.fits(2 * MEGABYTE)
    manager.release(1)
    assert manager.fits(2 * MEGABYTE)


def test_the_peak_is_the_most_that_was_ever_held() -> None:
    manager = ResourceManager()
    manager.reserve(10)
    manager.reserve(5)
    manager.release(12)
    manager.reserve(1)
    assert (manager.held, manager.peak) == (4, 15)


def test_a_lower_cap_lets_what_is_held_drain() -> None:
    manager = ResourceManager(max_memory_mb=2)
    manager.reserve(2 * MEGABYTE)
    manager.resize(1)
    assert manager.should_reduce_batch_size()
    assert not manager.fits(0)
    manager.release(MEGABYTE)
    assert manager.fits(0)


def test_more_than_is_held_cannot_be_released() -> None:
    manager = ResourceManager()
    manager.reserve(3)
    with pytest.raises(InputError, match="4 bytes cannot be released, 3 are held"):
        manager.release(4)


def test_a_reading_of_ones_own_takes_the_ledgers_place() -> None:
    readings = [79 * MEGABYTE, 81 * MEGABYTE]
    manager = ResourceManager(max_memory_mb=100, reading=lambda: readings.pop(0))
    assert [manager.should_reduce_batch_size() for _ in range(2)] == [False, True]


@pytest.mark.parametrize("cap", [0, -1, math.nan])
def test_a_cap_that_holds_nothing_is_refused(cap: float) -> None:
    with pytest.raises(InputError, match="max_memory_mb"):
        ResourceManager(max_memory_mb=cap)


@pytest.mark.parametrize("threshold", [0.0, -0.1, 1.1, math.nan, 80])
def test_a_threshold_that_is_no_share_is_refused(threshold: float) -> None:
    with pytest.raises(InputError, match="cleanup_threshold"):
        ResourceManager(cleanup_threshold=threshold)


def test_cleaning_up_drops_bytes_and_no_records() -> None:
    results = [_result(b"12345"), _result(None), _result(b"678")]
    assert ResourceManager().cleanup_batch_resources(results) == 8
    assert [result.status for result in results] == [
        FileStatus.DELIVERED,
        FileStatus.FAILED,
        FileStatus.DELIVERED,
    ]
    assert all(result.content is None for result in results)
    assert results[0].size == 5


def test_cleaning_up_a_frame_empties_its_contents_in_place_and_keeps_its_rows() -> None:
    frame = results_frame([_result(b"12345"), _result(None)])
    before = frame.drop(columns="content").copy()
    assert ResourceManager().cleanup_batch_resources(frame) == 5
    RESULTS.validate(frame)
    assert frame["content"].tolist() == [None, None]
    pd.testing.assert_frame_equal(frame.drop(columns="content"), before)


def test_a_selection_of_rows_is_emptied_without_touching_the_frame_it_came_from() -> None:
    frame = results_frame([_result(b"12345"), _result(b"678")])
    chosen = pd.concat([frame, frame])[lambda f: f["size"] == 5]
    assert ResourceManager().cleanup_batch_resources(chosen) == 10
    assert frame["content"].tolist() == [b"12345", b"678"]


def test_records_and_frames_may_come_together_and_alone() -> None:
    manager = ResourceManager()
    mixed: Any = [_result(b"1"), results_frame([_result(b"22")]), [_result(b"333")]]
    assert manager.cleanup_batch_resources(mixed) == 6
    assert manager.cleanup_batch_resources(mixed) == 0
    assert manager.cleanup_batch_resources(_result(b"4444")) == 4


def test_a_frame_without_contents_has_nothing_to_drop() -> None:
    assert ResourceManager().cleanup_batch_resources(pd.DataFrame({"path": ["x"]})) == 0


@pytest.mark.parametrize("wrong", [None, 5, "results", b"bytes", ["x"]])
def test_what_holds_no_results_is_refused(wrong: Any) -> None:
    with pytest.raises(InputError, match="holds no results; accepted: BatchResult"):
        ResourceManager().cleanup_batch_resources(wrong)
