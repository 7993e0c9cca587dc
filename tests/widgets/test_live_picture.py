"""What is drawn of a run under way: numbers read once, and a picture of which only what moves is drawn anew."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from batchlab.control.trace import Trace
from batchlab.frames.records import CallRecord, Decision, TimelineSample
from batchlab.plots.occupancy import mean_in_flight
from batchlab.widgets.live_picture import LivePicture
from batchlab.widgets.live_series import Drawn, LiveSeries
from batchlab.widgets.occupied import STRETCHES, Occupied

TIMES = st.floats(0.0, 500.0, allow_nan=False)


def call(sent: float, finished: float = math.nan) -> CallRecord:
    record = CallRecord(0, 0, "acme/app", "blob", "core", 1, 1, sent, 1, 8)
    record.finished = finished
    return record


def sample(time: float, limit: int = 8, done: int = 0, left: float = math.nan) -> TimelineSample:
    return TimelineSample(time, limit, 0, 0, done, left)


def trace_of(start: float = 0.0) -> Trace:
    return Trace(
        calls=[call(start, start + 1.0), call(start + 0.5, start + 2.0), call(start + 1.0)],
        timeline=[sample(start), sample(start + 1.0, 8, 4, 5000.0), sample(start + 2.0, 0, 4, 4990.0)],
        decisions=[
            Decision(start + 0.2, "planner", "route", "a", "b", ""),
            Decision(start + 2.0, "control", "paused", "False", "True", ""),
        ],
    )


@given(st.lists(st.tuples(TIMES, TIMES)), st.integers(1, 7), st.floats(0.001, 600.0))
def test_the_mean_in_flight_is_that_of_all_calls_however_they_came(
    spans: list[tuple[float, float]], at_once: int, now: float
) -> None:
    calls = [call(min(span), max(span)) for span in spans]
    occupied = Occupied()
    for first in range(0, len(calls), at_once):
        occupied.extend(calls[first : first + at_once], 0.0)
    edges, mean = occupied.until(now, 0.0)
    assert len(mean) == len(edges) - 1 <= STRETCHES
    begin, end = (np.array([part(span) for span in spans]) for part in (min, max))
    whole = mean_in_flight(begin, end, edges) if spans else np.zeros(len(mean))
    np.testing.assert_allclose(mean, whole, atol=1e-6)


def test_calls_that_end_between_two_samples_are_not_heaped_up_on_the_last_instant() -> None:
    occupied = Occupied()
    occupied.extend([call(0.0, 1.0) for _ in range(8)], 0.0)
    _, mean = occupied.until(0.5001, 0.0)
    assert mean.max() <= 8.0 + 1e-9


def test_calls_in_flight_count_until_now() -> None:
    occupied, open_call = Occupied(), call(1.0)
    occupied.extend([open_call], 0.0)
    edges, mean = occupied.until(2.0, 0.0)
    assert (mean * np.diff(edges)).sum() == pytest.approx(1.0, abs=0.02)
    open_call.finished = 3.0
    occupied.extend([], 0.0)
    edges, mean = occupied.until(4.0, 0.0)
    assert (mean * np.diff(edges)).sum() == pytest.approx(2.0)


@pytest.mark.parametrize("start", [0.0, 1234.5])
def test_numbers_count_from_the_run_s_first_instant(start: float) -> None:
    series = LiveSeries(trace_of(start))
    series.read()
    series.read()
    drawn = series.drawn()
    assert drawn.now == 2.0
    assert (drawn.rate * np.diff(drawn.rate_edges)).sum() == 4.0
    assert list(zip(drawn.limit_time.tolist(), drawn.limit.tolist(), strict=True)) == [
        (0.0, 8.0),
        (2.0, 0.0),
        (2.0, 0.0),
    ]
    assert drawn.budget.tolist() == [5000.0, 4990.0]
    assert drawn.decided == pytest.approx([0.2])
    assert drawn.by_hand == pytest.approx([2.0])
    assert (drawn.in_flight * np.diff(drawn.flight_edges)).sum() == pytest.approx(1.0 + 1.5 + 1.0)


def test_what_comes_later_is_read_later() -> None:
    trace = trace_of()
    series = LiveSeries(trace)
    series.read()
    for number in range(1000):
        trace.timeline.append(sample(3.0 + number, 8, 5 + number, 4000.0 - number))
    series.read()
    drawn = series.drawn()
    assert drawn.now == 1002.0
    assert len(drawn.budget) <= 400
    assert drawn.budget[-1] == 3001.0
    assert len(drawn.rate) == 60


def test_files_that_a_stop_cancelled_do_not_count_as_done() -> None:
    trace = Trace(timeline=[sample(0.0, 8, 0, 5000.0), sample(1.0, 8, 4, 4996.0), sample(2.0, 8, 900, 4996.0)])
    series = LiveSeries(trace)
    series.read()
    drawn = series.drawn(most=5)
    assert (drawn.rate * np.diff(drawn.rate_edges)).tolist()[-2:] == [0.0, 1.0]
    assert (drawn.rate * np.diff(drawn.rate_edges)).sum() == 5.0


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def drawn_of(trace: Trace) -> Drawn:
    series = LiveSeries(trace)
    series.read()
    return series.drawn()


def test_nothing_is_drawn_of_no_run() -> None:
    assert pixels(LivePicture("nothing", "adaptive").png(drawn_of(Trace()))).shape == (390, 800, 3)


def test_a_picture_drawn_over_itself_is_the_one_drawn_at_once() -> None:
    """Only the axes' ends, which grow by steps, tell how it came to be."""
    steadily, trace = LivePicture("a run", "adaptive"), trace_of()
    steadily.png(drawn_of(trace))
    trace.timeline.append(sample(2.1, 6, 9, 4000.0))
    over = pixels(steadily.png(drawn_of(trace)))
    twice = pixels(steadily.png(drawn_of(trace)))
    np.testing.assert_array_equal(over, twice)
    last = pixels(steadily.png(drawn_of(trace), last=True))
    assert (last != over).any()


def test_what_stays_is_seldom_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, times = LivePicture("a run", "adaptive"), []
    draw = picture._draw_what_stays
    monkeypatch.setattr(picture, "_draw_what_stays", lambda: (times.append(1), draw()))
    trace = Trace(timeline=[sample(0.0, 8, 0, 5000.0)])
    series = LiveSeries(trace)
    for step in range(1, 101):
        trace.timeline.append(sample(step / 4, 8, step, 5000.0 - step))
        series.read()
        picture.png(series.drawn())
    assert len(times) < 10
