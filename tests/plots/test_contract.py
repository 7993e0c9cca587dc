"""What every picture promises, walked over all of them."""

from __future__ import annotations

import dataclasses
import inspect
import io
import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from batchlab import plots
from batchlab.errors import InputError
from batchlab.hub.scenario import Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.plots import contact_sheet
from batchlab.plots.budget import budget_data
from batchlab.plots.compare import compare_data
from batchlab.plots.decisions import decisions_data
from batchlab.plots.ecdf import ecdf_data
from batchlab.plots.opportunities import opportunities_data
from batchlab.plots.pareto import pareto_data
from batchlab.plots.picture import Picture
from batchlab.plots.regret import regret_data
from batchlab.plots.roofline import roofline_data
from batchlab.plots.strategies import strategies_data
from batchlab.plots.sweep import sweep_data
from batchlab.plots.timeline import timeline_data
from batchlab.plots.waits import waits_data
from batchlab.runs import Run
from batchlab.study import Regret, Study

OF_A_RUN = {
    "plot_budget": [plots.plot_budget],
    "plot_decisions": [plots.plot_decisions],
    "plot_ecdf": [
        plots.plot_ecdf,
        partial(plots.plot_ecdf, complementary=True),
        partial(plots.plot_ecdf, value="completion"),
    ],
    "plot_timeline": [plots.plot_timeline],
    "plot_waits": [plots.plot_waits],
}
OF_A_STUDY = {
    "plot_compare": [plots.plot_compare],
    "plot_pareto": [plots.plot_pareto],
    "plot_strategies": [plots.plot_strategies],
    "plot_sweep": [
        lambda study, **axes: plots.plot_sweep(study.replications, "peak_in_flight", **axes),
        lambda study, **axes: plots.plot_sweep(study.replications, "peak_in_flight", "strategy", **axes),
    ],
}
OF_A_REGRET = {"plot_regret": [plots.plot_regret]}
OF_A_FRAME = {"plot_opportunities": [plots.plot_opportunities]}
OF_VALUES = {
    "plot_roofline": [
        lambda values, **axes: plots.plot_roofline(HUB, values=values, **axes),
        lambda values, **axes: plots.plot_roofline(HUB, "latency", values, **axes),
        lambda values, **axes: plots.plot_roofline(HUB, "files", values, **axes),
    ]
}
HUB = SimHub(scenario=Scenario("few", limits=Limits(points_per_minute=10), work=Work(2, 3)))
VALUES = {"whole": [1, 2, 96], "one row": [1], "empty": []}
ALL = OF_A_RUN | OF_A_STUDY | OF_A_REGRET | OF_A_FRAME | OF_VALUES
# What is computed for a picture, each number of which must stand in it: an entry a way of drawing.
COMPUTED: dict[str, list[Callable[[Any], Any]]] = {
    "plot_budget": [lambda run: budget_data(run).spent],
    "plot_decisions": [lambda run: decisions_data(run)[["time"]]],
    "plot_ecdf": [
        lambda run: ecdf_data(run)[["value", "share"]],
        lambda run: ecdf_data(run)[["value"]],
        lambda run: ecdf_data(run, value="completion")[["value", "share"]],
    ],
    "plot_timeline": [
        lambda run: [*timeline_data(run).calls[["begin", "end"]].to_numpy().ravel(), *timeline_data(run).budget["left"]]
    ],
    "plot_waits": [lambda run: waits_data(run).replace(0.0, np.nan)],  # a state of no length has no bar
    "plot_compare": [lambda study: compare_data(study)[["ratio"]]],
    "plot_pareto": [lambda study: pareto_data(study)[["makespan", "points"]]],
    "plot_strategies": [strategies_data],
    "plot_sweep": [
        lambda study: sweep_data(study.replications, "peak_in_flight"),
        lambda study: sweep_data(study.replications, "peak_in_flight", "strategy"),
    ],
    "plot_regret": [lambda study: regret_data(study)[["times", "high"]][_policies(regret_data(study))]],
    "plot_opportunities": [lambda frame: opportunities_data(frame)[["predicted", "low", "high", "verified"]]],
    "plot_roofline": [
        lambda values: roofline_data(HUB, values=values)[["value", "seconds"]],
        lambda values: roofline_data(HUB, "latency", values)[["value", "seconds"]],
        lambda values: roofline_data(HUB, "files", values)[["value", "seconds"]],
    ],
}
FIGURES = {"plot_strategies"}
SIZES = ("whole", "one row", "empty")
Plot = Callable[..., Axes | Figure]


def _policies(data: pd.DataFrame) -> pd.Series[bool]:
    return data["arm"].isin(["adaptive", "sequential"])


def _cases(named: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(plot, name, id=f"{name}-{number}")
        for name, ways in named.items()
        for number, plot in enumerate(ways)
    ]


@pytest.fixture(scope="module")
def given(
    runs_by_size: dict[str, Run],
    studies_by_size: dict[str, Study],
    regrets_by_size: dict[str, Regret],
    opportunities_by_size: dict[str, pd.DataFrame],
) -> Any:
    """What a plot is given, by its name and size."""
    of = (
        (OF_A_RUN, runs_by_size),
        (OF_A_STUDY, studies_by_size),
        (OF_A_REGRET, regrets_by_size),
        (OF_A_FRAME, opportunities_by_size),
        (OF_VALUES, VALUES),
    )
    by_name = {name: by_size for names, by_size in of for name in names}
    return lambda name, size="whole": by_name[name][size]


@pytest.fixture(scope="module")
def drawn(given: Any) -> Any:
    """What a plot draws of what it is given, once for all tests that only look at it."""
    kept = cache(lambda plot, name, size: plot(given(name, size)))
    return lambda plot, name, size="whole": kept(plot, name, size)


@pytest.fixture(scope="module")
def painted(drawn: Any) -> Any:
    """The PNG of what a plot draws, painted once as well."""
    kept = cache(lambda plot, name, size: _picture(drawn(plot, name, size)).png())
    return lambda plot, name, size="whole": kept(plot, name, size)


PLOTS = [pytest.param(*case.values, id=case.id) for case in _cases(ALL)]
every_plot = pytest.mark.parametrize(("plot", "name"), PLOTS)


def _figure(drawn: Axes | Figure) -> Figure:
    figure = drawn if isinstance(drawn, Figure) else drawn.figure
    assert isinstance(figure, Figure)
    return figure


def _picture(drawn: Axes | Figure) -> Picture:
    picture = _figure(drawn)
    assert isinstance(picture, Picture)
    return picture


def test_every_plot_is_walked_here() -> None:
    public = {name for name in plots.__all__ if name.startswith("plot_")}
    assert public == set(ALL) == set(COMPUTED)


@every_plot
def test_given_axes_are_drawn_on_and_returned(plot: Plot, name: str, given: Any) -> None:
    if name in FIGURES:
        assert isinstance(plot(given(name)), Figure)
        return
    figure = Figure()
    ax, beside = figure.subplots(1, 2)
    assert plot(given(name), ax=ax) is ax
    assert not beside.has_data()


@every_plot
@pytest.mark.parametrize("size", SIZES)
def test_pyplot_and_its_settings_are_left_alone(plot: Plot, name: str, given: Any, size: str) -> None:
    before = dict(matplotlib.rcParams)
    plot(given(name, size))
    assert pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


@every_plot
@pytest.mark.parametrize("size", SIZES)
def test_a_picture_of_much_little_and_nothing_is_painted(plot: Plot, name: str, painted: Any, size: str) -> None:
    assert painted(plot, name, size).startswith(b"\x89PNG")


@every_plot
def test_axes_of_numbers_carry_a_unit(plot: Plot, name: str, drawn: Any) -> None:
    figure = _figure(drawn(plot, name))
    figure.canvas.draw()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            shown = [label.get_text() for label in axis.get_ticklabels() if label.get_visible()]
            numbers = shown and all(re.fullmatch(r"[\d.,\u2212-]*|.*mathdefault.*", text) for text in shown)
            assert not numbers or re.search(r"\[.+\]", axis.get_label_text())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("plot", "name"), PLOTS)
def test_numbers_drawn_are_those_computed(
    plot: Plot, name: str, given: Any, drawn: Any, size: str, missing_from: Callable[..., set[float]]
) -> None:
    way = ALL[name].index(plot)
    computed = np.asarray(COMPUTED[name][way](given(name, size)), dtype=float).ravel()
    assert len(computed) or size == "empty"
    assert missing_from(_figure(drawn(plot, name, size)), computed) == set()


@every_plot
@pytest.mark.parametrize("size", SIZES)
def test_every_picture_has_words_with_numbers(plot: Plot, name: str, drawn: Any, size: str) -> None:
    picture = drawn(plot, name, size)
    words = plots.alt_text(picture)
    assert words == plots.alt_text(_figure(picture))
    assert words.endswith(".")
    assert re.search(r"\d", words) or size == "empty"


@every_plot
@pytest.mark.usefixtures("unpainted")
def test_a_notebook_shows_a_picture_once_with_its_words(plot: Plot, name: str, drawn: Any) -> None:
    picture = drawn(plot, name)
    data, metadata = picture._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert metadata["image/png"]["alt"] == data["text/plain"] == plots.alt_text(picture)


@pytest.mark.parametrize(("plot", "name"), PLOTS[::3])
def test_the_same_numbers_give_the_same_bytes(plot: Plot, name: str, given: Any, painted: Any) -> None:
    assert _picture(plot(given(name))).png() == painted(plot, name)


@every_plot
def test_a_palette_changes_no_colour_that_a_reader_could_tell(plot: Plot, name: str, drawn: Any, painted: Any) -> None:
    exact, small = io.BytesIO(), io.BytesIO(painted(plot, name))
    _figure(drawn(plot, name)).savefig(exact, format="png", dpi=100, pil_kwargs={"compress_level": 1})
    before, after = (np.asarray(Image.open(file).convert("RGB"), dtype=int) for file in (exact, small))
    assert np.abs(before - after).max() < 16


def test_axes_without_a_picture_have_no_words() -> None:
    with pytest.raises(InputError, match="plot_ function"):
        plots.alt_text(Figure().add_subplot())


def test_runs_are_shown_under_the_names_that_the_user_gave(run: Run) -> None:
    ax = plots.plot_ecdf({"before": run, "after": run})
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["before", "after"]


def test_something_else_is_refused_by_its_type() -> None:
    with pytest.raises(InputError, match="cannot plot a int"):
        plots.plot_waits(3)  # type: ignore[arg-type]


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    with pytest.raises(InputError, match="no column 'limit'; it has makespan, strategy"):
        plots.plot_sweep(pd.DataFrame({"makespan": [1.0], "strategy": ["adaptive"]}), "limit")


def test_the_style_is_opt_in_and_ends_with_its_context() -> None:
    before = dict(matplotlib.rcParams)
    with plots.style():
        assert matplotlib.rcParams["axes.spines.top"] is False
    assert dict(matplotlib.rcParams) == before


def test_a_run_on_another_clock_is_drawn_from_its_own_start(run: Run) -> None:
    later = dataclasses.replace(
        run,
        calls=run.calls.assign(sent=run.calls["sent"] + 1e6, finished=run.calls["finished"] + 1e6),
        timeline=run.timeline.assign(time=run.timeline["time"] + 1e6),
        results=run.results.assign(**{name: run.results[name] + 1e6 for name in ("queued", "started", "finished")}),
    )
    for value in ("latency", "completion"):
        there, here = (plots.alt_text(plots.plot_ecdf(one, value=value)) for one in (later, run))
        assert there == here
    assert plots.alt_text(plots.plot_timeline(later)) == plots.alt_text(plots.plot_timeline(run))


def test_the_contact_sheet_shows_every_picture() -> None:
    shown = set(re.findall(r"plots\.(plot_\w+)\(", inspect.getsource(contact_sheet)))
    assert shown == {name for name in plots.__all__ if name.startswith("plot_")}
