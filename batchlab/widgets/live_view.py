"""The controls and displays of a `LiveLab`: what is on the screen, without a thought of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from batchlab.batch_progress_monitor import Progress
from batchlab.widgets.conditions import Conditions
from batchlab.widgets.config_panel import WIDTH, ConfigPanel
from batchlab.widgets.controls import strategy_choice
from batchlab.widgets.speeds import SPEEDS
from batchlab.widgets.toolkit import close_all, ipywidgets
from batchlab.widgets.words import problem_html

_NARROW = {"description_width": "70px"}


class LiveView:
    """Widgets of a laboratory.

    Parameters
    ----------
    conditions
        The worlds and scenarios that may be chosen.
    panel
        The settings.
    speed
        What is chosen at first; of `SPEEDS`.
    virtual
        Whether time can be paced.
    """

    def __init__(self, conditions: Conditions, panel: ConfigPanel, speed: float, *, virtual: bool) -> None:
        self.panel = panel
        self._choices(conditions, speed, virtual)
        self.start = _button("Start", "play", "read with these settings", style="success")
        self.pause = _button("Pause", "pause", "send nothing more; calls in flight end")
        self.resume = _button("Resume", "step-forward", "go on sending")
        self.stop = _button("Stop", "stop", "end the run, and keep what came", style="danger")
        self.apply = _button(
            "Apply and run again", "repeat", "start another run with the opportunity chosen", wide=True
        )
        self.find = _button("Find opportunities", "search", "what another run could change; takes a while", wide=True)
        self.opportunity = ipywidgets.Dropdown(
            description="opportunity", tooltip="what another run could change",
            style={"description_width": "80px"}, layout={"flex": "1 1 300px", "width": "auto"},
        )  # fmt: skip
        self._displays()
        self._lay_out()
        self.show_state(running=False, paused=False)

    def _choices(self, conditions: Conditions, speed: float, virtual: bool) -> None:
        fixed = not conditions.changeable
        self.world = _dropdown("world", conditions.worlds, conditions.world, "what there is to read", fixed)
        self.scenario = _dropdown(
            "scenario", conditions.scenarios, conditions.scenario, "under which conditions the server answers", fixed
        )
        self.strategy = strategy_choice(
            description="strategy", tooltip="of the next run; a run under way keeps its own", style=_NARROW,
            layout={"flex": "1 1 190px", "width": "auto"},
        )  # fmt: skip
        self.strategy.add_class("batchlab-strategy")
        self.speed = ipywidgets.SelectionSlider(
            options=SPEEDS, value=speed, description="speed", disabled=not virtual, style=_NARROW,
            tooltip="virtual seconds per second of yours; real time cannot be paced",
            layout={"flex": "1 1 240px", "width": "auto", "max_width": "380px"},
        )  # fmt: skip
        self.speed.add_class("batchlab-speed")

    def _displays(self) -> None:
        self._bar = ipywidgets.FloatProgress(
            value=0.0, min=0.0, max=1.0, description="files", style=_NARROW, layout={"width": "100%"}
        )
        self._status = _display("batchlab-status")
        self._error = _display("batchlab-error")
        # No tooltip: JupyterLab's view of an image fails with one. The lines around it say in words what it shows.
        self.picture = ipywidgets.Image(format="png", layout={"width": "100%", "max_width": WIDTH})
        self.picture.add_class("batchlab-plot")
        self.failures = _display("batchlab-failures")
        self.result = _display("batchlab-result")
        self.opportunities = _display("batchlab-opportunities")
        self.runs = _display("batchlab-runs")

    def _lay_out(self) -> None:
        progress = ipywidgets.VBox([self._bar, self._status])
        progress.add_class("batchlab-progress")
        self._next = ipywidgets.HBox([self.find, self.opportunity, self.apply], layout={"flex_flow": "row wrap"})
        wrapped = {"flex_flow": "row wrap", "justify_content": "space-between"}
        choices = ipywidgets.HBox([self.world, self.scenario, self.strategy], layout=wrapped)
        buttons = ipywidgets.HBox([self.start, self.pause, self.resume, self.stop])
        self.widget = ipywidgets.VBox(
            [
                choices, ipywidgets.HBox([buttons, self.speed], layout=wrapped), progress, self._error, self.picture,
                self.panel.widget, self.failures, self.result, self._next, self.opportunities, self.runs,
            ],
            layout={"width": "100%", "max_width": WIDTH, "padding": "4px"},
        )  # fmt: skip
        self.widget.add_class("batchlab-lab")

    # --- what is shown ---------------------------------------------------------------------------------------------

    def show_state(self, *, running: bool, paused: bool) -> None:
        """Let the buttons be pressed that mean something now."""
        self.start.disabled = running
        self.pause.disabled = not running or paused
        self.resume.disabled = not (running and paused)
        self.stop.disabled = not running
        self.find.disabled = running or not self.runs.value
        self.apply.disabled = running or not self.opportunity.options

    def show_progress(self, progress: Progress) -> None:
        """Show how far the run is, when it will be done, and what it waits for."""
        self._bar.max = float(progress.total or max(progress.completed, 1))
        self._bar.value = float(progress.completed)
        total = "" if progress.total is None else f" of {progress.total:,}"
        self._status.value = f"<b>{progress.completed:,}{total} files</b>, {escape(progress.status)}"

    def say(self, problem: str, word: str = "Refused") -> None:
        """Show what was refused or went wrong; an empty text takes it away."""
        self._error.value = problem_html(problem, word)

    @property
    def problem(self) -> str:
        """The error line's HTML; empty when all is well."""
        return str(self._error.value)

    def offer(self, opportunities: Sequence[tuple[str, int]]) -> None:
        """Offer opportunities by name and number."""
        self.opportunity.options = tuple(opportunities)
        self.opportunity.index = 0 if opportunities else None
        self.apply.disabled = not opportunities

    def observe(self, name: str, changed: Callable[[Any], None]) -> None:
        """Call ``changed`` with the new value of one of the choices."""
        getattr(self, name).observe(lambda change: changed(change["new"]), "value")

    def close(self) -> None:
        """Take everything off the screen, and let go of who observes it."""
        self.panel.close()
        close_all(self.widget)


def _button(label: str, icon: str, meaning: str, *, style: str = "", wide: bool = False) -> Any:
    button = ipywidgets.Button(
        description=label, icon=icon, tooltip=meaning, button_style=style, layout={"width": "180px" if wide else "96px"}
    )
    button.add_class(f"batchlab-{label.split()[0].lower()}")
    return button


def _dropdown(name: str, options: Sequence[str], value: str, meaning: str, fixed: bool) -> Any:
    dropdown = ipywidgets.Dropdown(
        options=options, value=value, description=name, tooltip=meaning, disabled=fixed, style=_NARROW,
        layout={"flex": "1 1 190px", "width": "auto"},
    )  # fmt: skip
    dropdown.add_class(f"batchlab-{name}")
    return dropdown


def _display(css: str) -> Any:
    display = ipywidgets.HTML(layout={"width": "100%"})
    display.add_class(css)
    return display
