"""The control of one field: a widget, the field's value that it stands for, and who is told when a hand changes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from batchlab.batch_config import ROUTE_NAMES, BatchStrategy
from batchlab.widgets.fields import LOG_STEP, Shape, label_of, nice, shape_of, step_of
from batchlab.widgets.toolkit import ipywidgets

LABEL = "250px"
HALF_A_STEP = 0.501  # a browser moves a slider to its nearest step, and tells so as if a hand had
FREELY = 60.0  # seconds to begin with where "no limit" is switched off


class Built(NamedTuple):
    """A control's widgets, and how its value is read from them, given the one in effect, and shown on them."""

    parts: list[Any]
    widget: Any
    read: Callable[[Any], Any]
    show: Callable[[Any], None]


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
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.name: str = record["name"]
        built = _BUILDERS[shape_of(record)](record)
        if record["kind"] is float and record["default"] is None:
            built = _optional(built)
        self._parts, self.widget, self._read, self._show = built
        self.widget.add_class(f"batchlab-field-{self.name}")

    def value(self, in_effect: Any) -> Any:
        """Return the field's value that the control stands for.

        Parameters
        ----------
        in_effect
            The value in effect: what a slider shows within half a step of it.
        """
        return self._read(in_effect)

    def show(self, value: Any) -> None:
        """Show a value of the field; whoever observes the control hears of it."""
        if self.value(value) != value:
            self._show(value)

    def observe(self, changed: Callable[[Control], None]) -> None:
        """Call ``changed`` with this control after each change of what it shows."""

        def heard(change: Any) -> None:
            changed(self)

        for part in self._parts:
            part.observe(heard, "value")


def _common(record: Mapping[str, Any], width: str = "min(100%, 660px)") -> dict[str, Any]:
    return {
        "description": label_of(record),
        "tooltip": record["help"],
        "style": {"description_width": LABEL},
        "layout": {"width": width},
    }


def _single(widget: Any, read: Callable[[Any], Any] | None = None) -> Built:
    def show(value: Any) -> None:
        widget.value = value

    return Built([widget], widget, read or (lambda in_effect: widget.value), show)


def _slider(record: Mapping[str, Any]) -> Built:
    low, high = record["range"]
    if record["kind"] is int:
        return _single(ipywidgets.IntSlider(value=low, min=low, max=high, **_common(record)))
    step = step_of(record)
    widget = ipywidgets.FloatSlider(value=low, min=low, max=high, step=step, readout_format=".2f", **_common(record))

    def read(in_effect: float) -> float:
        close = abs(widget.value - in_effect) <= HALF_A_STEP * step
        return in_effect if close else round(widget.value, 2)

    return _single(widget, read)


def _log_slider(record: Mapping[str, Any]) -> Built:
    """Return a box that holds the value, and a slider that turns it by decades; the box alone can be exact."""
    low, high = record["range"]
    whole = record["kind"] is int
    slider = ipywidgets.FloatLogSlider(
        value=low, base=10, min=math.log10(low), max=math.log10(high), step=LOG_STEP, readout=False,
        **_common(record, "540px"),
    )  # fmt: skip
    kind = ipywidgets.BoundedIntText if whole else ipywidgets.BoundedFloatText
    box = kind(
        value=low, min=low, max=high, description="exactly", tooltip=record["help"],
        style={"description_width": "50px"}, layout={"width": "160px"},
    )  # fmt: skip

    def far_apart() -> bool:
        return abs(math.log10(slider.value / box.value)) > HALF_A_STEP * LOG_STEP

    def slid(change: Any) -> None:
        if far_apart():
            box.value = min(max(nice(slider.value, record["kind"]), low), high)

    def typed(change: Any) -> None:
        if far_apart():
            slider.value = box.value

    slider.observe(slid, "value")
    box.observe(typed, "value")
    return _single(box)._replace(widget=ipywidgets.HBox([slider, box], layout={"max_width": "100%"}))


def _number(record: Mapping[str, Any]) -> Built:
    low, high = record["range"]
    return _single(ipywidgets.BoundedFloatText(value=low, min=low, max=high, **_common(record, "380px")))


def _switch(record: Mapping[str, Any]) -> Built:
    return _single(ipywidgets.Checkbox(**_common(record)))


def strategy_choice(**options: Any) -> Any:
    """Return a dropdown of the five strategies."""
    return ipywidgets.Dropdown(options=[(strategy.value, strategy) for strategy in BatchStrategy], **options)


def _choice(record: Mapping[str, Any]) -> Built:
    return _single(strategy_choice(**_common(record, "420px")))


def _several(record: Mapping[str, Any]) -> Built:
    boxes = [
        ipywidgets.Checkbox(description=name, indent=False, tooltip=record["help"], layout={"width": "88px"})
        for name in ROUTE_NAMES
    ]
    label = ipywidgets.HTML(
        f'<div style="text-align:right;padding-right:8px">{label_of(record)}</div>', layout={"width": LABEL}
    )

    def show(value: Sequence[str]) -> None:
        for box in boxes:
            box.value = box.description in value

    def read(in_effect: Any) -> tuple[str, ...]:
        return tuple(box.description for box in boxes if box.value)

    return Built(boxes, ipywidgets.HBox([label, *boxes]), read, show)


def _optional(number: Built) -> Built:
    """Put a switch beside a control that stands for None."""
    (box,) = number.parts
    free = ipywidgets.Checkbox(
        value=False, description="no limit", indent=False, tooltip="as long as it takes", layout={"width": "100px"}
    )

    def show(value: float | None) -> None:
        box.disabled = value is None
        if value is not None:
            number.show(value)
        free.value = value is None

    def switched(change: Any) -> None:
        if not free.value and box.disabled:
            box.value = FREELY
        box.disabled = free.value

    free.observe(switched, "value")
    return Built([box, free], ipywidgets.HBox([box, free]), lambda in_effect: None if free.value else box.value, show)


_BUILDERS: Mapping[Shape, Callable[[Mapping[str, Any]], Built]] = {
    Shape.SLIDER: _slider,
    Shape.LOG_SLIDER: _log_slider,
    Shape.NUMBER: _number,
    Shape.SWITCH: _switch,
    Shape.CHOICE: _choice,
    Shape.SEVERAL: _several,
}
