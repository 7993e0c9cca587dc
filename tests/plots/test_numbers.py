"""What is drawn is what was computed, and what was computed is so."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from batchlab import plots
from batchlab.batch_config import BatchConfig
from batchlab.errors import InputError
from batchlab.hub.scenario import Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.plots import (
    alt_text,
    plot_budget,
    plot_compare,
    plot_decisions,
    plot_ecdf,
    plot_opportunities,
    plot_pareto,
    plot_regret,
    plot_roofline,
    plot_strategies,
    plot_sweep,
    plot_timeline,
    plot_waits,
)
from batchlab.plots.decisions import STRETCHES, decisions_data
from batchlab.plots.ecdf import MOST_STEPS, ecdf_data
from batchlab.plots.occupancy import lanes, mean_in_flight, pauses, steps
from batchlab.plots.pareto import pareto_data
from batchlab.plots.roofline import ROOFLINE, roofline_data
from batchlab.plots.style import RESOURCES
from batchlab.plots.timeline import BINS, timeline_data
from batchlab.runs import Run
from batchlab.study import Regret, Study

INTERVALS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=40).map(
    lambda pairs: np.array(sorted((begin, begin + length) for begin, length in pairs), dtype=float).T
)


def _with_many_calls(run: Run, count: int) -> Run:
    """Return a run with ``count`` calls whose service times are known: 1 to ``count`` ms."""
    sent = np.arange(count) * 0.01
    repeated = run.calls.iloc[np.zeros(count, dtype=int)].reset_index(drop=True)
    calls = repeated.assign(sent=sent, finished=sent + (np.arange(count) + 1) / 1000)
    metrics = run.metrics.assign(makespan=float(calls["finished"].max()))
    return dataclasses.replace(run, calls=calls, metrics=metrics)


def test_the_line_of_an_ecdf_has_a_step_a_call(run: Run) -> None:
    line = plot_ecdf(run).lines[0]
    assert np.asarray(line.get_xdata()).tolist() == sorted(run.calls["finished"] - run.calls["sent"])
    assert np.asarray(line.get_ydata())[-1] == 1.0


def test_the_complement_starts_at_one_and_ends_at_one_call(run: Run) -> None:
    shares = np.asarray(plot_ecdf(run, complementary=True).lines[0].get_ydata(), dtype=float)
    assert shares[0] == pytest.approx(1.0)
    assert shares[-1] == pytest.approx(1 / len(run.calls))


def test_a_thinned_ecdf_keeps_extremes_tail_and_every_thousandth(run: Run) -> None:
    many = _with_many_calls(run, 20_000)
    data = ecdf_data(many)
    exact = np.arange(1, 20_001) / 1000
    assert len(data) <= MOST_STEPS
    assert data["value"].iloc[0] == pytest.approx(exact[0])
    assert data["value"].iloc[-500:].to_numpy() == pytest.approx(exact[-500:])
    assert data["share"].diff().max() <= 0.0011
    assert data["share"].to_numpy() == pytest.approx(data["value"].to_numpy() / 20, abs=1e-4)
    assert any("thinned" in text.get_text() for text in plot_ecdf(many).texts)


def test_percentiles_are_marked_where_the_line_reaches_them(run: Run) -> None:
    hundred = _with_many_calls(run, 100)
    ax = plot_ecdf(hundred, marks=(0.5, 0.99))
    assert np.asarray(ax.lines[1].get_xdata(), dtype=float) == pytest.approx([0.05, 0.099])
    assert "p50 0.05 s, p99 0.10 s" in alt_text(ax)


def test_an_unknown_quantity_is_refused_with_those_that_are_known(run: Run) -> None:
    with pytest.raises(InputError, match="'speed'; accepted: latency, completion"):
        plot_ecdf(run, value="speed")


def test_bars_of_waits_add_up_to_the_makespan(study: Study) -> None:
    ax = plot_waits(study)
    widths = np.array([[bar.get_width() for bar in container] for container in ax.containers])
    drawn = dict(zip(study.table["strategy"], widths.sum(axis=0), strict=True))
    assert drawn == pytest.approx({name: run.makespan for name, run in study.runs.items()})


def test_points_of_a_comparison_are_the_ratios_of_its_table(study: Study) -> None:
    ax = plot_compare(study)
    drawn = [float(container.lines[0].get_xdata()[0]) for container in ax.containers]
    assert drawn == study.table["ratio"].tolist()


def test_medians_of_the_dashboard_are_those_of_the_study(study: Study) -> None:
    first = plot_strategies(study).axes[0]
    large = [float(line.get_xdata()[0]) for line in first.lines if line.get_markersize() == 8]
    assert large == pytest.approx(study.table["makespan"].tolist())


def _panels(drawn: Axes) -> list[Axes]:
    """Return the three panels of a timeline."""
    assert isinstance(drawn.figure, Figure)
    return drawn.figure.axes[-3:]


def test_bars_of_the_timeline_are_as_long_as_the_calls(run: Run) -> None:
    middle = _panels(plot_timeline(run))[1]
    bars = [path.vertices for c in middle.collections if isinstance(c, PolyCollection) for path in c.get_paths()]
    service = sum(float(np.ptp(corners[:, 0])) for corners in bars)
    assert len(bars) == len(run.calls)
    assert service == pytest.approx((run.calls["finished"] - run.calls["sent"]).sum())


def test_many_calls_are_drawn_as_means_that_keep_all_their_time(run: Run) -> None:
    many = _with_many_calls(run, 20_000)
    data = timeline_data(many)
    area = data.in_flight["in_flight"].sum() * many.makespan / BINS
    assert len(data.in_flight) == BINS
    assert area == pytest.approx((many.calls["finished"] - many.calls["sent"]).sum())
    assert any("20,000 calls, drawn as means" in text.get_text() for text in _panels(plot_timeline(many))[2].texts)


def test_a_timeline_keeps_to_the_place_of_the_axes_that_it_is_given(run: Run) -> None:
    places = [Figure().subplots(1, 2)[0], Figure().add_axes((0.1, 0.2, 0.3, 0.6))]
    for place in places:
        before = place.get_position().extents
        panels = _panels(plot_timeline(run, ax=place))
        boxes = np.array([panel.get_position().extents for panel in panels])
        within = [*boxes[:, :2].min(0), *boxes[:, 2:].max(0)]
        assert within == pytest.approx(before)
        assert not place.axison


def test_the_limit_of_the_timeline_is_the_one_in_force(run: Run) -> None:
    limit = timeline_data(run).limit
    assert set(limit["limit"]) == {*run.calls["limit"], *run.timeline["limit"]}


def test_the_budget_ends_at_what_the_calls_cost(run: Run) -> None:
    spent = np.asarray(plot_budget(run).lines[0].get_ydata(), dtype=float)
    assert spent[-1] == run.calls.loc[run.calls["pool"] == "core", "points"].sum()


def test_a_reset_begins_another_straight_line(run: Run) -> None:
    told = run.timeline.iloc[[0] * 4].assign(time=[0.0, 10.0, 20.0, 30.0], core_left=[100.0, 50.0, 100.0, 90.0])
    ax = plot_budget(dataclasses.replace(run, timeline=told))
    drawn = [np.asarray(line.get_xdata(), dtype=float).tolist() for line in ax.lines[1:]]
    assert drawn == [[0.0, 20.0], [20.0, 3620.0]]


def test_each_decision_has_its_marker(run: Run) -> None:
    drawn = sum(len(np.asarray(line.get_xdata())) for line in plot_decisions(run).lines)
    assert drawn == len(run.decisions)


def test_a_sweep_draws_medians_and_names_the_best() -> None:
    table = pd.DataFrame({"max_batch_size": [1, 1, 1, 50], "makespan": [9.0, 10.0, 20.0, 4.0]})
    ax = plot_sweep(table, "max_batch_size")
    assert np.asarray(ax.lines[0].get_ydata(), dtype=float).tolist() == [10.0, 4.0]
    assert ax.get_xlabel() == "max batch size [files]"
    assert "best: 4 with max batch size 50" in alt_text(ax)


def test_a_heat_map_writes_each_median_into_its_cell() -> None:
    table = pd.DataFrame({"a": [1, 1, 2], "b": [5, 6, 5], "makespan": [3.0, 4.0, 2.0]})
    ax = plot_sweep(table, "a", "b")
    assert sorted(text.get_text() for text in ax.texts if text.get_text().isdigit()) == ["2", "3", "4"]


def test_the_front_holds_who_is_beaten_by_nobody() -> None:
    table = pd.DataFrame({"strategy": list("abcde"), "makespan": [1.0, 2.0, 3.0, 2.0, 4.0], "points": [9, 5, 5, 5, 1]})
    data = pareto_data(table)
    assert sorted(data.loc[data["front"], "arm"]) == ["a", "b", "d", "e"]
    assert "On the front: a, b, d, e." in alt_text(plot_pareto(table))


def test_regret_is_drawn_arm_by_arm_with_the_worst_scenario_first(regrets_by_size: dict[str, Regret]) -> None:
    ax = plot_regret(regrets_by_size["whole"])
    lines = {str(line.get_label()): np.asarray(line.get_xdata(), dtype=float).tolist() for line in ax.lines}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["low-knee", "typical"]
    assert lines["sequential"] == pytest.approx([13.0, 7.0])
    assert lines["best-constant"] == pytest.approx([0.9, 0.95])
    assert "oracle" in lines
    left, right = ax.get_xlim()
    assert left < 0.9
    assert right > 13.05


def test_no_bound_is_drawn_above_the_one_that_binds() -> None:
    hub = SimHub(scenario=Scenario("few", limits=Limits(points_per_minute=10), work=Work(2, 3)))
    data = roofline_data(hub, "files", [1, 3, 30], config=BatchConfig.lab(routes="blobs"))
    ROOFLINE.validate(data)
    assert data["seconds"].tolist() == data[list(RESOURCES)].max(axis=1).tolist()
    assert data["binding"].iloc[-1] == "minute"
    ax = plot_roofline(hub, "files", [1, 3, 30], config=BatchConfig.lab(routes="blobs"))
    drawn = {str(line.get_label()): np.asarray(line.get_ydata(), dtype=float).tolist() for line in ax.lines}
    assert drawn["the bound"] == data["seconds"].tolist()
    assert "minute at 30" in ax.texts[0].get_text()


def test_latency_that_grows_tenfold_raises_its_bound_tenfold() -> None:
    hub = SimHub(scenario=Scenario("few", work=Work(2, 3)))
    once, tenfold = roofline_data(hub, "latency", [1, 10], config=BatchConfig.lab(routes="blobs"))["latency"]
    assert tenfold == pytest.approx(10 * once)


def test_measured_runs_lie_above_the_bound_as_medians() -> None:
    hub = SimHub(scenario=Scenario("few", work=Work(2, 3)))
    measured = pd.DataFrame(
        {"strategy": "mine", "max_concurrent_requests": [1, 1, 1, 2], "makespan": [8.0, 9.0, 40.0, 5.0]}
    )
    ax = plot_roofline(hub, values=[1, 2], measured=measured)
    markers = next(line for line in ax.lines if line.get_label() == "mine, measured")
    assert np.asarray(markers.get_ydata(), dtype=float).tolist() == [9.0, 5.0]
    assert "mine at 1 9.00 s" in alt_text(ax)


def test_what_cannot_grow_is_refused(hub: SimHub) -> None:
    with pytest.raises(InputError, match="'colour'; accepted: files, latency"):
        plot_roofline(hub, "colour")
    with pytest.raises(InputError, match="whose scenario brings its work"):
        plot_roofline(hub, "files")


def test_savings_are_drawn_as_predicted_and_as_verified(opportunities_by_size: dict[str, pd.DataFrame]) -> None:
    ax = plot_opportunities(opportunities_by_size["whole"])
    drawn = {str(line.get_label()): np.asarray(line.get_xdata(), dtype=float).tolist() for line in ax.lines}
    assert drawn["predicted"] == [5.0, -2.0]
    assert drawn["predicted, advice"] == [3.0]
    assert drawn["verified"] == [5.5, -2.5]
    assert ax.get_xlim()[0] < -3.0
    assert "four calls in flight -2.0 s (-3.0 to -1.0), verified -2.5 s, refuted" in alt_text(ax)


def test_losses_that_dwarf_the_gains_are_told_at_the_edge(opportunities_by_size: dict[str, pd.DataFrame]) -> None:
    frame = opportunities_by_size["whole"]
    huge = frame.assign(saving_seconds=[5.0, 3.0, -80.0], saving_seconds_low=[-70.0, None, -90.0])
    huge = huge.assign(verified_seconds=[5.5, None, -75.0])
    ax = plot_opportunities(huge)
    texts = {text.get_text() for text in ax.texts}
    assert -15.0 < ax.get_xlim()[0] < -9.0
    assert {"◂ -80.0 s, verified -75.0 s", "◂ from -70.0 s"} <= texts


def test_a_frame_without_savings_is_refused_by_what_it_lacks() -> None:
    with pytest.raises(InputError, match="no column 'saving_seconds'"):
        plot_opportunities(pd.DataFrame({"change": ["x"], "kind": ["config"]}))


def _artists(drawn: Axes | Figure) -> int:
    figure = drawn if isinstance(drawn, Figure) else drawn.figure
    return sum(1 for _ in figure.findobj())


@pytest.mark.parametrize(
    "plot",
    [plot_timeline, plot_ecdf, partial(plot_ecdf, value="completion"), plot_waits, plot_budget, plot_decisions],
)
def test_a_long_run_is_drawn_with_few_artists_and_says_what_was_left_out(plot: Callable[..., Any], run: Run) -> None:
    few, many = (_long(run, rows) for rows in (4_000, 40_000))
    drawn = plot(many)
    assert _artists(drawn) <= _artists(plot(few)) + 40  # ticks may differ
    texts = [text.get_text() for ax in drawn.figure.axes for text in ax.texts]
    words = "thinned|drawn as means|drawn at 2,000 of|drawn: the first of a kind|split equally"
    assert any(re.search(words, text) for text in texts)


def _long(run: Run, rows: int) -> Run:
    """Return a run of three hours with so many calls, files and decisions, a pause after each call."""
    at = np.linspace(0.0, 10_700.0, rows)
    calls, files = (frame.iloc[np.zeros(rows, dtype=int)].reset_index(drop=True) for frame in (run.calls, run.files))
    decisions = run.decisions.iloc[np.zeros(rows, dtype=int)].reset_index(drop=True)
    return dataclasses.replace(
        run,
        calls=calls.assign(sent=at, finished=at + 0.1, pool="core", points=1),
        results=files.assign(queued=0.0, started=at, finished=at + 0.1, status="delivered"),
        decisions=decisions.assign(time=at),
        metrics=run.metrics.assign(makespan=10_800.0),
    )


def test_many_decisions_are_drawn_once_a_stretch_and_none_of_a_few_is_left_out(run: Run) -> None:
    data = decisions_data(_long(run, 40_000))
    ax = plot_decisions(_long(run, 40_000))
    drawn = sum(len(np.asarray(line.get_xdata())) for line in ax.lines)
    assert 0.98 * STRETCHES < drawn <= STRETCHES < len(data)
    assert any(f"40,000 decisions, {drawn} drawn" in text.get_text() for text in ax.texts)


def test_three_hours_are_told_in_hours_and_drawn_in_seconds(run: Run) -> None:
    ax = _panels(plot_timeline(_long(run, 4_000)))[2]
    assert ax.get_xlabel() == "time since the start [h]"
    assert ax.get_xlim() == (0.0, 10_800.0)
    ax.figure.canvas.draw()
    assert [label.get_text() for label in ax.get_xticklabels()][:3] == ["0", "0.5", "1"]


def test_the_most_in_flight_is_kept_where_means_are_drawn(run: Run) -> None:
    many = _with_many_calls(run, 20_000)
    busy = many.calls.assign(in_flight=np.where(many.calls.index == 7_777, 99, 1))
    assert timeline_data(dataclasses.replace(many, calls=busy)).in_flight["peak"].max() == 99


@pytest.mark.parametrize("name", ["timeline", "ecdf", "waits", "budget", "decisions"])
def test_pictures_of_a_run_are_found_where_pandas_has_its_own(run: Run, name: str) -> None:
    assert alt_text(getattr(run.plot, name)()) == alt_text(getattr(plots, f"plot_{name}")(run))


@pytest.mark.parametrize("name", ["compare", "strategies", "pareto", "ecdf", "waits"])
def test_pictures_of_a_study_are_found_where_pandas_has_its_own(study: Study, name: str) -> None:
    assert alt_text(getattr(study.plot, name)()) == alt_text(getattr(plots, f"plot_{name}")(study))


def test_an_accessor_that_is_called_draws_the_first_thing_to_look_at(
    run: Run, study: Study, regrets_by_size: dict[str, Regret]
) -> None:
    regret = regrets_by_size["whole"]
    assert alt_text(run.plot()) == alt_text(plot_timeline(run))
    assert alt_text(study.plot()) == alt_text(plot_compare(study))
    assert alt_text(regret.plot()) == alt_text(plot_regret(regret))
    ax = Figure().add_subplot()
    assert run.plot.waits(ax=ax) is study.plot(ax=ax) is ax
    assert regret.plot(ax=Figure().add_subplot()).has_data()


def test_frames_keep_the_plot_of_pandas(run: Run) -> None:
    ax = Figure().add_subplot()
    assert run.calls.plot(x="sent", y="in_flight", ax=ax) is ax
    assert run.metrics.plot.bar(y="makespan", ax=ax) is ax
    assert pyplot.get_fignums() == []


@given(INTERVALS)
def test_no_two_calls_share_a_lane_and_no_lane_is_wasted(intervals: np.ndarray) -> None:
    begin, end = intervals
    taken = lanes(begin, end)
    for lane in set(taken):
        mine = taken == lane
        assert (begin[mine][1:] >= end[mine][:-1]).all()
    assert taken.max() + 1 == steps(begin, end)[1].max()


@given(INTERVALS)
def test_means_over_bins_keep_every_second_of_service(intervals: np.ndarray) -> None:
    begin, end = intervals
    edges = np.linspace(0.0, end.max(), 8)
    assert (mean_in_flight(begin, end, edges) * np.diff(edges)).sum() == pytest.approx((end - begin).sum())


@given(INTERVALS)
def test_nothing_is_in_flight_during_a_pause(intervals: np.ndarray) -> None:
    begin, end = intervals
    for left, right in pauses(begin, end):
        assert right - left >= 1.0
        assert not ((begin < right) & (end > left)).any()
