"""Faces of a run in a notebook: settings that are turned while it goes on, and a laboratory around them."""

from batchlab.widgets.config_panel import ConfigPanel
from batchlab.widgets.live_lab import LiveLab

__all__ = ["ConfigPanel", "LiveLab"]
