"""What a strategy explorer looks like: its controls and pictures, built from declarations; it decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from batchlab.hub.scenario import Scenario
from batchlab.widgets.config_panel import WIDTH, ConfigPanel
from batchlab.widgets.scenario_knobs import KNOBS, OFF
from batchlab.widgets.toolkit import close_all, ipywidgets
from batchlab.widgets.words import problem_html

PICTURES = ("comparison", "timeline", "bound")
BEST = "the best"


class ExplorerView:
    """The widgets of a strategy explorer.

    Parameters
    ----------
    strategies
        Names of what is compared.
    scenarios
        Names of the conditions to choose from.
    panel
        The settings.
    """

    def __init__(self, strategies: Iterable[str], scenarios: Iterable[str], panel: ConfigPanel) -> None:
        names, offered = list(strategies), tuple(scenarios)
        self.panel = panel
        self._shown: dict[str, Any] = {}
        self.scenario = _named("scenario", ipywidgets.Dropdown(options=offered, description="scenario", **_half()))
        self.knobs = {name: _named(name, _knob(name)) for name in KNOBS}
        self.seeds = _named("seeds", ipywidgets.IntSlider(1, 1, 10, description="seeds", **_half()))
        self.strategies = {name: _named(f"strategy-{name}", _tick(name)) for name in names}
        self.look = _named("look", ipywidgets.Dropdown(options=[BEST, *names], description="timeline of", **_half()))
        self.status = _named("status", ipywidgets.HTML(layout={"width": "100%", "min_height": "3em"}))
        self.error = _named("error", ipywidgets.HTML())
        self.pictures = {name: _named(name, _picture()) for name in PICTURES}
        self.words = {name: _named(f"{name}-words", ipywidgets.HTML()) for name in PICTURES}
        self.widget = self._laid_out()

    def _laid_out(self) -> Any:
        left, right = self._columns()
        box = ipywidgets.VBox(
            [
                ipywidgets.HBox([left, right], layout={"flex_flow": "row wrap"}),
                ipywidgets.HBox([*self.strategies.values()], layout={"flex_flow": "row wrap", "padding": "4px"}),
                self.panel.widget,
                self.error,
                self.status,
                *(part for name in PICTURES for part in (self.pictures[name], self.words[name])),
            ],
            layout={"width": "100%", "max_width": WIDTH, "padding": "4px"},
        )
        box.add_class("batchlab-explorer")
        return box

    def _columns(self) -> tuple[Any, Any]:
        knobs = [*self.knobs.values()]
        half = len(knobs) // 2
        return (
            ipywidgets.VBox([self.scenario, *knobs[:half], self.seeds]),
            ipywidgets.VBox([*knobs[half:], self.look]),
        )

    @property
    def controls(self) -> dict[str, Any]:
        """What can be turned beside the settings, by name."""
        ticks = {f"strategy-{name}": check for name, check in self.strategies.items()}
        return {"scenario": self.scenario, "seeds": self.seeds, "look": self.look} | self.knobs | ticks

    def show_scenario(self, base: Scenario, values: Mapping[str, float | None]) -> None:
        """Let the controls show a scenario and the knobs turned on it."""
        if base.name not in self.scenario.options:
            self.scenario.options = (*self.scenario.options, base.name)
        self._show("scenario", self.scenario, base.name)
        for name, control in self.knobs.items():
            value = values.get(name, KNOBS[name].read(base))
            rungs = KNOBS[name].rungs(value)
            if control.options != rungs:
                control.options = rungs  # which moves it
                self._shown.pop(name, None)
            self._show(name, control, OFF if value is None else value)

    def show_study(self, chosen: Iterable[str], seeds: int) -> None:
        """Let the controls show what is compared, under how many seeds."""
        self.seeds.max = max(self.seeds.max, seeds)
        self._show("seeds", self.seeds, seeds)
        named = set(chosen)
        for name, check in self.strategies.items():
            self._show(f"strategy-{name}", check, name in named)

    def show_again(self) -> None:
        """Let what is shown next be shown whatever was shown before: a hand has moved a control in vain."""
        self._shown.clear()

    def _show(self, name: str, control: Any, value: Any) -> None:
        # What is shown already is left alone: a hand may have moved on, and its event be on the way.
        if name not in self._shown or self._shown[name] != value:
            self._shown[name] = control.value = value

    def show_status(self, text: str) -> None:
        """Say what is going on, or what came out."""
        self.status.value = f'<div aria-live="polite">{escape(text)}</div>'

    def show_error(self, text: str) -> None:
        """Say what was refused or went wrong, and why; an empty text takes it away."""
        self.error.value = problem_html(text)

    def show_picture(self, name: str, png: bytes, words: str) -> None:
        """Show a picture, with its words folded below for whoever has it read aloud."""
        image = self.pictures[name]
        image.value, image.layout.display = png, "block"
        # An image's tooltip would be the place, but JupyterLab's widget manager fails at a change of it.
        self.words[name].value = f"<details><summary>{name} in words</summary>{escape(words)}</details>"

    def png(self, name: str) -> bytes:
        """Return the picture that is shown."""
        return bytes(self.pictures[name].value)

    def close(self) -> None:
        """Take everything off the page, and let go of who observes it."""
        self.panel.close()
        close_all(self.widget)


def _named(name: str, widget: Any) -> Any:
    widget.add_class(f"batchlab-explorer-{name}")
    return widget


def _half() -> dict[str, Any]:
    """Return layout and style of a control in one of two columns; as dictionaries, of which each makes its own."""
    return {"layout": {"width": "390px"}, "style": {"description_width": "140px"}}


def _tick(name: str) -> Any:
    return ipywidgets.Checkbox(
        True, description=name, indent=False, tooltip=f"compare {name}", layout={"width": "auto", "margin": "0 12px"}
    )


def _knob(name: str) -> Any:
    knob = KNOBS[name]
    return ipywidgets.SelectionSlider(options=knob.rungs(None), description=knob.label, tooltip=knob.help, **_half())


def _picture() -> Any:
    return ipywidgets.Image(format="png", layout={"width": "100%", "max_width": WIDTH, "display": "none"})
