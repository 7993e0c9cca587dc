"""Faces of a run in a notebook: settings that are turned while it goes on, a laboratory around them, what if."""

from batchlab.widgets.config_panel import ConfigPanel
from batchlab.widgets.live_lab import LiveLab
from batchlab.widgets.strategy_explorer import StrategyExplorer

__all__ = ["ConfigPanel", "LiveLab", "StrategyExplorer"]
