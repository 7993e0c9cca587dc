"""Every control and its method do the same; what is refused is said; nothing is left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("ipywidgets", reason="panels need the extra notebook")

from ipywidgets.widgets.widget import _instances

from batchlab.batch_config import BatchConfig
from batchlab.errors import BatchLabError, ConfigError, InputError
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.study import bound, compare
from batchlab.widgets import StrategyExplorer, cells

PATIENCE = 60.0
STRATEGIES = ("sequential", "parallel")


@pytest.fixture(scope="module")
def hub() -> SimHub:
    return SimHub(World.build({"acme/app": {f"{i}/go.mod": b"module %d" % i for i in range(9)}}), "no-limits")


@pytest.fixture
def explorer(hub: SimHub) -> Iterator[StrategyExplorer]:
    made = StrategyExplorer(hub, STRATEGIES, delay=0.0)
    yield made
    made.close()


@pytest.fixture(scope="module")
def settled(hub: SimHub) -> Iterator[StrategyExplorer]:
    """An explorer whose first study has ended, to be looked at only."""
    made = StrategyExplorer(hub, STRATEGIES, delay=0.0)
    made.wait(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def resting(hub: SimHub) -> Iterator[StrategyExplorer]:
    """An explorer that has not begun to run anything."""
    made = StrategyExplorer(hub, STRATEGIES, delay=3600.0)
    yield made
    made.close()


def _text(widget: Any) -> str:
    return str(widget.value)


@pytest.mark.usefixtures("unpainted")
def test_the_study_is_what_compare_makes_of_the_same(hub: SimHub, explorer: StrategyExplorer) -> None:
    explorer.conditions("typical", latency=2.0, knee=20, budget=500)
    explorer.configure(max_concurrent_requests=4)
    explorer.choose(seeds=2)
    found = explorer.wait(PATIENCE)
    same = compare(hub.under(explorer.scenario), STRATEGIES, range(2), config=BatchConfig(max_concurrent_requests=4))
    pd.testing.assert_frame_equal(found.table, same.table)
    pd.testing.assert_frame_equal(found.replications, same.replications)
    assert found.verdict == same.verdict
    assert explorer.bound == bound(hub.under(explorer.scenario), explorer.config, seed=0)


@pytest.mark.usefixtures("unpainted")
def test_a_change_of_conditions_changes_what_is_found(explorer: StrategyExplorer) -> None:
    quick = explorer.wait(PATIENCE).table.set_index("strategy")["makespan"]
    explorer.controls["latency"].value = 10.0
    slow = explorer.wait(PATIENCE).table.set_index("strategy")["makespan"]
    assert (slow > 5 * quick).all()


@pytest.mark.parametrize(
    ("control", "value", "read", "expected"),
    [
        ("scenario", "flaky", lambda e: e.scenario, Scenario.load("flaky")),
        ("knee", 5.0, lambda e: e.scenario.server.knee, 5.0),
        ("budget", 500, lambda e: e.scenario.limits.core, 500),
        ("left", 100, lambda e: e.scenario.limits.remaining, 100),
        ("faults", 0.05, lambda e: e.scenario.faults.error_rate["502"], 0.05),
        ("look", "sequential", lambda e: e.error, ""),
    ],
)
def test_each_control_acts(resting: StrategyExplorer, control: str, value: Any, read: Any, expected: Any) -> None:
    resting.controls[control].value = value
    assert read(resting) == expected
    assert resting.controls[control].value == value


@pytest.mark.usefixtures("unpainted")
def test_seeds_and_ticks_say_what_is_compared(explorer: StrategyExplorer) -> None:
    explorer.controls["seeds"].value = 2
    explorer.controls["strategy-sequential"].value = False
    rows = explorer.wait(PATIENCE).replications
    assert list(zip(rows["strategy"], rows["seed"], strict=True)) == [("parallel", 0), ("parallel", 1)]


@pytest.mark.usefixtures("unpainted")
def test_the_panel_turns_the_settings_of_the_study(explorer: StrategyExplorer) -> None:
    explorer.panel.controls["max_concurrent_requests"].widget.value = 7
    assert explorer.wait(PATIENCE).config.max_concurrent_requests == 7


def test_every_control_is_described(resting: StrategyExplorer) -> None:
    assert all(control.description for control in resting.controls.values())


def test_what_is_changed_elsewhere_is_shown(resting: StrategyExplorer) -> None:
    resting.config.max_concurrent_requests = 33
    resting.conditions("low-knee")
    assert resting.panel.controls["max_concurrent_requests"].widget.value == 33
    assert resting.controls["scenario"].value == "low-knee"
    assert resting.controls["knee"].value == resting.scenario.server.knee


def test_a_scenario_of_ones_own_can_be_chosen_again(resting: StrategyExplorer) -> None:
    own = Scenario("mine", seed=0)
    resting.conditions(own, knee=3)
    resting.controls["scenario"].value = "typical"
    resting.controls["scenario"].value = "mine"
    assert resting.scenario == own


@pytest.mark.usefixtures("unpainted")
def test_a_refused_setting_is_shown_with_its_reason_and_changes_nothing(explorer: StrategyExplorer) -> None:
    explorer.panel.controls["max_batch_size"].widget.value = 5
    assert "default_batch_size (10) exceeds max_batch_size (5)" in explorer.panel.problem
    assert explorer.wait(PATIENCE).config.max_batch_size == 50


def test_the_last_strategy_cannot_be_taken_away(resting: StrategyExplorer) -> None:
    for name in STRATEGIES:
        resting.controls[f"strategy-{name}"].value = False
    assert "choose at least one" in resting.error
    assert "choose at least one" in _text(resting._view.error)
    assert resting.controls["strategy-parallel"].value


def test_methods_refuse_by_raising(resting: StrategyExplorer) -> None:
    with pytest.raises(ConfigError, match="max_concurrent_requests=0"):
        resting.configure(max_concurrent_requests=0)
    with pytest.raises(InputError, match="scenario"):
        resting.conditions("no-such-thing")
    with pytest.raises(InputError, match="seeds is 0"):
        resting.choose(seeds=0)
    with pytest.raises(InputError, match="warp"):
        resting.choose(["parallel", "warp"])


def test_pictures_are_shown_with_their_words(settled: StrategyExplorer) -> None:
    for name, image in settled._view.pictures.items():
        assert bytes(image.value).startswith(b"\x89PNG"), name
        assert f"{name} in words" in _text(settled._view.words[name])
        assert image.layout.display == "block"


def test_the_timeline_is_of_the_strategy_that_is_looked_at(settled: StrategyExplorer) -> None:
    for strategy in ("parallel", "sequential"):
        settled.controls["look"].value = strategy
        assert f"Timeline of {strategy}" in _text(settled._view.words["timeline"])


def test_changes_from_many_threads_end_in_the_study_of_the_last_settings(explorer: StrategyExplorer) -> None:
    def hammer(first: int) -> None:
        for number in range(first, first + 10):
            explorer.panel.controls["max_concurrent_requests"].widget.value = number
            explorer.controls["latency"].value = (0.5, 1.0, 2.0)[number % 3]

    threads = [threading.Thread(target=hammer, args=(first,)) for first in (1, 21, 41)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    explorer.configure(max_concurrent_requests=6)
    found = explorer.wait(PATIENCE)
    assert found.runs["parallel"].config.max_concurrent_requests == 6
    assert explorer.panel.controls["max_concurrent_requests"].widget.value == 6
    assert explorer.error == ""


@pytest.mark.usefixtures("unpainted")
def test_what_fails_in_the_background_is_shown(explorer: StrategyExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    explorer.wait(PATIENCE)
    monkeypatch.setattr("batchlab.widgets.explorer_pictures.plot_compare", lambda study: 1 / 0)
    explorer.configure(max_concurrent_requests=9)
    explorer.wait(PATIENCE)
    assert "ZeroDivisionError: division by zero" in explorer.error


def test_closing_leaves_no_thread_no_widget_and_no_subscriber(hub: SimHub) -> None:
    threads, widgets, config = threading.active_count(), len(_instances), BatchConfig()
    explorer = StrategyExplorer(hub, STRATEGIES, config=config, delay=0.0)
    explorer.close()
    explorer.close()
    assert (threading.active_count(), len(_instances)) == (threads, widgets)
    config.max_concurrent_requests = 5
    assert not config._live.subscribers


def test_an_explorer_that_was_closed_early_has_no_study(hub: SimHub) -> None:
    explorer = StrategyExplorer(hub, STRATEGIES, delay=5.0)
    with pytest.raises(TimeoutError, match="it goes on"):
        explorer.wait(0.0)
    explorer.close()
    with pytest.raises(BatchLabError, match="the explorer was closed"):
        explorer.wait(PATIENCE)


def test_a_cell_that_is_run_again_replaces_its_panels_and_no_others(
    hub: SimHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("this cell", 1)
    monkeypatch.setattr(
        cells.CELLS, "_request", lambda: {"metadata": {"cellId": place[0]}, "header": {"msg_id": place[1]}}
    )
    widgets = len(_instances)
    first = [StrategyExplorer(hub, STRATEGIES, delay=60.0) for _ in range(2)]
    of_two = len(_instances) - widgets
    place = ("another cell", 2)
    other = StrategyExplorer(hub, STRATEGIES, delay=60.0)
    place = ("this cell", 3)
    again = StrategyExplorer(hub, STRATEGIES, delay=60.0)
    assert len(_instances) - widgets == of_two
    assert [explorer._latest.wait(0) for explorer in (*first, other, again)] == [True, True, False, False]
    for explorer in (other, again):
        explorer.close()
    assert len(_instances) == widgets


def test_a_saved_notebook_keeps_table_and_verdict_without_script(
    settled: StrategyExplorer, resting: StrategyExplorer
) -> None:
    assert "nothing has run yet" in resting.to_html()
    kept = settled.to_html()
    assert settled.wait(PATIENCE).verdict[:20] in kept
    assert "parallel" in kept
    assert "<script" not in kept
