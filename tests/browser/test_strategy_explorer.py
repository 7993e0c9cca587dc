"""The explorer in a browser: a slider moved by key runs the twin again, and what is shown follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

CELL = """
import batchlab as bl
hub = bl.SimHub.sample()
hub = hub.subset([repository.full_name for repository in hub.repositories[:6]])
explorer = bl.StrategyExplorer(hub, ["adaptive", "parallel", "sequential"])
explorer
"""
STUDY = "print(round(explorer.wait(60).table['makespan'].max(), 3), explorer.error)"
AS_SHOWN = "print(explorer.config == bl.BatchConfig())"


def test_sliders_run_the_twin_again_and_everything_follows(
    open_notebook: Callable[..., Any], screenshots: Callable[[Any, str], Path]
) -> None:
    notebook = open_notebook([CELL], ".batchlab-explorer-bound")
    before = float(notebook.python(STUDY))
    image = notebook.find("explorer-comparison").first
    drawn = image.get_attribute("src")
    notebook.press("explorer-latency", "ArrowRight", 2)
    notebook.page.wait_for_function(
        "drawn => document.querySelector('.batchlab-explorer-comparison').src !== drawn", arg=drawn
    )
    assert float(notebook.python(STUDY)) > 2 * before
    assert notebook.readout("explorer-latency") == "5"
    assert notebook.python(AS_SHOWN) == "True"
    screenshots(notebook.page, "explorer")
    notebook.assert_fits("explorer")
    notebook.assert_clean()


def test_what_is_refused_is_said_and_the_slider_goes_back(open_notebook: Callable[..., Any]) -> None:
    notebook = open_notebook([CELL], ".batchlab-explorer-bound")
    notebook.find("explorer").get_by_role("tab", name="batch sizes").click()
    notebook.type_value("field-max_batch_size", 5)
    notebook.page.wait_for_selector(".batchlab-error:has-text('exceeds max_batch_size (5)')")
    notebook.page.wait_for_function(
        "() => document.querySelector('.batchlab-field-max_batch_size .widget-readout').textContent === '50'"
    )
    notebook.assert_clean()


def test_a_cell_run_twice_leaves_one_panel(open_notebook: Callable[..., Any]) -> None:
    notebook = open_notebook([CELL], ".batchlab-explorer-bound")
    counted = "import ipywidgets.widgets.widget as w, threading; print(len(w._instances), threading.active_count())"
    notebook.python(STUDY)
    before = notebook.python(counted)
    notebook.page.evaluate("() => { void window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    notebook.page.wait_for_function("() => !document.querySelector('.batchlab-explorer-comparison')?.src")
    notebook.page.wait_for_selector(".batchlab-explorer-bound")
    notebook.python(STUDY)
    assert notebook.python(counted) == before
    assert notebook.find("explorer").count() == 1
    notebook.assert_clean()
