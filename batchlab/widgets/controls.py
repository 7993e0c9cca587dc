"""The control of one field: a widget, the field's value that it shows, and who is told when a hand changes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from batchlab.batch_config import ROUTE_NAMES, BatchStrategy
from batchlab.widgets.fields import Shape, label_of, shape_of, step_of
from batchlab.widgets.toolkit import ipywidgets

LABEL = "230px"
FREELY = 60.0  # seconds to begin with where "no limit" is switched off


class Control:
    """The control of one field.

    Parameters
    ----------
    record
        The field, as ``BatchConfig.describe()`` tells of it.

    Attributes
    ----------
    widget
        What is shown, with the CSS class ``batchlab-field-<name>``.
    parts
        The widgets that hold its value.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.name: str = record["name"]
        self._kind = record["kind"]
        self.parts, self.widget, self._read, self._show = _BUILDERS[shape_of(record)](record)
        if record["kind"] is float and record["default"] is None:
            self._make_optional()
        self.widget.add_class(f"batchlab-field-{self.name}")
        self._heard: Callable[[Any], None] | None = None

    @property
    def value(self) -> Any:
        """The field's value that the control shows."""
        return self._read()

    def show(self, value: Any) -> None:
        """Show a value of the field; whoever observes the control hears of it."""
        if value != self.value:
            self._show(value)

    def observe(self, changed: Callable[[Control], None]) -> None:
        """Call ``changed`` with this control after each change of what it shows."""

        def heard(change: Any) -> None:
            changed(self)

        self._heard = heard
        for part in self.parts:
            part.observe(heard, "value")

    def close(self) -> None:
        """Let go of the observer and of the widgets."""
        for part in self.parts:
            if self._heard is not None:
                part.unobserve(self._heard, "value")
            part.close()
        self.widget.close()

    def _make_optional(self) -> None:
        """Put a switch beside the control that stands for None."""
        (number,), read, show = self.parts, self._read, self._show
        free = ipywidgets.Checkbox(
            description="no limit", indent=False, tooltip="as long as asked", layout={"width": "100px"}
        )

        def show_optional(value: float | None) -> None:
            number.disabled = value is None
            if value is not None:
                show(value)
            free.value = value is None

        def switched(change: Any) -> None:
            if not free.value and number.disabled:
                number.value = FREELY
            number.disabled = free.value

        free.observe(switched, "value")
        self.parts = [number, free]
        self.widget = ipywidgets.HBox([number, free])
        self._read = lambda: None if free.value else read()
        self._show = show_optional


Built = tuple[list[Any], Any, Callable[[], Any], Callable[[Any], None]]


def _single(widget: Any, to_field: Callable[[Any], Any] = lambda value: value) -> Built:
    def show(value: Any) -> None:
        widget.value = value

    return [widget], widget, lambda: to_field(widget.value), show


def _common(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": label_of(record),
        "tooltip": record["help"],
        "style": {"description_width": LABEL},
        "layout": {"width": "min(100%, 640px)"},
    }


def _slider(record: Mapping[str, Any]) -> Built:
    low, high = record["range"]
    kind = ipywidgets.IntSlider if record["kind"] is int else ipywidgets.FloatSlider
    return _single(kind(value=low, min=low, max=high, step=step_of(record), **_common(record)))


def _log_slider(record: Mapping[str, Any]) -> Built:
    low, high = record["range"]
    whole = record["kind"] is int
    widget = ipywidgets.FloatLogSlider(
        value=low, base=10, min=math.log10(low), max=math.log10(high), step=0.01,
        readout_format=",.0f" if whole else ",.1f", **_common(record),
    )  # fmt: skip
    # 10 ** log10(high) may miss the end of the range by a unit in the last place.
    return _single(widget, lambda value: round(value) if whole else min(max(value, low), high))


def _number(record: Mapping[str, Any]) -> Built:
    low, high = record["range"]
    common = _common(record) | {"layout": {"width": "360px"}}
    return _single(ipywidgets.BoundedFloatText(value=low, min=low, max=high, **common))


def _switch(record: Mapping[str, Any]) -> Built:
    return _single(ipywidgets.Checkbox(**_common(record)))


def strategy_choice(**options: Any) -> Any:
    """Return a dropdown of the five strategies."""
    return ipywidgets.Dropdown(options=[(strategy.value, strategy) for strategy in BatchStrategy], **options)


def _choice(record: Mapping[str, Any]) -> Built:
    return _single(strategy_choice(**(_common(record) | {"layout": {"width": "400px"}})))


def _several(record: Mapping[str, Any]) -> Built:
    boxes = {
        name: ipywidgets.Checkbox(
            description=name, indent=False, tooltip=record["help"], layout={"width": "90px"},
        )
        for name in ROUTE_NAMES
    }  # fmt: skip
    label = ipywidgets.Label(label_of(record), layout={"width": LABEL})
    label.add_class("batchlab-label")

    def show(value: Sequence[str]) -> None:
        for name, box in boxes.items():
            box.value = name in value

    def read() -> tuple[str, ...]:
        return tuple(name for name, box in boxes.items() if box.value)

    return list(boxes.values()), ipywidgets.HBox([label, *boxes.values()]), read, show


_BUILDERS: Mapping[Shape, Callable[[Mapping[str, Any]], Built]] = {
    Shape.SLIDER: _slider,
    Shape.LOG_SLIDER: _log_slider,
    Shape.NUMBER: _number,
    Shape.SWITCH: _switch,
    Shape.CHOICE: _choice,
    Shape.SEVERAL: _several,
}
