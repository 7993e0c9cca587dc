"""The panel: every setting has its control, refusals say why, and it stays in step with changes from elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import ipywidgets
import pytest

from batchlab.batch_config import FIELDS, BatchConfig, BatchStrategy
from batchlab.errors import BatchLabError, ConfigError
from batchlab.widgets import ConfigPanel
from batchlab.widgets.controls import Control

Wait = Callable[..., None]
pytestmark = pytest.mark.usefixtures("nothing_left")

TURNED = {
    "max_concurrent_requests": 25,
    "max_concurrent_repos": 50,
    "default_batch_size": 30,
    "max_batch_size": 200,
    "min_batch_size": 7,
    "rate_limit_buffer": 0.55,
    "retry_attempts": 6,
    "retry_delay_base": 2.5,
    "max_memory_usage_mb": 2000,
    "stream_large_files_threshold": 50_000,
    "request_timeout": 120.0,
    "max_wait": 900.0,
    "default_strategy": BatchStrategy.PARALLEL,
}
"""Settings that one widget holds, each with a value that a hand may give it; switches and routes are turned apart."""


def panel_of(config: BatchConfig | None = None, debounce: float = 0.0) -> ConfigPanel:
    return ConfigPanel(config, debounce=debounce)


def leaves(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    children = getattr(widget, "children", ())
    return [leaf for child in children for leaf in leaves(child)] if children else [widget]


def box_of(control: Control) -> ipywidgets.Widget:
    """The widget that holds a setting's value: beside a logarithmic slider the box, which alone is exact."""
    first, *others = leaves(control.widget)
    return others[0] if isinstance(first, ipywidgets.FloatLogSlider) else first


def test_every_setting_has_a_control_with_a_description_and_a_class() -> None:
    panel = panel_of()
    assert list(panel.controls) == list(FIELDS)
    for name, control in panel.controls.items():
        assert f"batchlab-field-{name}" in control.widget._dom_classes
        parts = [leaf for leaf in leaves(control.widget) if hasattr(leaf, "description") and hasattr(leaf, "tooltip")]
        for part in parts:
            assert part.description or isinstance(part, ipywidgets.HTML), name
        assert FIELDS[name].metadata["help"] in [part.tooltip for part in parts], name
    panel.close()


def test_every_control_shows_what_is_in_effect() -> None:
    config = BatchConfig(**TURNED, routes=("blobs", "tarball"), use_cache=False)
    panel = panel_of(config)
    for name, value in config.to_dict().items():
        assert panel.controls[name].value(value) == value, name
    assert "max_wait = 900.0" in panel.widget.children[-1].value
    panel.close()
    assert config.to_dict() == BatchConfig(**TURNED, routes=("blobs", "tarball"), use_cache=False).to_dict()


@pytest.mark.parametrize("name", TURNED)
def test_every_control_writes_its_setting(name: str) -> None:
    panel = panel_of()
    if name == "max_wait":
        leaves(panel.controls[name].widget)[1].value = False
        assert panel.config.max_wait == 60.0
    box_of(panel.controls[name]).value = TURNED[name]
    changed = {key: value for key, value in panel.config.to_dict().items() if value != FIELDS[key].default}
    assert changed == {name: TURNED[name]}
    panel.reset()
    assert panel.config == BatchConfig()
    assert panel.controls[name].value(FIELDS[name].default) == FIELDS[name].default
    panel.close()


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.metadata["kind"] is bool])
def test_every_switch_switches(name: str) -> None:
    panel = panel_of()
    box = box_of(panel.controls[name])
    box.value = not box.value
    assert getattr(panel.config, name) is (not FIELDS[name].default)
    panel.close()


def test_routes_are_switched_one_by_one_and_the_last_one_stays() -> None:
    panel = panel_of()
    boxes = {box.description: box for box in leaves(panel.controls["routes"].widget)[1:]}
    for name in ("contents", "graphql", "tarball"):
        boxes[name].value = False
    assert panel.config.routes == ("blobs",)
    boxes["blobs"].value = False
    assert panel.config.routes == ("blobs",)
    assert boxes["blobs"].value is True
    assert "must name at least one route" in panel.problem
    boxes["raw"].value = True
    assert "allow_raw is False" in panel.problem
    assert boxes["raw"].value is False
    panel.close()


def test_a_refused_pair_says_why_and_the_controls_go_back() -> None:
    panel = panel_of()
    box_of(panel.controls["max_batch_size"]).value = 5
    assert "default_batch_size (10) exceeds max_batch_size (5)" in panel.problem
    assert 'role="alert"' in panel.problem
    assert box_of(panel.controls["max_batch_size"]).value == 50
    box_of(panel.controls["max_batch_size"]).value = 60
    assert panel.problem == ""
    assert panel.config.max_batch_size == 60
    panel.close()


@pytest.mark.parametrize(
    ("name", "in_effect", "told"),
    [
        ("rate_limit_buffer", 0.8, 0.8000000000000002),
        ("rate_limit_buffer", 0.805, 0.81),
        ("max_memory_usage_mb", 500, 501.18723362727224),
        ("stream_large_files_threshold", 1048576, 1047128.5480508996),
        ("request_timeout", 30.0, 30.19951720402016),
    ],
)
def test_a_browser_that_moves_a_slider_to_its_nearest_step_changes_nothing(
    name: str, in_effect: float, told: float
) -> None:
    panel = panel_of(BatchConfig(**{name: in_effect}))  # type: ignore[arg-type]
    leaves(panel.controls[name].widget)[0].value = told
    assert getattr(panel.config, name) == in_effect
    assert panel.problem == ""
    panel.close()


def test_two_panels_on_one_configuration_stay_in_step() -> None:
    config = BatchConfig()
    one, two = panel_of(config), panel_of(config)
    box_of(one.controls["max_concurrent_requests"]).value = 42
    assert box_of(two.controls["max_concurrent_requests"]).value == 42
    assert "max_concurrent_requests = 42" in two.widget.children[-1].value
    two.close()
    box_of(one.controls["max_concurrent_requests"]).value = 43
    assert config.max_concurrent_requests == 43
    one.close()
    assert config._live.subscribers == []


def test_changes_from_foreign_threads_are_followed_and_not_sent_back() -> None:
    config = BatchConfig()
    panel, other = panel_of(config, debounce=0.01), panel_of(config, debounce=0.01)
    numbers = range(1, 101)
    threads = [
        threading.Thread(target=lambda: [config.update(max_concurrent_requests=n) for n in numbers]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for shown in (panel, other):
        assert box_of(shown.controls["max_concurrent_requests"]).value == config.max_concurrent_requests
        shown.close()
    assert config.max_concurrent_requests == 100


def test_turning_is_debounced_and_written_as_one(wait_until: Wait) -> None:
    told = []
    panel = panel_of(debounce=0.05)
    unsubscribe = panel.config.subscribe(told.append)
    for number in range(11, 41):
        box_of(panel.controls["max_batch_size"]).value = number
        box_of(panel.controls["max_concurrent_requests"]).value = number
    assert not told
    wait_until(lambda: told)
    assert told == [{"max_concurrent_requests": (10, 40), "max_batch_size": (50, 40)}]
    box_of(panel.controls["max_batch_size"]).value = 45
    panel.flush()
    assert panel.config.max_batch_size == 45
    box_of(panel.controls["max_batch_size"]).value = 47
    panel.close()
    assert panel.config.max_batch_size == 45
    unsubscribe()


def test_what_a_hand_is_turning_is_not_overrun_by_a_change_elsewhere() -> None:
    panel = panel_of(debounce=30.0)
    box_of(panel.controls["retry_attempts"]).value = 9
    panel.config.update(max_concurrent_requests=77, retry_attempts=1)
    assert box_of(panel.controls["retry_attempts"]).value == 9
    assert box_of(panel.controls["max_concurrent_requests"]).value == 77
    panel.flush()
    assert panel.config.retry_attempts == 9
    panel.close()


def test_settings_are_saved_and_loaded(tmp_path: Path) -> None:
    panel = panel_of(BatchConfig(max_concurrent_requests=33))
    file, save, load, reset = panel.widget.children[2].children
    file.value = str(tmp_path / "mine.yaml")
    save.click()
    reset.click()
    assert panel.config == BatchConfig()
    load.click()
    assert panel.config.max_concurrent_requests == 33
    assert panel.problem == ""
    file.value = str(tmp_path / "other.yaml")
    load.click()
    assert "there is no file" in panel.problem
    with pytest.raises(ConfigError, match="cannot be written"):
        panel.save(tmp_path / "no" / "folder.yaml")
    panel.close()


def test_a_panel_shows_itself_with_a_plain_form_beside() -> None:
    panel = panel_of(BatchConfig(max_batch_size=20))
    bundle = panel._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "max_batch_size" in bundle["text/html"]
    assert bundle["text/plain"] == "<ConfigPanel of BatchConfig(max_batch_size=20)>"
    panel.close()


def test_without_ipywidgets_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    monkeypatch.delitem(sys.modules, "batchlab.widgets.toolkit")
    with pytest.raises(BatchLabError, match=r"batchlab\[notebook\]"):
        import_module("batchlab.widgets.toolkit")


@pytest.mark.parametrize(
    ("name", "slid", "meant"), [("max_memory_usage_mb", 512.86, 510), ("request_timeout", 1.26, 1.3)]
)
def test_a_logarithmic_slider_means_round_numbers_and_follows_exact_ones(name: str, slid: float, meant: float) -> None:
    panel = panel_of()
    slider, box = leaves(panel.controls[name].widget)
    slider.value = slid
    assert getattr(panel.config, name) == box.value == meant
    box.value = 3 * meant
    assert slider.value == getattr(panel.config, name) == 3 * meant
    panel.close()


def test_a_hand_that_moves_on_while_its_last_move_is_written_is_not_held_back(wait_until: Wait) -> None:
    panel = panel_of(debounce=3600.0)
    slider = panel.controls["max_concurrent_requests"].widget
    slider.value = 11
    with panel._lock:  # so that the next event is on the way, and has not arrived
        hand = threading.Thread(target=setattr, args=(slider, "value", 13))
        hand.start()
        wait_until(lambda: slider.value == 13)
        panel.flush()
        assert (panel.config.max_concurrent_requests, slider.value) == (11, 13)
    hand.join()
    panel.flush()
    assert (panel.config.max_concurrent_requests, slider.value) == (13, 13)
    panel.close()
