"""Browser, server and kernel hear of each other: a slider's move arrives, and what it sets off comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SLIDER = """
import ipywidgets as widgets
slider, label = widgets.IntSlider(5), widgets.Label("5")
slider.add_class("batchlab-slider")
label.add_class("batchlab-label")
slider.observe(lambda change: setattr(label, "value", f"now {change['new']}"), "value")
widgets.VBox([slider, label])
"""


def test_a_slider_moves_by_key_and_by_typing(
    open_notebook: Callable[..., Any], screenshots: Callable[[Any, str], Path]
) -> None:
    notebook = open_notebook([SLIDER], ".batchlab-label")
    notebook.press("slider", "ArrowRight", 2)
    notebook.page.wait_for_selector(".batchlab-label:has-text('now 7')")
    notebook.type_value("slider", 42)
    notebook.page.wait_for_selector(".batchlab-label:has-text('now 42')")
    assert notebook.python("print(slider.value)") == "42"
    assert screenshots(notebook.page, "slider").stat().st_size > 10_000
    notebook.assert_clean()
