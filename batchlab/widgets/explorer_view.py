"""What a strategy explorer looks like: its controls and pictures, built from declarations; it decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import ipywidgets

from batchlab.batch_config import FIELDS
from batchlab.hub.scenario import Scenario
from batchlab.widgets.scenario_knobs import KNOBS, OFF

WIDTH = "800px"
PICTURES = ("comparison", "timeline")
SETTINGS = ("max_concurrent_requests", "max_concurrent_repos", "max_batch_size", "rate_limit_buffer")
BEST = "the best"


class ExplorerView:
    """The widgets of a strategy explorer.

    Parameters
    ----------
    strategies
        Names of what is compared.
    scenarios
        Names of the conditions to choose from.
    config
        Values of the settings.
    """

    def __init__(self, strategies: Iterable[str], scenarios: Iterable[str], config: Mapping[str, Any]) -> None:
        names = list(strategies)
        self.scenario = _named(
            "scenario", ipywidgets.Dropdown(options=list(scenarios), description="scenario", **_half())
        )
        self.knobs = {name: _named(name, _knob(name)) for name in KNOBS}
        self.settings = {name: _named(name, _setting(name, config[name])) for name in SETTINGS}
        self.seeds = _named("seeds", ipywidgets.IntSlider(1, 1, 10, description="seeds", **_half()))
        self.strategies = {name: _named(f"strategy-{name}", _tick(name)) for name in names}
        self.look = _named("look", ipywidgets.Dropdown(options=[BEST, *names], description="timeline of", **_half()))
        self.status = _named("status", ipywidgets.HTML(layout=ipywidgets.Layout(min_height="3em")))
        self.error = _named("error", ipywidgets.HTML())
        self.pictures = {name: _named(name, _picture()) for name in PICTURES}
        self.words = {name: _named(f"{name}-words", ipywidgets.HTML()) for name in PICTURES}
        self.box = self._laid_out()

    def _laid_out(self) -> Any:
        left = ipywidgets.VBox([self.scenario, *self.knobs.values()])
        right = ipywidgets.VBox([*self.settings.values(), self.seeds, self.look])
        wide = ipywidgets.Layout(width=WIDTH, flex_flow="row wrap")
        box = ipywidgets.VBox(
            [
                ipywidgets.HBox([left, right]),
                ipywidgets.HBox(list(self.strategies.values()), layout=wide),
                self.error,
                self.status,
                *(part for name in PICTURES for part in (self.pictures[name], self.words[name])),
            ],
            layout=ipywidgets.Layout(width=WIDTH),
        )
        box.add_class("batchlab-explorer")
        return box

    @property
    def controls(self) -> dict[str, Any]:
        """What can be turned, by name."""
        ticks = {f"strategy-{name}": check for name, check in self.strategies.items()}
        return {"scenario": self.scenario, "seeds": self.seeds, "look": self.look} | self.knobs | self.settings | ticks

    def show_scenario(self, base: Scenario, values: Mapping[str, float | None]) -> None:
        """Let the controls show a scenario and the knobs turned on it."""
        if base.name not in self.scenario.options:
            self.scenario.options = (*self.scenario.options, base.name)
        self.scenario.value = base.name
        for name, control in self.knobs.items():
            value = values.get(name, KNOBS[name].read(base))
            rungs = KNOBS[name].rungs(value)
            if control.options != rungs:
                control.options = rungs
            control.value = OFF if value is None else value

    def show_settings(self, values: Mapping[str, Any]) -> None:
        """Let the controls show the effective settings."""
        for name, control in self.settings.items():
            control.value = values[name]

    def show_study(self, chosen: Iterable[str], seeds: int) -> None:
        """Let the controls show what is compared, under how many seeds."""
        self.seeds.max = max(self.seeds.max, seeds)
        self.seeds.value, named = seeds, set(chosen)
        for name, check in self.strategies.items():
            check.value = name in named

    def show_status(self, text: str) -> None:
        """Say what is going on, or what came out."""
        self.status.value = f'<div aria-live="polite">{escape(text)}</div>'

    def show_error(self, text: str) -> None:
        """Say what was refused or went wrong, and why; an empty text takes it away."""
        self.error.value = f'<div role="alert">&#9888; {escape(text)}</div>' if text else ""

    def show_picture(self, name: str, png: bytes, words: str) -> None:
        """Show a picture, with its words folded below for whoever has it read aloud."""
        image = self.pictures[name]
        image.value, image.layout.display = png, "block"
        # An image's tooltip would be the place, but JupyterLab's widget manager fails at a change of it.
        self.words[name].value = f"<details><summary>{name} in words</summary>{escape(words)}</details>"

    def close(self) -> None:
        """Take everything off the page."""
        close_all(self.box)


def close_all(widget: Any) -> None:
    """Close a widget, what is inside, and their layouts and styles, which ipywidgets would keep."""
    for child in getattr(widget, "children", ()):
        close_all(child)
    widget.unobserve_all()
    for part in (widget, widget.layout, getattr(widget, "style", None)):
        if part is not None:
            part.close()


def _named(name: str, widget: Any) -> Any:
    widget.add_class(f"batchlab-explorer-{name}")
    return widget


def _half() -> dict[str, Any]:
    """Return layout and style of a control in one of two columns; as dictionaries, of which each makes its own."""
    return {"layout": {"width": "390px"}, "style": {"description_width": "150px"}}


def _tick(name: str) -> Any:
    layout = {"width": "auto", "margin": "0 12px 0 0"}
    return ipywidgets.Checkbox(True, description=name, indent=False, layout=layout)


def _knob(name: str) -> Any:
    knob = KNOBS[name]
    return ipywidgets.SelectionSlider(
        options=knob.rungs(None), description=knob.label, tooltip=knob.help, **_half()
    )  # fmt: skip


def _setting(name: str, value: Any) -> Any:
    declared = FIELDS[name].metadata
    low, high = declared["range"]
    kind = ipywidgets.IntSlider if declared["kind"] is int else ipywidgets.FloatSlider
    return kind(
        value=value, min=low, max=high, step=1 if declared["kind"] is int else 0.01,
        description=f"{name.removeprefix('max_').replace('_', ' ')} [{declared['unit']}]", tooltip=declared["help"],
        **_half(),
    )  # fmt: skip


def _picture() -> Any:
    return ipywidgets.Image(format="png", layout=ipywidgets.Layout(width=WIDTH, display="none"))
