"""What a page does to a slider by showing it is not taken for a hand: its handle stands on steps only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("ipywidgets", reason="panels need the extra notebook")

from batchlab.batch_config import BatchConfig
from batchlab.widgets import ConfigPanel


@pytest.fixture
def panel() -> Iterator[ConfigPanel]:
    made = ConfigPanel(BatchConfig(), debounce=0.0)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("name", "reported"),  # by Chromium, for the documented defaults
    [
        ("max_memory_usage_mb", 10**2.7),
        ("stream_large_files_threshold", 10**6.02),
        ("request_timeout", 10**1.48),
        ("rate_limit_buffer", 0.8000000000000002),
    ],
)
def test_the_nearest_step_of_what_is_shown_changes_nothing(panel: ConfigPanel, name: str, reported: float) -> None:
    panel.controls[name].widget.value = reported
    assert panel.config == BatchConfig()


def test_a_panel_is_closed_twice_without_harm(panel: ConfigPanel) -> None:
    panel.close()
    panel.close()
