"""The laboratory: every button does what it says, a run is watched and steered, and nothing is left behind."""

from __future__ import annotations

import dataclasses
import io
import math
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pandas as pd
import psutil
import pytest
from PIL import Image

import batchlab as bl
from batchlab.errors import AuthenticationError, BatchLabError, ConfigError, InputError
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.sim import SimHub
from batchlab.hub.world_spec import WorldSpec
from batchlab.widgets import LiveLab, suggestions
from batchlab.widgets.cells import CELLS
from batchlab.widgets.conditions import Conditions
from batchlab.widgets.search import Search

pytestmark = pytest.mark.usefixtures("nothing_left")
Wait = Callable[..., None]
FILES = 150
BUTTONS = ("start", "pause", "resume", "stop")


OPPORTUNITY = [
    "id",
    "change",
    "config",
    "kind",
    "saving_seconds",
    "saving_seconds_low",
    "saving_seconds_high",
    "status",
]


def lab_of(hub: bl.SimHub, speed: float = 100.0, **settings: Any) -> LiveLab:
    usual = {"max_concurrent_requests": 8, "routes": "blobs", "default_strategy": "parallel"}
    config = bl.BatchConfig(**(usual | settings))
    return LiveLab(hub, config=config, speed=speed, debounce=0.0, suggest=False)


def button(lab: LiveLab, name: str) -> Any:
    return by_class(lab.widget, f"batchlab-{name}")


def by_class(widget: Any, css: str) -> Any:
    found = _all_by_class(widget, css)
    assert len(found) == 1, css
    return found[0]


def _all_by_class(widget: Any, css: str) -> list[Any]:
    inner = [found for child in getattr(widget, "children", ()) for found in _all_by_class(child, css)]
    return [widget, *inner] if css in widget._dom_classes else inner


def enabled(lab: LiveLab) -> list[str]:
    return [name for name in BUTTONS if not button(lab, name).disabled]


def test_every_control_that_tests_and_eyes_look_for_is_there_with_words(hub: SimHub) -> None:
    lab = lab_of(hub)
    for name in ("lab", "plot", "failures", "progress"):
        by_class(lab.widget, f"batchlab-{name}")
    for name in (*BUTTONS, "apply", "strategy", "scenario", "world", "speed"):
        control = by_class(lab.widget, f"batchlab-{name}")
        assert control.description
        assert control.tooltip
    assert enabled(lab) == ["start"]
    assert png(lab).size == (800, 390)
    lab.close()


def png(lab: LiveLab) -> Image.Image:
    return Image.open(io.BytesIO(by_class(lab.widget, "batchlab-plot").value))


def test_a_run_is_started_paused_resumed_and_stopped_by_hand(hub: SimHub, wait_until: Wait) -> None:
    lab = lab_of(hub, speed=20.0)
    button(lab, "start").click()
    assert enabled(lab) == ["pause", "stop"]
    assert lab.handle is not None
    wait_until(lambda: lab.handle.progress[0] >= 20)
    button(lab, "pause").click()
    assert enabled(lab) == ["resume", "stop"]
    wait_until(lambda: hub.books.in_flight == 0 and "paused" in set(lab.handle.decisions.setting))
    status = by_class(lab.widget, "batchlab-status")
    wait_until(lambda: "waiting: paused" in status.value and f"<b>{lab.handle.progress[0]} of" in status.value)
    button(lab, "resume").click()
    assert enabled(lab) == ["pause", "stop"]
    wait_until(lambda: lab.handle.progress[0] >= 60)
    button(lab, "stop").click()
    run = lab.wait(60)
    delivered = (run.results.status == "delivered").sum()
    assert run.interrupted
    assert len(run.results) == FILES
    assert 60 <= delivered < FILES
    assert f"<b>{delivered} of {FILES} files</b>" in status.value
    assert enabled(lab) == ["start"]
    assert "stopped" in by_class(lab.widget, "batchlab-runs").value
    assert f"the run was stopped: {FILES - delivered}" in by_class(lab.widget, "batchlab-failures").value
    lab.close()


def test_a_setting_turned_during_the_run_is_obeyed(hub: SimHub, wait_until: Wait) -> None:
    lab = lab_of(hub, speed=50.0)
    lab.start()
    wait_until(lambda: lab.handle.progress[0] >= 20)
    by_class(lab.widget, "batchlab-field-max_concurrent_requests").value = 2
    wait_until(lambda: "2" in set(lab.handle.decisions.new))
    wait_until(lambda: hub.books.in_flight <= 2)
    lab.configure(max_concurrent_requests=6)
    lab.handle.pace(math.inf)
    run = lab.wait(60)
    assert run.decisions[run.decisions.setting == "max_concurrent_requests"].new.tolist() == ["2", "6"]
    assert by_class(lab.widget, "batchlab-field-max_concurrent_requests").value == 6
    assert (run.calls.in_flight <= run.calls.limit).all()
    lab.close()


def test_refusals_are_told_and_change_nothing(hub: SimHub) -> None:
    lab = lab_of(hub)
    with pytest.raises(ConfigError):
        lab.configure(max_concurrent_requests=0)
    with pytest.raises(InputError, match="no run to wait for"):
        lab.wait()
    lab.start()
    with pytest.raises(InputError, match="a run is under way"):
        lab.start()
    lab._view.start.disabled = False
    button(lab, "start").click()
    assert "Refused:</b> a run is under way" in lab._view.problem
    with pytest.raises(TimeoutError, match="goes on"):
        lab.wait(0.0)
    lab.stop()
    lab.wait(60)
    lab.close()
    with pytest.raises(InputError, match="closed"):
        lab.start()
    with pytest.raises(InputError, match="accepted: 1, 2"):
        LiveLab(hub, speed=3.0)


def test_runs_are_kept_and_compared(hub: SimHub) -> None:
    lab = lab_of(hub, speed=math.inf)
    for strategy in ("sequential", "parallel"):
        by_class(lab.widget, "batchlab-strategy").value = bl.BatchStrategy(strategy)
        assert lab.config.default_strategy.value == strategy
        lab.start()
        assert lab.wait(60) is lab.run
    assert [run.strategy for run in lab.runs] == ["sequential", "parallel"]
    table = by_class(lab.widget, "batchlab-runs").value
    assert table.index("parallel") < table.index("sequential")
    assert table.count("quickest") == 1
    assert "none" in by_class(lab.widget, "batchlab-failures").value
    assert "parallel efficiency" in by_class(lab.widget, "batchlab-result").value
    assert repr(lab).startswith("<LiveLab on <SimHub built: 1 repositories")
    lab.close()


def test_world_scenario_and_speed_are_chosen(hub: SimHub) -> None:
    lab = lab_of(hub, speed=1.0)
    by_class(lab.widget, "batchlab-world").value = "sample"
    by_class(lab.widget, "batchlab-scenario").value = "no-limits"
    lab.start()
    by_class(lab.widget, "batchlab-speed").value = math.inf
    run = lab.wait(60)
    assert lab.hub.scenario.name == "no-limits"
    assert run.hub == "sample"
    lab.config.default_strategy = bl.BatchStrategy.AGGRESSIVE
    assert by_class(lab.widget, "batchlab-strategy").value is bl.BatchStrategy.AGGRESSIVE
    lab.close()


def test_what_the_hub_holds_already_stays_under_another_scenario(hub: SimHub) -> None:
    warm = hub.under(hub.scenario)
    warm.held = {"a": 1.0}  # type: ignore[dict-item]
    for scenario in (hub.scenario.name, "no-limits"):
        assert Conditions(warm).hub_of(warm.name, scenario).held == warm.held  # type: ignore[attr-defined]


def test_failures_are_listed(hub: SimHub) -> None:
    lab = LiveLab(hub, ["acme/app", "acme/nowhere"], speed=math.inf, debounce=0.0, suggest=False)
    lab.start()
    lab.wait(60)
    assert "acme/nowhere" in by_class(lab.widget, "batchlab-failures").value
    lab.close()


class Found:
    """A search that has found something already."""

    def __init__(self, found: pd.DataFrame) -> None:
        self._found = found

    def result(self) -> pd.DataFrame:
        return self._found

    def give_up(self) -> None:
        """Nothing goes on."""


def alive(process: Any) -> bool:
    return process.poll() is None


@pytest.mark.parametrize("news", ["start", "close"])
def test_opportunities_are_looked_for_in_a_process_of_its_own_until_there_is_news(hub: SimHub, news: str) -> None:
    lab = LiveLab(hub, config=bl.BatchConfig(routes="blobs"), speed=math.inf, debounce=0.0)
    lab.start()
    lab.wait(60)
    search = lab._suggestions._search
    assert "looking for them" in by_class(lab.widget, "batchlab-opportunities").value
    assert search is not None
    assert alive(search._process)
    getattr(lab, news)()
    assert not alive(search._process)
    assert lab.opportunities is None
    lab.close()
    after = lab._suggestions._search
    assert after is None


def test_they_are_found_without_a_hand_and_stand_in_the_trace(
    hub: SimHub, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pd.DataFrame([("b", "40 in flight", "{}", "config", 5.0, 4.0, 6.0, "open")], columns=OPPORTUNITY)
    monkeypatch.setattr(suggestions, "Search", lambda run: Found(found))
    lab = LiveLab(hub, speed=math.inf, debounce=0.0)
    lab.start()
    lab.wait(60)
    wait_until(lambda: lab.opportunities is found)
    assert "40 in flight" in lab.to_html()
    lab._view.speed.value = 1.0
    lab.start()
    assert lab.opportunities is None
    lab.stop()
    assert lab.wait(60).interrupted
    assert lab._suggestions._search is None
    assert by_class(lab.widget, "batchlab-opportunities").value == ""
    lab.close()


def test_a_search_without_an_answer_says_why(hub: SimHub) -> None:
    run = bl.scan("acme/app", hub, "parallel", patterns=["000/*"])
    search = Search(dataclasses.replace(run, strategy="a policy of mine"))
    with pytest.raises(InputError, match="policy"):
        search.result()
    search.give_up()
    with pytest.raises(BatchLabError, match="without an answer"):
        search.result()


def test_a_search_gives_way_to_others_and_ends_with_whoever_asked(hub: SimHub, wait_until: Wait) -> None:
    search = Search(bl.scan("acme/app", hub, "parallel"))
    assert search._process.stdin is not None
    pickle.dump(search._run, search._process.stdin)
    search._process.stdin.flush()
    wait_until(lambda: psutil.Process(search._process.pid).nice() in (19, getattr(psutil, "IDLE_PRIORITY_CLASS", 19)))
    search._process.stdin.close()  # as the end of a kernel does
    wait_until(lambda: not alive(search._process))
    search.give_up()


@pytest.mark.long
def test_a_search_finds_what_opportunities_does(hub: SimHub) -> None:
    run = bl.scan("acme/app", hub, "parallel", patterns=["000/*"])
    search = Search(run)
    pd.testing.assert_frame_equal(search.result(), bl.opportunities(run))
    search.give_up()


def test_an_opportunity_is_applied_and_run_again(
    hub: SimHub, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = '{"max_concurrent_requests": 40, "strategy": "aggressive"}'
    rows = [
        ("a", "buy a larger token", None, "advice", 9.0, 8.0, 10.0, "open"),
        ("b", "40 in flight", changes, "config", 5.0, 4.0, 6.0, "open"),
    ]
    found = pd.DataFrame(rows, columns=OPPORTUNITY)
    monkeypatch.setattr(suggestions, "Search", lambda run: Found(found))
    lab = lab_of(hub, speed=math.inf)
    assert button(lab, "find").disabled
    with pytest.raises(InputError, match="no run to look at"):
        lab.find_opportunities()
    lab.start()
    lab.wait(60)
    assert button(lab, "apply").disabled
    button(lab, "find").click()
    wait_until(lambda: lab._view.opportunity.options)
    assert lab._view.opportunity.options == (("40 in flight", 1),)
    assert "buy a larger token" in by_class(lab.widget, "batchlab-opportunities").value
    button(lab, "apply").click()
    assert lab._view.problem == ""
    run = lab.wait(60)
    assert (run.strategy, run.config.max_concurrent_requests) == ("aggressive", 40)
    with pytest.raises(InputError, match="changes no setting"):
        lab.apply(found.iloc[0])
    lab.close()


def test_a_refused_token_is_told(hub: SimHub) -> None:
    other = SimHub(hub.world, hub.scenario)
    other.token = "ghp_wrong"  # the client's; the server keeps its own
    lab = LiveLab(other, speed=math.inf, debounce=0.0)
    lab.start()
    try:
        with pytest.raises(AuthenticationError):
            lab.wait(60)
        assert "The run failed:" in lab._view.problem
        assert lab.runs == []
        assert enabled(lab) == ["start"]
    finally:
        lab.close()


def test_real_time_is_not_paced(wait_until: Wait) -> None:
    with LoopbackHub(WorldSpec.files({"acme/app": {"go.mod": b"module acme"}}), "no-limits") as hub:
        lab = LiveLab(hub, debounce=0.0, suggest=False)
        for name in ("world", "scenario", "speed"):
            assert by_class(lab.widget, f"batchlab-{name}").disabled
        lab.start()
        assert (lab.wait(60).results.status == "delivered").all()
        lab.close()


def test_closing_ends_the_run_and_lets_go_of_everything(hub: SimHub, wait_until: Wait) -> None:
    lab = lab_of(hub, speed=1.0)
    lab.start()
    wait_until(lambda: hub.books.in_flight)
    lab.pause()
    lab.close()
    assert lab.handle is not None
    assert lab.handle.done()
    assert lab.config._live.subscribers == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batchlab-lab")]


def test_running_its_cell_again_closes_the_laboratory_before_with_its_run(
    hub: SimHub, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, labs = bl.BatchConfig(routes="blobs"), []
    for execution in "12":
        request = {"header": {"msg_id": execution}, "metadata": {"cellId": "a"}}
        monkeypatch.setattr(CELLS, "_request", lambda request=request: request)
        labs.append(LiveLab(hub, config=config, speed=1.0, debounce=0.0))
        labs[-1].start()
        wait_until(lambda: hub.books.in_flight)
    assert labs[0].handle.done()
    assert labs[0].run.interrupted
    assert not labs[1].handle.done()
    assert len(config._live.subscribers) == 3  # its panel, the laboratory and the run
    labs[1].close()
    labs[1].close()
    assert config._live.subscribers == []


def test_a_saved_notebook_keeps_a_static_trace(hub: SimHub) -> None:
    lab = lab_of(hub, speed=math.inf)
    assert "nothing read yet" in lab.to_html()
    lab.start()
    lab.wait(60)
    html = lab.to_html()
    assert "150 delivered, 0 failed" in html
    assert "data:image/png;base64," in html
    assert "<script" not in html
    lab.close()
